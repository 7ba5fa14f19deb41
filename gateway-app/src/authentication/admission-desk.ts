import { type AuthenticationKey } from '@chargecast/protocol';

import type { Logger } from '../common/log';
import { Queue } from '../common/queue';
import type { Admission, Handlers, Watch, Watched } from '../rpc';
import type { Store } from '../store';
import { Admissions } from './admissions';
import { Certificates, type CertificateView } from './certificates';
import { EncryptionKeys } from './encryption-keys';
import { AuthenticationError } from './errors';
import { type Admitted, Tickets } from './tickets';

export interface AdmissionDeskParts {
  /** A sealed sub-store of its own. */
  readonly store: Store;
  /** The provider's name on the chain, and its newest system key. */
  readonly provider: string;
  readonly signingKey: AuthenticationKey;
  readonly view: CertificateView;
  readonly settings: AdmissionSettings;
  readonly log: Logger;
}

export interface AdmissionSettings {
  /** Seconds a permit is good for; then the vehicle authenticates again. */
  readonly permitSeconds: number;
  /** Handshakes a second, and at once, of one station's process. */
  readonly perSecond: number;
  readonly burst: number;
}

/** One station's process that watches. */
interface Watcher {
  readonly plugged: Map<string, Admitted>;
  readonly outgoing: Queue<Watch>;
}

const SWEEP_MS = 1_000;
/** Sweeps from one sign of life to the next. */
const BEAT = 3;
const MAX_WATCHED = 65_536;

/** The provider's counter for its stations: admits vehicles, and says at once when one may charge no longer. */
export class AdmissionDesk implements Pick<Handlers<'Esp'>, 'admit' | 'watch'> {
  readonly #parts: AdmissionDeskParts;
  readonly #admissions: Admissions;
  readonly #keys: EncryptionKeys;
  readonly #tickets: Tickets;
  readonly #watchers = new Set<Watcher>();
  readonly #timer: NodeJS.Timeout;
  readonly counts = { admitted: 0, refused: 0, withdrawn: 0 };
  /** Certificates that changed since this process started: a revocation may take effect later than it comes. */
  readonly #suspects = new Set<string>();
  #sweeps = 0;

  private constructor(parts: AdmissionDeskParts, keys: EncryptionKeys, tickets: Tickets) {
    const { provider, signingKey, view, settings } = parts;
    this.#parts = parts;
    this.#keys = keys;
    this.#tickets = tickets;
    this.#admissions = new Admissions({
      provider,
      signingKey,
      certificates: new Certificates(view),
      encryptionKeys: () => keys.pairs,
      permitSeconds: settings.permitSeconds,
      rate: { perSecond: settings.perSecond, burst: settings.burst },
      nowMs: () => Date.now(),
    });
    this.#timer = setInterval(() => {
      this.#beat().catch((error: unknown) => parts.log.error({ err: error }, 'admissions could not be looked over'));
    }, SWEEP_MS);
  }

  static async open(parts: AdmissionDeskParts): Promise<AdmissionDesk> {
    const store = parts.store;
    return new AdmissionDesk(parts, await EncryptionKeys.open(store, seconds()), await Tickets.open(store));
  }

  readonly admit: Handlers<'Esp'>['admit'] = async ({ request }, { peer }): Promise<Admission> => {
    try {
      const { permit, vehicle, station, until } = await this.#admissions.admit(peer.name, Uint8Array.from(request));
      this.counts.admitted += 1;
      const admitted = { vehicle: vehicle.id, provider: vehicle.provider, station: station.id, until };
      return { permit, ticket: this.#tickets.give(admitted) };
    } catch (error) {
      this.counts.refused += 1;
      throw error;
    }
  };

  readonly watch: Handlers<'Esp'>['watch'] = (requests, { signal }) => this.#watched(requests, signal);

  /**
   * To be called when certificates changed: whoever is revoked is withdrawn at once.
   * @param ids of the certificates
   */
  changed(ids: readonly string[]): void {
    for (const id of ids) this.#suspects.add(id);
    this.#sweep().catch((error: unknown) =>
      this.#parts.log.error({ err: error }, 'admissions could not be looked over'),
    );
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const { outgoing } of this.#watchers) outgoing.close();
  }

  async *#watched(requests: AsyncIterable<Watched>, signal: AbortSignal): AsyncGenerator<Watch, void, undefined> {
    const watcher: Watcher = { plugged: new Map(), outgoing: new Queue() };
    this.#watchers.add(watcher);
    signal.addEventListener('abort', () => watcher.outgoing.close(), { once: true });
    this.#read(watcher, requests).then(
      () => watcher.outgoing.close(),
      () => watcher.outgoing.close(),
    );
    try {
      yield { encryptionKey: this.#signedKey(), withdrawn: [] };
      yield* watcher.outgoing;
    } finally {
      this.#watchers.delete(watcher);
    }
  }

  async #read(watcher: Watcher, requests: AsyncIterable<Watched>): Promise<void> {
    for await (const { plugged, unplugged } of requests) {
      for (const ticket of unplugged) watcher.plugged.delete(text(ticket));
      if (watcher.plugged.size + plugged.length > MAX_WATCHED) {
        throw new AuthenticationError('E_AUTH_BUSY', 'one process watches more vehicles than it may');
      }
      const refused: Uint8Array[] = [];
      const taken: string[] = [];
      for (const ticket of plugged) {
        const admitted = this.#tickets.read(Uint8Array.from(ticket));
        if (admitted && (await this.#holds(admitted))) {
          watcher.plugged.set(text(ticket), admitted);
          taken.push(text(ticket));
        } else refused.push(ticket);
      }
      if (refused.length > 0) watcher.outgoing.push({ encryptionKey: EMPTY, withdrawn: refused });
      await this.#sweepOne(watcher, taken);
    }
  }

  async #beat(): Promise<void> {
    const renewed = await this.#keys.renew(seconds());
    await this.#sweep();
    this.#sweeps += 1;
    if (!renewed && this.#sweeps % BEAT !== 0) return;
    const encryptionKey = renewed ? this.#signedKey() : EMPTY;
    for (const { outgoing } of this.#watchers) outgoing.push({ encryptionKey, withdrawn: [] });
  }

  async #sweep(): Promise<void> {
    for (const watcher of [...this.#watchers]) await this.#sweepOne(watcher);
  }

  async #sweepOne({ plugged, outgoing }: Watcher, tickets: readonly string[] = [...plugged.keys()]): Promise<void> {
    const now = seconds();
    const withdrawn: Uint8Array[] = [];
    for (const ticket of tickets) {
      const admitted = plugged.get(ticket);
      if (!admitted || (await this.#stands(admitted, now))) continue;
      plugged.delete(ticket);
      withdrawn.push(Buffer.from(ticket, 'latin1'));
    }
    if (withdrawn.length === 0) return;
    this.counts.withdrawn += withdrawn.length;
    outgoing.push({ encryptionKey: EMPTY, withdrawn });
  }

  async #stands({ vehicle, provider, station, until }: Admitted, now: number): Promise<boolean> {
    const { view } = this.#parts;
    if (until <= now || !(await view.systemKeyOf(provider))) return false;
    for (const id of [vehicle, station]) {
      if (this.#suspects.has(id) && (await view.statusOf(id, now)) !== 'valid') return false;
    }
    return true;
  }

  /** What this process has not seen change may have changed before it started. */
  async #holds({ vehicle, station }: Admitted): Promise<boolean> {
    const { view } = this.#parts;
    const now = seconds();
    return (await view.statusOf(vehicle, now)) === 'valid' && (await view.statusOf(station, now)) === 'valid';
  }

  #signedKey(): Uint8Array {
    const { provider, signingKey, view } = this.#parts;
    return this.#keys.signed(provider, signingKey, view.params.ctx);
  }
}

const EMPTY = new Uint8Array();
const text = (ticket: Uint8Array): string => Buffer.from(ticket).toString('latin1');
const seconds = (): number => Math.floor(Date.now() / 1000);
