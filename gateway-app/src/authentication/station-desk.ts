import { CodedError } from '../common/errors';
import type { HolderKey } from '@chargecast/signcryption';
import type { Admission, Client } from '../rpc';
import { HalfOpen, type HalfOpenLimits } from './admission-limits';
import { AdmissionWatch, type AdmissionWatchParts, type Withdrawal } from './admission-watch';
import { Certificates, type CertificateView } from './certificates';
import { decodeHello } from './messages';
import type { Credential } from './parties';
import type { RecordView } from './record-proof';
import { StationHandshake } from './station-handshake';

/** A pile of a station's process. */
export interface AuthenticatedPile {
  /** Its key of an epoch. */
  keyOf(epoch: number): HolderKey | undefined;
}

export interface StationDeskParts extends Omit<AdmissionWatchParts, 'esp'> {
  /** Name of the stations' provider on the chain. */
  readonly provider: string;
  readonly esp: Pick<Client<'Esp'>, 'admit' | 'watch'>;
  readonly view: RecordView & CertificateView;
  /** Of a pile, by name; undefined while it has none. */
  readonly credential: (pile: string) => Credential | undefined;
  readonly pile: (name: string) => AuthenticatedPile | undefined;
  readonly halfOpen: HalfOpenLimits;
  /** Milliseconds the provider has to answer. */
  readonly admitMs: number;
  /** Unix seconds. */
  readonly now: () => number;
}

/** A handshake begun at a pile. */
export interface Begun {
  /** Name of the pile. */
  readonly pile: string;
  readonly handshake: StationHandshake;
}

/** What the piles of one process share to authenticate vehicles: their provider, and the bound on what is half open. */
export class StationDesk {
  readonly #parts: StationDeskParts;
  readonly #certificates: Certificates;
  readonly #halfOpen: HalfOpen;
  readonly #watch: AdmissionWatch;

  constructor(parts: StationDeskParts) {
    this.#parts = parts;
    this.#certificates = new Certificates(parts.view);
    this.#halfOpen = new HalfOpen(parts.halfOpen);
    this.#watch = new AdmissionWatch(parts);
  }

  get counts(): { readonly halfOpen: number; readonly watched: number } {
    return { halfOpen: this.#halfOpen.count, watched: this.#watch.size };
  }

  /**
   * To be called before anything is computed for a connection.
   * @param peer the vehicle's process, as its connection proves it
   * @returns to be called when the handshake is over, either way
   * @throws AuthenticationError E_AUTH_BUSY
   */
  enter(peer: string): () => void {
    return this.#halfOpen.enter(peer);
  }

  /**
   * Answers message 1.
   * @throws AuthenticationError; CodedError E_PILE_UNKNOWN, E_PILE_CERTIFICATE, E_PILE_RECORD, E_PROVIDER_SILENT, E_CHAIN_STALE
   */
  begin(hello: Uint8Array): Begun {
    const { pile: name } = decodeHello(hello);
    const pile = this.#parts.pile(name);
    if (!pile) throw new CodedError('E_PILE_UNKNOWN', 'a plug-in begins with a hello to a pile of this process');
    const credential = this.#parts.credential(name);
    if (!credential) throw new CodedError('E_PILE_CERTIFICATE', 'the pile has no certificate yet: try again later');
    const { provider, view, now } = this.#parts;
    const certificates = this.#certificates;
    const { providerKey } = this.#watch;
    const keyOf = (epoch: number): HolderKey | undefined => pile.keyOf(epoch);
    const parts = { credential, keyOf, provider, providerKey, view, certificates, now };
    return { pile: name, handshake: new StationHandshake(parts, hello) };
  }

  /** Messages 4 and 5. @throws RpcError with the provider's refusal */
  admit(request: Uint8Array): Promise<Admission> {
    const { esp, admitMs, stopping } = this.#parts;
    return esp.admit({ request }, { deadline: admitMs, signal: stopping });
  }

  /** Watches an admitted vehicle until the returned function is called. */
  watch(ticket: Uint8Array, gone: (why: Withdrawal) => void): () => void {
    return this.#watch.add(Uint8Array.from(ticket), gone);
  }

  /** Call it when `stopping` has aborted. */
  stopped(): Promise<void> {
    return this.#watch.stopped();
  }
}
