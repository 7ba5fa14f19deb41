import { randomBytes } from 'node:crypto';

import type { Store } from '../store';
import { KEY_BYTES, NONCE_BYTES, open, seal } from './aead';

/** Whom a permit admits; IDs of certificates. */
export interface Admitted {
  readonly vehicle: string;
  /** Of the vehicle, by name. */
  readonly provider: string;
  readonly station: string;
  /** Unix seconds. */
  readonly until: number;
}

const LABEL = Buffer.from('chargecast auth 1 ticket');

/** What a station keeps for its provider without being able to read it: the provider need not remember whom it admitted. */
export class Tickets {
  readonly #key: Uint8Array;

  private constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** @param store a sealed sub-store of its own: tickets outlive the process */
  static async open(store: Store): Promise<Tickets> {
    const kept = await store.get('ticket-key');
    const key = kept ?? Uint8Array.from(randomBytes(KEY_BYTES));
    if (!kept) await store.put('ticket-key', key);
    return new Tickets(key);
  }

  give(admitted: Admitted): Uint8Array {
    const nonce = randomBytes(NONCE_BYTES);
    const sealed = seal(this.#key, nonce, LABEL, Buffer.from(JSON.stringify(admitted)));
    return new Uint8Array(Buffer.concat([nonce, sealed]));
  }

  /** Undefined for anything this provider did not give. */
  read(ticket: Uint8Array): Admitted | undefined {
    if (ticket.length <= NONCE_BYTES) return undefined;
    const opened = open(this.#key, ticket.subarray(0, NONCE_BYTES), LABEL, ticket.subarray(NONCE_BYTES));
    return opened && (JSON.parse(Buffer.from(opened).toString('utf8')) as Admitted);
  }
}
