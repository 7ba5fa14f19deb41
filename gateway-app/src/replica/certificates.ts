import {
  type Certificate,
  certificateStatus,
  type CertificateStatus,
  holds,
  type RevokedKey,
  type SignedSystemKey,
  type SystemKey,
  systemKeyStatement,
} from '@chargecast/protocol';
import { nodePrimitives, type Params } from '@chargecast/signcryption';

import { type Batch, fromJson, getJson, type Store, toJson } from '../store/store';
import { type Effects } from './effects';
import { type Registry } from './registry';

/**
 * Certificates, their revocations and the providers' system keys, as the certification chain brought them. Revocations
 * and system keys are held in memory: a revocation is known with the block that brought it.
 */
export class CertificateRegistry {
  readonly #params: Params;
  readonly #registry: Registry;
  readonly #certificates: Store;
  readonly #revocations: Store;
  readonly #systemKeys: Store;
  /** ID → Unix seconds from which it is revoked. */
  readonly #revokedFrom = new Map<string, number>();
  /** `provider:version`, and `provider` for the newest. */
  readonly #keys = new Map<string, SignedSystemKey>();
  /** Keys whose provider's signature was found to hold. */
  readonly #admitted = new Set<SignedSystemKey>();

  private constructor(store: Store, params: Params, registry: Registry) {
    this.#params = params;
    this.#registry = registry;
    this.#certificates = store.sub('certificates');
    this.#revocations = store.sub('key-revocations');
    this.#systemKeys = store.sub('system-keys');
  }

  static async open(store: Store, params: Params, registry: Registry): Promise<CertificateRegistry> {
    const opened = new CertificateRegistry(store, params, registry);
    for await (const { value } of opened.#revocations.entries()) opened.#revoke(fromJson<RevokedKey>(value));
    for await (const { value } of opened.#systemKeys.entries()) opened.#keep(fromJson<SignedSystemKey>(value));
    return opened;
  }

  /** Adds a transaction's effects to what its block commits. @returns the IDs whose certificate or status changed */
  stage(batch: Batch, { certificates, keyRevocations, systemKeys }: Effects): string[] {
    for (const certificate of certificates) batch.put(this.#certificates, certificate.id, toJson(certificate));
    for (const revoked of keyRevocations) {
      batch.put(this.#revocations, revoked.id, toJson(revoked));
      this.#revoke(revoked);
    }
    for (const key of systemKeys) {
      batch.put(this.#systemKeys, nameOf(key), toJson(key));
      this.#keep(key);
    }
    return [...certificates, ...keyRevocations].map(({ id }) => id);
  }

  certificateOf(id: string): Promise<Certificate | undefined> {
    return getJson<Certificate>(this.#certificates, id);
  }

  /** In the order of their ids. @param after id to begin behind */
  async *certificates(after?: string): AsyncGenerator<Certificate> {
    const entries = this.#certificates.entries(after === undefined ? {} : { gt: after });
    for await (const { value } of entries) yield fromJson<Certificate>(value);
  }

  async statusOf(id: string, at: number): Promise<CertificateStatus | undefined> {
    const certificate = await this.certificateOf(id);
    if (!certificate) return undefined;
    const providerRevokedFrom = this.#registry.revokedFrom('provider', certificate.provider);
    return certificateStatus(certificate, this.#revokedFrom.get(id), providerRevokedFrom, at);
  }

  async systemKeyOf(provider: string, version?: number): Promise<SystemKey | undefined> {
    const key = this.#keys.get(version === undefined ? provider : `${provider}:${version}`);
    if (!key || !(await this.#isAdmitted(key))) return undefined;
    return key;
  }

  /** A majority that lies together is caught here: the provider itself, admitted by a majority, signed the key. */
  async #isAdmitted(key: SignedSystemKey): Promise<boolean> {
    const provider = await this.#registry.provider(key.provider);
    if (!provider) return false;
    if (!this.#admitted.has(key)) {
      if (!holds(nodePrimitives, this.#params, provider.key, systemKeyStatement(key), key.signature)) return false;
      this.#admitted.add(key);
    }
    return true;
  }

  #revoke({ id, effective }: RevokedKey): void {
    this.#revokedFrom.set(id, Math.min(effective, this.#revokedFrom.get(id) ?? Infinity));
  }

  #keep(key: SignedSystemKey): void {
    this.#keys.set(nameOf(key), key);
    if (key.version >= (this.#keys.get(key.provider)?.version ?? 0)) this.#keys.set(key.provider, key);
  }
}

const nameOf = ({ provider, version }: SystemKey): string => `${provider}:${version}`;
