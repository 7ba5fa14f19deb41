import { CodedError } from '../common/errors';
import { type Store } from '../store';

/** Real identities whose holder was revoked and may not enrol anew by itself. */
export class BarredHolders {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store.sub('barred', { hiddenKeys: true });
  }

  bar(realId: string): Promise<void> {
    return this.#store.put(realId, new Uint8Array());
  }

  /** @throws CodedError E_HOLDER_UNKNOWN if it is not barred */
  async readmit(realId: string): Promise<void> {
    if (!(await this.#store.has(realId))) {
      throw new CodedError(
        'E_HOLDER_UNKNOWN',
        'no revoked holder has this name: give it as role:process or role:process/unit',
      );
    }
    await this.#store.del(realId);
  }

  /** @throws CodedError E_ENROL_BARRED */
  async ensureAdmitted(realId: string): Promise<void> {
    if (await this.#store.has(realId)) {
      throw new CodedError('E_ENROL_BARRED', 'this holder was revoked: the KGC’s operator must readmit it first');
    }
  }
}
