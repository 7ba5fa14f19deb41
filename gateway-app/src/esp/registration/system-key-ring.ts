import {
  AUTHENTICATION_SECRET_BYTES,
  AuthenticationKey,
  REGISTRATION,
  signLedgerStatement,
  type SignedSystemKey,
  type SystemKey,
  systemKeyStatement,
} from '@chargecast/protocol';
import { type KeyPair, type Params } from '@chargecast/signcryption';

import { SIGNING_ENV } from '../../common/signing-env';
import { type Ledger } from '../../ledger';
import { type ReplicaView } from '../../replica';
import { type Store } from '../../store';

export interface Terms {
  /** Seconds from issue to expiry. */
  readonly lifetime: number;
  /** Seconds before expiry from which an update is admitted. */
  readonly renewal: number;
}

export interface KeyRingParts {
  readonly store: Store;
  readonly provider: string;
  /** The provider's admitted key, which signs its system key. */
  readonly key: KeyPair;
  readonly params: Params;
  readonly terms: Terms;
}

/** PK_ESP and its secret: drawn at the first start, sealed, published on the certification chain. */
export class SystemKeyRing {
  readonly key: AuthenticationKey;
  readonly #parts: KeyRingParts;

  private constructor(parts: KeyRingParts, key: AuthenticationKey) {
    this.#parts = parts;
    this.key = key;
  }

  static async open(parts: KeyRingParts): Promise<SystemKeyRing> {
    const store = parts.store.sub('system-key');
    const kept = await store.get('secret');
    if (kept)
      return new SystemKeyRing(parts, AuthenticationKey.fromSecret(kept.subarray(0, AUTHENTICATION_SECRET_BYTES)));
    const drawn = AuthenticationKey.generate();
    await store.put('secret', drawn.secret());
    return new SystemKeyRing(parts, drawn);
  }

  /** The own key as the chain holds it; undefined until it is published. */
  async published(replica: Pick<ReplicaView, 'systemKeyOf'>): Promise<SystemKey | undefined> {
    const found = await replica.systemKeyOf(this.#parts.provider);
    return found?.publicKey === this.key.publicKey ? found : undefined;
  }

  /** Whether the chain holds the own key with the terms configured. */
  async stands(replica: Pick<ReplicaView, 'systemKeyOf'>): Promise<boolean> {
    const { lifetime, renewal } = this.#parts.terms;
    const found = await this.published(replica);
    return found?.lifetime === lifetime && found.renewal === renewal;
  }

  /** Submits the key under the version after the one the replica knows; the same again changes nothing. */
  async publish(ledger: Pick<Ledger, 'submit'>, replica: Pick<ReplicaView, 'systemKeyOf'>): Promise<void> {
    const { provider, key, params, terms } = this.#parts;
    const version = ((await replica.systemKeyOf(provider))?.version ?? 0) + 1;
    const { publicKey } = this.key;
    const body: SystemKey = { provider, version, curve: 'P-256', hash: 'SHA-256', publicKey, ...terms };
    const signature = signLedgerStatement(SIGNING_ENV, params, key.secret, systemKeyStatement(body));
    const signed: SignedSystemKey = { ...body, signature };
    await ledger.submit('certchain', {
      contract: REGISTRATION.contract,
      name: REGISTRATION.publishSPK,
      args: [JSON.stringify(signed)],
    });
  }
}
