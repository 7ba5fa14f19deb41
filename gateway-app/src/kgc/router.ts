import { ensureWithinLimits, toHex, verifySigma } from '@chargecast/signcryption';
import { CodedError } from '../common/errors';
import { KeyedLock } from '../common/keyed-lock';
import { type ReplicaView } from '../replica';
import { type Ack, type RouteReply, type RouteRequest, type Unroutable } from '../rpc';
import { fromJson, getJson, type Store, toJson } from '../store';
import { type HandoverParts, handOver } from './handover';
import { type Placement, type PlacementParts, place } from './placement';

export interface RouterParts extends HandoverParts, PlacementParts {
  readonly replica: Pick<ReplicaView, 'limits' | 'isRecordRevoked'>;
  readonly store: Store;
  /** Unix seconds. */
  readonly now: () => number;
}

/** What a repeated σ gets again. It names neither sender nor receivers. */
interface Routed {
  readonly notAfter: number;
  readonly acks: readonly { readonly mspId: string; readonly deadline: number; readonly signature: string }[];
}

const MAX_EXPLAINED = 32;

/** σ and its f_i from a sender to the gateways (first paper 4.2). Sending the same σ again gives the same acks. */
export class Router {
  readonly #parts: RouterParts;
  readonly #routed: Store;
  readonly #turns = new KeyedLock();
  readonly #counts = { routed: 0, refused: 0 };

  constructor(parts: RouterParts) {
    this.#parts = parts;
    this.#routed = parts.store.sub('routed');
  }

  /** σ's handed over since the start. */
  get routed(): number {
    return this.#counts.routed;
  }

  /** Requests refused since the start. */
  get refused(): number {
    return this.#counts.refused;
  }

  /**
   * @throws SigncryptionError E_SIGMA_… for a σ nobody may send; CodedError E_RECEIVERS, E_UNROUTABLE when no receiver
   * can be placed, E_ACKS_TOO_FEW
   */
  async route(request: RouteRequest): Promise<RouteReply> {
    try {
      const reply = await this.#route(request);
      this.#counts.routed += 1;
      return reply;
    } catch (error) {
      this.#counts.refused += 1;
      throw error;
    }
  }

  async #route(request: RouteRequest): Promise<RouteReply> {
    const { params, replica, now } = this.#parts;
    const bytes = Uint8Array.from(request.sigma);
    const verified = verifySigma(params, bytes);
    ensureWithinLimits(verified, replica.limits(), now());
    const receivers = request.receivers.map((f) => Uint8Array.from(f));
    ensureReceivers(receivers, verified.header.entryCount);
    return this.#turns.run(toHex(verified.id), async () => {
      const before = await getJson<Routed>(this.#routed, toHex(verified.id));
      const unroutable = await this.#unplaceable(receivers, before !== undefined);
      const acks =
        before === undefined ? await handOver(this.#parts, bytes, verified.id) : readAcks(before, verified.id);
      if (before === undefined) await this.#remember(verified.id, verified.header.notAfter, acks);
      return { acks, unroutable };
    });
  }

  /** Forgets expired σ, which nobody can send again. */
  async prune(): Promise<void> {
    const batch = this.#routed.batch();
    for await (const { key, value } of this.#routed.entries()) {
      if (fromJson<Routed>(value).notAfter <= this.#parts.now()) batch.del(this.#routed, key);
    }
    if (batch.size > 0) await batch.commit();
  }

  async #unplaceable(receivers: readonly Uint8Array[], isRepeated: boolean): Promise<Unroutable[]> {
    const placements = await Promise.all(receivers.map((f) => place(this.#parts, f)));
    const unroutable = placements.flatMap((placement, i) =>
      'code' in placement ? [{ f: receivers[i] as Uint8Array, code: placement.code }] : [],
    );
    if (unroutable.length === receivers.length && !isRepeated) throw nowhere(placements);
    return unroutable;
  }

  async #remember(sigmaId: Uint8Array, notAfter: number, acks: readonly Ack[]): Promise<void> {
    const routed: Routed = {
      notAfter,
      acks: acks.map(({ mspId, deadline, signature }) => ({
        mspId,
        deadline,
        signature: toHex(Uint8Array.from(signature)),
      })),
    };
    await this.#routed.put(toHex(sigmaId), toJson(routed));
  }
}

function ensureReceivers(receivers: readonly Uint8Array[], entryCount: number): void {
  const distinct = new Set(receivers.map(toHex)).size === receivers.length;
  const sized = receivers.every((f) => f.length === 16);
  if (receivers.length === 0 || receivers.length > entryCount || !distinct || !sized) {
    throw new CodedError(
      'E_RECEIVERS',
      `give each receiver's pseudo-identity (16 bytes) once, 1 to ${entryCount} of them for this σ`,
    );
  }
}

/** Receivers by their place in the request: no error names one. */
function nowhere(placements: readonly Placement[]): CodedError {
  const shown = placements
    .slice(0, MAX_EXPLAINED)
    .map((placement, i) => `${i}: ${'code' in placement ? placement.code : ''}`);
  const rest = placements.length - shown.length;
  const text = `${shown.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
  return new CodedError('E_UNROUTABLE', `no receiver can be placed (${text}); send when one of them can be reached`);
}

function readAcks({ acks }: Routed, sigmaId: Uint8Array): Ack[] {
  return acks.map(({ mspId, deadline, signature }) => ({
    mspId,
    deadline,
    sigmaId,
    signature: Buffer.from(signature, 'hex'),
  }));
}
