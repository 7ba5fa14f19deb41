import { NONCE_BYTES, open, seal } from './aead';
import { insistOn } from './errors';
import type { TrafficKey } from './key-schedule';

const EMPTY = new Uint8Array(0);

/** One direction of an open session: frame n is sealed under nonce base ⊕ n (RFC 8446 §5.3), so order and number are checked. */
class Direction {
  readonly #traffic: TrafficKey;
  #next = 0;

  constructor(traffic: TrafficKey) {
    this.#traffic = traffic;
  }

  get key(): Uint8Array {
    return this.#traffic.key;
  }

  nonce(): Uint8Array {
    const nonce = Uint8Array.from(this.#traffic.nonceBase);
    const number = new DataView(new ArrayBuffer(8));
    number.setBigUint64(0, BigInt(this.#next++));
    for (let i = 0; i < 8; i++)
      nonce[NONCE_BYTES - 8 + i] = (nonce[NONCE_BYTES - 8 + i] as number) ^ number.getUint8(i);
    return nonce;
  }

  erase(): void {
    this.#traffic.key.fill(0);
  }
}

/** What both sides say to each other over a confirmed session, and nobody between them can read, change, drop unseen or repeat. */
export class SealedFrames {
  readonly #sending: Direction;
  readonly #receiving: Direction;

  constructor(sending: TrafficKey, receiving: TrafficKey) {
    this.#sending = new Direction(sending);
    this.#receiving = new Direction(receiving);
  }

  seal(plaintext: Uint8Array): Uint8Array {
    return seal(this.#sending.key, this.#sending.nonce(), EMPTY, plaintext);
  }

  /** @throws AuthenticationError E_AUTH_KEYS for anything but the next frame of the other side */
  open(frame: Uint8Array): Uint8Array {
    const plaintext = open(this.#receiving.key, this.#receiving.nonce(), EMPTY, frame);
    insistOn(plaintext !== undefined, 'E_AUTH_KEYS', 'not the next message of this session: connect again');
    return plaintext;
  }

  erase(): void {
    this.#sending.erase();
    this.#receiving.erase();
  }
}
