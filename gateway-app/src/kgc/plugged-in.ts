import { fromHex, Role, toHex } from '@chargecast/signcryption';
import { CodedError } from '../common/errors';
import { type KeyedLock } from '../common/keyed-lock';
import { isOfProcess } from '../holder';
import { type Peer, type PlugInNotice } from '../rpc';
import { getJson, type Store, toJson } from '../store';
import { type Identities } from './identities';

interface PluggedIn {
  /** f of the pile, hex. */
  readonly pile: string;
  readonly session: string;
}

export interface PluggedInParts {
  readonly identities: Identities;
  readonly store: Store;
  readonly turns: KeyedLock;
}

/**
 * Which vehicle is at which pile, as the piles say, kept over restarts. A process speaks for the piles it enrolled, and
 * for no other.
 */
export class PluggedInVehicles {
  readonly #parts: PluggedInParts;
  readonly #vehicles: Store;

  constructor(parts: PluggedInParts) {
    this.#parts = parts;
    this.#vehicles = parts.store.sub('plugged', { hiddenKeys: true });
  }

  /**
   * The newest notice of a vehicle holds: it can be at one pile only.
   * @throws CodedError E_PILE_FOREIGN, E_RECEIVER_UNKNOWN
   */
  async plugIn(notice: PlugInNotice, peer: Peer): Promise<void> {
    const { f, entry } = await this.#read(notice, peer);
    await this.#parts.turns.run(f, () => this.#vehicles.put(f, toJson(entry)));
  }

  /** Ends the pile's own session with the vehicle; one that another pile or session has replaced stays. */
  async unplug(notice: PlugInNotice, peer: Peer): Promise<void> {
    const { f, entry } = await this.#read(notice, peer);
    await this.#parts.turns.run(f, async () => {
      const current = await getJson<PluggedIn>(this.#vehicles, f);
      if (current?.pile === entry.pile && current.session === entry.session) await this.#vehicles.del(f);
    });
  }

  /** f of the pile where the vehicle is; undefined if it is at none. */
  async pileOf(f: Uint8Array): Promise<Uint8Array | undefined> {
    const entry = await getJson<PluggedIn>(this.#vehicles, toHex(f));
    return entry && fromHex(entry.pile, 16);
  }

  async count(): Promise<number> {
    let count = 0;
    for await (const { key } of this.#vehicles.entries()) count += key.length > 0 ? 1 : 0;
    return count;
  }

  async #read({ vehicle, session, pile }: PlugInNotice, peer: Peer): Promise<{ f: string; entry: PluggedIn }> {
    const { identities } = this.#parts;
    const at = Uint8Array.from(pile ?? []);
    const host = await identities.find(at);
    if (host?.role !== Role.CP || !isOfProcess(host.realId, peer.role, peer.name)) {
      throw new CodedError('E_PILE_FOREIGN', 'a pile reports its own vehicles only; name a pile this process enrolled');
    }
    const f = Uint8Array.from(vehicle);
    if ((await identities.find(f))?.role !== Role.EV) {
      throw new CodedError('E_RECEIVER_UNKNOWN', 'no vehicle is enrolled under this pseudo-identity');
    }
    return { f: toHex(f), entry: { pile: toHex(at), session: toHex(Uint8Array.from(session)) } };
  }
}
