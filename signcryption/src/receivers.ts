/** Whom a σ is for, and what its entries are made of. */
import { putPart, reusable } from './bytes';
import { PSEUDONYM_BYTES, type RecordKeys } from './record';

export interface Receiver {
  /** A record that counts; the caller checks that, and revocation, against its replica. */
  readonly keys: RecordKeys;
  /** sessionBinding(…) for a vehicle at a pile; absent for holders that open for themselves. */
  readonly bind?: Uint8Array;
  /** m: encodeMessages(…), at most the largest bucket. */
  readonly message: Uint8Array;
}

const NO_BIND = new Uint8Array(0);
/** u32 before each part. */
const FRAME = 4;
const KEY_BYTES = 32;

/**
 * All receivers' f, Q, bind, m and u side by side. Sealing comes to a receiver only after the agreement of the one
 * before, when the many small objects of its record have left the processor's caches. And a small array that a native
 * function is handed leaves the JavaScript heap for good, which every record's u would.
 */
export class GatheredReceivers {
  readonly count: number;
  /** Framed, receiver after receiver: f, Q, bind, m. */
  readonly framed: Uint8Array;
  /** Where each one's frame of f and, behind it, its m begin, and at last where all end. */
  readonly #places: Uint32Array;
  readonly #u: Uint8Array;

  constructor(receivers: readonly Receiver[]) {
    this.count = receivers.length;
    this.framed = framedBuffer(framedBytes(receivers));
    this.#places = new Uint32Array(2 * receivers.length + 1);
    this.#u = new Uint8Array(KEY_BYTES * receivers.length);
    let at = 0;
    for (let i = 0; i < receivers.length; i++) {
      const { keys, bind = NO_BIND, message } = receivers[i] as Receiver;
      this.#u.set(keys.u, KEY_BYTES * i);
      this.#places[2 * i] = at;
      at = putPart(this.framed, at, keys.record.f);
      at = putPart(this.framed, at, keys.Q);
      at = putPart(this.framed, at, bind);
      this.#places[2 * i + 1] = at + FRAME;
      at = putPart(this.framed, at, message);
    }
    this.#places[2 * receivers.length] = at;
  }

  /** u(Q). */
  u(i: number): Uint8Array {
    return this.#u.subarray(KEY_BYTES * i, KEY_BYTES * (i + 1));
  }

  /** f, Q and bind, framed: what the KDF's input ends with. */
  context(i: number): Uint8Array {
    return this.framed.subarray(this.#place(2 * i), this.#place(2 * i + 1) - FRAME);
  }

  pseudonym(i: number): Uint8Array {
    const at = this.#place(2 * i) + FRAME;
    return this.framed.subarray(at, at + PSEUDONYM_BYTES);
  }

  message(i: number): Uint8Array {
    return this.framed.subarray(this.#place(2 * i + 1), this.#place(2 * i + 2));
  }

  #place(index: number): number {
    return this.#places[index] as number;
  }

  /** Messages are secret; the next σ's stand in the same memory. */
  erase(): void {
    this.framed.fill(0);
  }
}

const framedBuffer = reusable();

function framedBytes(receivers: readonly Receiver[]): number {
  let length = 0;
  for (const { keys, bind = NO_BIND, message } of receivers) {
    length += 4 * FRAME + keys.record.f.length + keys.Q.length + bind.length + message.length;
  }
  return length;
}
