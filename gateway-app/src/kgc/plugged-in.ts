import { Role, toHex } from '@chargecast/signcryption';
import { CodedError } from '../common/errors';
import { type KeyedLock } from '../common/keyed-lock';
import { type Peer, type PlugInNotice } from '../rpc';
import { getJson, type Store, toJson } from '../store';
import { type Identities } from './identities';

interface PluggedIn {
  /** Name of the pile. */
  readonly pile: string;
  readonly session: string;
}

export interface PluggedInParts {
  readonly identities: Identities;
  readonly store: Store;
  /** Name of each pile → MSP id of its CSS. */
  readonly homes: Readonly<Record<string, string>>;
  readonly turns: KeyedLock;
}

/**
 * Which vehicle is at which pile, as the piles say, kept over restarts. A pile speaks for itself alone: the pile is the
 * caller's certificate, never a part of the message.
 */
export class PluggedInVehicles {
  readonly #parts: PluggedInParts;
  readonly #vehicles: Store;

  constructor(parts: PluggedInParts) {
    this.#parts = parts;
    this.#vehicles = parts.store.sub('plugged', { hiddenKeys: true });
  }

  /** The newest notice of a vehicle holds: it can be at one pile only. @throws CodedError E_NO_GATEWAY, E_RECEIVER_UNKNOWN */
  async plugIn({ vehicle, session }: PlugInNotice, peer: Peer): Promise<void> {
    if (!Object.hasOwn(this.#parts.homes, peer.name)) {
      throw new CodedError('E_NO_GATEWAY', 'no gateway is known for this pile; name its CSS under "homes"');
    }
    const f = await this.#vehicle(vehicle);
    const entry: PluggedIn = { pile: peer.name, session: toHex(Uint8Array.from(session)) };
    await this.#parts.turns.run(f, () => this.#vehicles.put(f, toJson(entry)));
  }

  /** Ends the caller's own session with the vehicle; one that another pile or session has replaced stays. */
  async unplug({ vehicle, session }: PlugInNotice, peer: Peer): Promise<void> {
    const f = await this.#vehicle(vehicle);
    await this.#parts.turns.run(f, async () => {
      const entry = await getJson<PluggedIn>(this.#vehicles, f);
      if (entry?.pile === peer.name && entry.session === toHex(Uint8Array.from(session))) await this.#vehicles.del(f);
    });
  }

  /** Name of the pile where the vehicle is; undefined if it is at none. */
  async pileOf(f: Uint8Array): Promise<string | undefined> {
    return (await getJson<PluggedIn>(this.#vehicles, toHex(f)))?.pile;
  }

  async count(): Promise<number> {
    let count = 0;
    for await (const { key } of this.#vehicles.entries()) count += key.length > 0 ? 1 : 0;
    return count;
  }

  async #vehicle(f: Uint8Array): Promise<string> {
    const bytes = Uint8Array.from(f);
    const identity = await this.#parts.identities.find(bytes);
    if (identity?.role !== Role.EV) {
      throw new CodedError('E_RECEIVER_UNKNOWN', 'no vehicle is enrolled under this pseudo-identity');
    }
    return toHex(bytes);
  }
}
