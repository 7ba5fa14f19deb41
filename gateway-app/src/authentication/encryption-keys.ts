import type { AuthenticationKey } from '@chargecast/protocol';
import { fromHex, toHex } from '@chargecast/signcryption';

import { getJson, type Store, toJson } from '../store';
import { encodeProviderKey } from './provider-key';
import { X25519_BYTES, type X25519KeyPair, x25519KeyPair } from './x25519';

/** A key as kept, hex; times in Unix seconds. */
interface Kept {
  readonly secret: string;
  readonly notBefore: number;
  readonly notAfter: number;
}

const LIFETIME_SECONDS = 24 * 3600;
/** Clocks behind this one take a new key at once. */
const BACKDATED_SECONDS = 300;
const KEPT = 'keys';

/**
 * The keys a provider's vehicles and guests encrypt their identity to: renewed at half of a day, and erased when over, so that what was
 * recorded before cannot be opened by whoever takes the provider's database later.
 */
export class EncryptionKeys {
  readonly #store: Store;
  #kept: readonly Kept[];
  #pairs: readonly X25519KeyPair[] = [];

  private constructor(store: Store, kept: readonly Kept[]) {
    this.#store = store;
    this.#kept = kept;
    this.#read();
  }

  /** @param store a sealed sub-store of its own; @param now Unix seconds */
  static async open(store: Store, now: number): Promise<EncryptionKeys> {
    const keys = new EncryptionKeys(store, (await getJson<Kept[]>(store, KEPT)) ?? []);
    await keys.renew(now);
    return keys;
  }

  /** Those that may still be in use, newest first. */
  get pairs(): readonly X25519KeyPair[] {
    return this.#pairs;
  }

  /** The newest one, signed. */
  signed(provider: string, signingKey: AuthenticationKey, ctx: Uint8Array): Uint8Array {
    const [{ notBefore, notAfter }, { publicKey }] = [this.#kept[0] as Kept, this.#pairs[0] as X25519KeyPair];
    return encodeProviderKey({ provider, publicKey, notBefore, notAfter }, signingKey, ctx);
  }

  /** Draws a new key if the newest is half over, and forgets those that are over. @returns whether anything changed */
  async renew(now: number): Promise<boolean> {
    const alive = this.#kept.filter(({ notAfter }) => now < notAfter);
    const isDue = (alive[0]?.notAfter ?? 0) - now < LIFETIME_SECONDS / 2;
    if (!isDue && alive.length === this.#kept.length) return false;
    const drawn = (): Kept => ({
      secret: toHex(x25519KeyPair().secret),
      notBefore: now - BACKDATED_SECONDS,
      notAfter: now + LIFETIME_SECONDS,
    });
    const kept = isDue ? [drawn(), ...alive] : alive;
    await this.#store.put(KEPT, toJson(kept));
    this.#kept = kept;
    this.#read();
    return true;
  }

  #read(): void {
    this.#pairs = this.#kept.map(({ secret }) => x25519KeyPair(fromHex(secret, X25519_BYTES)));
  }
}
