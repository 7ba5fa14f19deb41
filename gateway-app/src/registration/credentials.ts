import { type Certificate, type CertificateStatus, encodeCertificate } from '@chargecast/protocol';

import { type Credential } from '../authentication';
import { pause } from '../common/abort';
import { CodedError } from '../common/errors';
import { type ReplicaView } from '../replica';
import { getJson, toJson } from '../store';
import { applyAll, type ApplicationParts, PATIENCE_MS, type Unit } from './applications';
import { drawFirst, drawNext, keyOf, type Kept, type Place } from './kept-credential';
import { dueAt, type RenewalSettings } from './renewal';

export interface CredentialOptions extends ApplicationParts, Place {
  readonly view: Pick<ReplicaView, 'params' | 'certificateOf' | 'statusOf' | 'systemKeyOf'>;
  /** Vehicles or piles of this process. */
  readonly units: readonly string[];
  readonly renewal: RenewalSettings;
  /** Unix seconds. */
  readonly now: () => number;
}

/** The owner's key of a unit and what its certificate commits to; bytes in hex. */
export type Owned = Required<Pick<Kept, 'ownerSecret' | 'salt' | 'identity' | 'certificate'>>;

const LOOK_MS = 50;

/**
 * The certificates of a process's vehicles or piles. The process makes their keys itself and keeps them sealed; near expiry it
 * has each renewed under a key of its own, which the key in force hands over to, and uses the successor from then on. An open
 * session goes on: it was authenticated under the ID, which stays.
 */
export class Credentials {
  readonly #options: CredentialOptions;
  readonly #current = new Map<string, Credential>();
  readonly #ids = new Map<string, string>();
  #running: Promise<void> = Promise.resolve();

  private constructor(options: CredentialOptions) {
    this.#options = options;
  }

  /**
   * What is registered already is used again; a certificate that is over is applied for anew. Resolves when the own replica holds
   * them all: a unit the provider refuses is left out and asked for again later.
   * @throws CodedError with the provider's refusal of the whole call, or E_CANCELLED
   */
  static async open(options: CredentialOptions): Promise<Credentials> {
    const credentials = new Credentials(options);
    const missing: Unit[] = [];
    for (const name of options.units) {
      const kept = await credentials.#keptOrDrawn(name);
      if (kept.certificate) await credentials.#use({ name, kept });
      else missing.push({ name, kept });
    }
    await credentials.#apply(missing);
    credentials.#running = credentials.#follow();
    return credentials;
  }

  /** The unit's certificate in force with its key; undefined while its provider refuses it one. */
  get(unit: string): Credential | undefined {
    return this.#current.get(unit);
  }

  /** What belongs to the unit's owner; undefined while its provider refuses it a certificate. */
  async ownerOf(unit: string): Promise<Owned | undefined> {
    const kept = await getJson<Kept>(this.#options.store, unit);
    if (!kept?.certificate) return undefined;
    const { ownerSecret, salt, identity, certificate } = kept;
    return { ownerSecret, salt, identity, certificate };
  }

  /**
   * Units whose certificate holds no longer.
   * @param ids of certificates that may have changed
   */
  async lostAmong(ids: ReadonlySet<string>): Promise<Set<string>> {
    const lost = new Set<string>();
    for (const [unit, id] of this.#ids) {
      if (!ids.has(id)) continue;
      if ((await this.#options.view.statusOf(id, this.#options.now())) !== 'valid') lost.add(unit);
    }
    return lost;
  }

  /** To be called when `stopping` has aborted. */
  stopped(): Promise<void> {
    return this.#running;
  }

  async #follow(): Promise<void> {
    const { renewal, stopping, log } = this.#options;
    while (!stopping.aborted) {
      try {
        const due: Unit[] = [];
        for (const name of this.#options.units) {
          const kept = await this.#due(name);
          if (kept) due.push({ name, kept });
        }
        await this.#apply(due);
      } catch (error) {
        if (!stopping.aborted) log.warn({ err: error }, 'certificates wait for their renewal');
      }
      await pause(renewal.lookSeconds * 1000, stopping);
    }
  }

  async #apply(units: readonly Unit[]): Promise<void> {
    for (const unit of await applyAll(this.#options, units)) await this.#use(unit);
  }

  /** What is to be applied for now; undefined for a certificate that serves on, or is revoked. */
  async #due(name: string): Promise<Kept | undefined> {
    const { store, view, provider, renewal, now } = this.#options;
    const kept = await this.#keptOrDrawn(name);
    const { certificate } = kept;
    if (!certificate || kept.next) return kept;
    if ((await this.#statusOf(certificate)) !== 'valid') return undefined;
    const terms = await view.systemKeyOf(provider);
    if (!terms || now() < dueAt(certificate, terms.renewal, renewal)) return undefined;
    const next = drawNext(kept, certificate);
    await store.put(name, toJson(next));
    return next;
  }

  async #keptOrDrawn(name: string): Promise<Kept> {
    const { store } = this.#options;
    const kept = await getJson<Kept>(store, name);
    const isOver = kept?.certificate !== undefined && (await this.#statusOf(kept.certificate)) === 'expired';
    if (kept && !isOver) return kept;
    const drawn = drawFirst(this.#options, name);
    await store.put(name, toJson(drawn));
    return drawn;
  }

  #statusOf({ id }: Certificate): Promise<CertificateStatus | undefined> {
    return this.#options.view.statusOf(id, this.#options.now());
  }

  /** The handshake judges by the own replica: a station that does not know itself yet could not open. */
  async #use({ name, kept }: Unit): Promise<void> {
    const { view, stopping } = this.#options;
    const { certificate } = kept;
    if (!certificate) return;
    const until = Date.now() + PATIENCE_MS;
    while (((await view.certificateOf(certificate.id))?.version ?? 0) < certificate.version) {
      if (stopping.aborted || Date.now() >= until) {
        throw new CodedError('E_CANCELLED', 'the certificate did not reach the own replica in time');
      }
      await pause(LOOK_MS, stopping);
    }
    this.#ids.set(name, certificate.id);
    this.#current.set(name, { certificate: encodeCertificate(certificate), key: keyOf(kept) });
  }
}
