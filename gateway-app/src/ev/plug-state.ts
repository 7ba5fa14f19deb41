import type { CertificateOpening } from '@chargecast/protocol';
import { toHex } from '@chargecast/signcryption';

import { getJson, type Batch, type Store, toJson } from '../store';
import type { GroupCommit } from '../store/group-commit';
import type { OpenPlug } from './open-plug';

/** Where a vehicle is plugged in, as kept; ids in lower-case hex. */
interface Kept {
  /** `<process>/<pile>`. */
  readonly pile: string;
  readonly pileRecord: string;
  readonly session: string;
  readonly shown: CertificateOpening;
  /** Epoch of the vehicle's record the session was opened under. */
  readonly epoch: number;
  /** Entry keys given at most so far. */
  readonly answered: number;
}

/** Answers are made durable this many ahead, so that a header request does not cost a disk write each. */
const AHEAD = 4_096;

/** A vehicle's own account of its charging session, durable. */
export class PlugState {
  readonly #store: Store;
  readonly #name: string;
  readonly #writes: GroupCommit;
  #kept: Kept | undefined;
  #answered = 0;

  private constructor(store: Store, name: string, writes: GroupCommit, kept: Kept | undefined) {
    this.#store = store;
    this.#name = name;
    this.#writes = writes;
    this.#kept = kept;
    this.#answered = kept?.answered ?? 0;
  }

  /** @param store a sealed sub-store of all vehicles' states; `writes` of the same database */
  static async load(store: Store, name: string, writes: GroupCommit): Promise<PlugState> {
    return new PlugState(store, name, writes, await getJson<Kept>(store, name));
  }

  /** Undefined if the vehicle is not plugged in. */
  get plug(): (OpenPlug & { readonly pileName: string; readonly epoch: number }) | undefined {
    if (!this.#kept) return undefined;
    const { pile, pileRecord, session, shown, epoch } = this.#kept;
    const plug = { pile: fromHex(pileRecord), session: fromHex(session), shown };
    return { pileName: pile, epoch, ...plug };
  }

  async open(
    pileName: string,
    { pile, session, shown }: OpenPlug,
    epoch: number,
    more: (batch: Batch) => void,
  ): Promise<void> {
    const ids = { pileRecord: toHex(pile), session: toHex(session), shown };
    await this.#write({ pile: pileName, ...ids, epoch, answered: 0 }, more);
    this.#answered = 0;
  }

  async close(more: (batch: Batch) => void): Promise<void> {
    this.#kept = undefined;
    await this.#writes.commit((batch) => {
      batch.del(this.#store, this.#name);
      more(batch);
    });
  }

  /** Stores what belongs to the open session. */
  keep(more: (batch: Batch) => void): Promise<void> {
    return this.#writes.commit(more);
  }

  /** Counts answers about to be given. @returns all of this session, these included */
  async count(answers: number): Promise<number> {
    this.#answered += answers;
    const answered = this.#answered;
    if (this.#kept && answered > this.#kept.answered) {
      await this.#write({ ...this.#kept, answered: answered + AHEAD }, () => undefined);
    }
    return answered;
  }

  async #write(kept: Kept, more: (batch: Batch) => void): Promise<void> {
    this.#kept = kept;
    await this.#writes.commit((batch) => {
      batch.put(this.#store, this.#name, toJson(kept));
      more(batch);
    });
  }
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}
