import { type CredentialRequest, isAllowed, type RecordKeys, Role, toHex } from '@chargecast/signcryption';
import { CodedError } from '../common/errors';
import { decodeCredentialRequest, encodeIssuedBatch, isOfProcess } from '../holder';
import { type ReplicaView } from '../replica';
import { type Peer } from '../rpc';
import { type Store } from '../store';
import { type Identities } from './identities';
import { type Issuance } from './issuance';

export interface IssuerParts {
  readonly issuance: Pick<Issuance, 'credentials'>;
  readonly identities: Identities;
  readonly store: Store;
  readonly replica: Pick<ReplicaView, 'params' | 'limits' | 'record'>;
  /** The holder of this X has its key: its record counts. */
  readonly arrived: (X: Uint8Array) => Promise<void>;
  readonly maxBatch: number;
}

/**
 * One-time credentials in batches, for holders whose record counts and for classes the limits give their role. The
 * whole signed request is kept: it is what a later opening consists of. The same request again gets its certificates
 * again; a Y seen in any other request is refused.
 */
export class CredentialIssuer {
  readonly #parts: IssuerParts;
  /** Y → root of the batch it came in. */
  readonly #certified: Store;
  /** root → request. */
  readonly #batches: Store;
  readonly #reserving = new Set<string>();

  constructor(parts: IssuerParts) {
    this.#parts = parts;
    this.#certified = parts.store.sub('certified');
    this.#batches = parts.store.sub('batches');
  }

  /**
   * @param bytes the encoded request
   * @returns the encoded batch of certificates
   * @throws CodedError E_CREDENTIAL_OWNER, E_RECORD_NOT_COUNTED, E_RECORD_REVOKED, E_CLASS, E_CREDENTIAL_REQUEST;
   * SigncryptionError E_CREDENTIAL_REQUEST, E_CREDENTIAL_REPEATED
   */
  async issue(bytes: Uint8Array, peer: Peer): Promise<Uint8Array> {
    const request = decodeCredentialRequest(bytes);
    const holder = await this.#holder(request, peer);
    await this.#parts.arrived(holder.record.X);
    this.#ensureClass(holder, request.statement.senderClass);
    const certificates = (await this.#isRepeated(request, bytes))
      ? await this.#sign(holder, request, async () => true)
      : await this.#certify(holder, request, bytes);
    return encodeIssuedBatch(certificates);
  }

  /** The request a one-time key was certified in; undefined if it never was. */
  async requestOf(oneTimeKey: Uint8Array): Promise<CredentialRequest | undefined> {
    const root = await this.#certified.get(toHex(oneTimeKey));
    const bytes = root && (await this.#batches.get(toHex(root)));
    return bytes && decodeCredentialRequest(bytes);
  }

  /** Every one-time key ever certified for a pseudo-identity. */
  async oneTimeKeysOf(f: Uint8Array): Promise<Uint8Array[]> {
    const keys: Uint8Array[] = [];
    for await (const { value } of this.#batches.entries()) {
      const { statement, leaves } = decodeCredentialRequest(value);
      if (toHex(statement.f) === toHex(f)) keys.push(...leaves.map(({ oneTimeKey }) => oneTimeKey));
    }
    return keys;
  }

  async #holder({ statement, leaves }: CredentialRequest, peer: Peer): Promise<RecordKeys> {
    if (leaves.length > this.#parts.maxBatch) {
      throw new CodedError('E_CREDENTIAL_REQUEST', `a batch holds at most ${this.#parts.maxBatch} one-time keys here`);
    }
    const identity = await this.#parts.identities.find(statement.f);
    if (identity === undefined || !isOfProcess(identity.realId, peer.role, peer.name)) {
      throw new CodedError('E_CREDENTIAL_OWNER', 'the request names a record of another holder; ask for the own one');
    }
    const found = await this.#parts.replica.record(statement.f);
    if (found?.revoked === true) throw new CodedError('E_RECORD_REVOKED', 'the record is revoked; enrol anew');
    if (found?.keys === undefined) {
      throw new CodedError(
        'E_RECORD_NOT_COUNTED',
        'the record does not count on the ledger yet; ask again when it does',
      );
    }
    return found.keys;
  }

  #ensureClass({ record }: RecordKeys, senderClass: number): void {
    const limits = this.#parts.replica.limits();
    const given = Object.values(Role).some((receiver) => isAllowed(limits, record.role, senderClass, receiver));
    if (!given) throw new CodedError('E_CLASS', `the limits give senders of this role no class ${senderClass}`);
  }

  async #isRepeated(request: CredentialRequest, bytes: Uint8Array): Promise<boolean> {
    const before = await this.#batches.get(toHex(request.statement.root));
    return before !== undefined && Buffer.from(before).equals(bytes);
  }

  async #certify(holder: RecordKeys, request: CredentialRequest, bytes: Uint8Array): Promise<Uint8Array[]> {
    const keys = request.leaves.map(({ oneTimeKey }) => toHex(oneTimeKey));
    let reservation: Promise<boolean> | undefined;
    // The first question comes after the request was verified; one write then answers for the whole batch.
    const add = (): Promise<boolean> => (reservation ??= this.#reserve(keys, request.statement.root, bytes));
    return this.#sign(holder, request, add);
  }

  #sign(holder: RecordKeys, request: CredentialRequest, add: () => Promise<boolean>): Promise<Uint8Array[]> {
    return this.#parts.issuance.credentials(holder, request, { add });
  }

  /** All of the batch's one-time keys at once, or none if any was seen before. */
  async #reserve(keys: readonly string[], root: Uint8Array, bytes: Uint8Array): Promise<boolean> {
    if (keys.some((key) => this.#reserving.has(key))) return false;
    keys.forEach((key) => this.#reserving.add(key));
    try {
      for (const key of keys) if (await this.#certified.has(key)) return false;
      const batch = this.#certified.batch().put(this.#batches, toHex(root), bytes);
      for (const key of keys) batch.put(this.#certified, key, root);
      await batch.commit();
      return true;
    } finally {
      keys.forEach((key) => this.#reserving.delete(key));
    }
  }
}
