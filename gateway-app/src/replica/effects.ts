import {
  batchKey,
  type Certificate,
  decodeCertificate,
  decodeEpochsItem,
  decodeJson,
  type Decoder,
  decodeLimitsItem,
  decodeProviderEntry,
  decodeRecordEntry,
  decodeRevocationItem,
  decodeRevokedKey,
  decodeSigmaList,
  decodeSigmaState,
  decodeSignedSlotHead,
  decodeSignedSystemKey,
  type EpochsItem,
  keySubject,
  type LimitsItem,
  PARAMS_KEY,
  type ProviderEntry,
  readBatchState,
  type RecordEntry,
  type RevocationItem,
  type RevocationItemKind,
  type RevokedKey,
  type RevokedKind,
  type SignedSlotHead,
  type SignedSystemKey,
  SLOT_KEY,
} from '@chargecast/protocol';
import { merkleRoot, SIGMA_TREE, sigmaId, toHex } from '@chargecast/signcryption';

import { LedgerError, type LedgerTransaction, type LedgerWrite } from '../ledger/port';

/** A σ of one submission. */
export interface WrittenSigma {
  readonly index: number;
  readonly sigmaId: Uint8Array;
  readonly sigma: Uint8Array;
}

/** What one transaction of the chaincode changed, decoded from its write set and, for σ, from its argument. */
export interface Effects {
  readonly params?: string;
  readonly limits?: LimitsItem;
  readonly epochs?: EpochsItem;
  readonly slot?: SignedSlotHead;
  readonly records: readonly { readonly f: string; readonly entry: RecordEntry }[];
  readonly providers: readonly ProviderEntry[];
  readonly revocations: readonly { readonly kind: RevokedKind; readonly item: RevocationItem }[];
  /** In force from here on; superseded ones are the auditor's business. */
  readonly certificates: readonly Certificate[];
  readonly keyRevocations: readonly RevokedKey[];
  readonly systemKeys: readonly SignedSystemKey[];
  /** One-time keys that signed a σ, lower-case hex, and that σ's id. */
  readonly spent: readonly { readonly credential: string; readonly sigmaId: string }[];
  /** In the order of their Merkle leaves. */
  readonly sigmas: readonly WrittenSigma[];
  /** Over `sigmas`, recomputed; absent without any. */
  readonly root?: Uint8Array;
}

const ITEM_KINDS: Readonly<Record<RevokedKind, RevocationItemKind>> = {
  credential: 'revokedCredential',
  record: 'revokedRecord',
  provider: 'revokedProvider',
};

/**
 * Decodes a transaction's writes to the chaincode's namespace and recomputes what they commit to: the id of each σ in the
 * argument, its place, its nullifier and the Merkle root. The argument is what was endorsed only if the transaction's
 * `proposalHash` is its `endorsedHash`, which is {@link EndorsementVerifier}'s to check.
 * @throws LedgerError E_WRITE_SET for writes the chaincode does not make
 */
export function readEffects(transaction: LedgerTransaction): Effects {
  try {
    return new WriteSet(transaction).effects();
  } catch (error) {
    const message = `the writes of transaction ${transaction.transactionId} do not fit together: update this reader or distrust its source`;
    throw new LedgerError('E_WRITE_SET', message, { transactionId: transaction.transactionId, cause: error });
  }
}

class WriteSet {
  readonly #transaction: LedgerTransaction;
  readonly #writes: ReadonlyMap<string, LedgerWrite>;

  constructor(transaction: LedgerTransaction) {
    this.#transaction = transaction;
    const own = transaction.writes.filter(({ namespace }) => namespace === transaction.chaincode);
    if (own.some(({ isDelete }) => isDelete)) throw new RangeError('the chaincode deletes nothing');
    this.#writes = new Map(own.map((write) => [write.key, write]));
  }

  effects(): Effects {
    const params = this.#writes.get(PARAMS_KEY);
    return {
      ...(params && { params: textOf(params.value) }),
      ...this.#optional('limits', 'gov:limits', decodeLimitsItem),
      ...this.#optional('epochs', 'gov:epochs', decodeEpochsItem),
      ...this.#optional('slot', SLOT_KEY, decodeSignedSlotHead),
      records: this.#family('record', (f, { value, key }) => ({ f, entry: json(value, decodeRecordEntry, key) })),
      providers: this.#family('provider', (_id, { value, key }) => json(value, decodeProviderEntry, key)),
      revocations: this.#family('revoked', (subject, { value, key }) => {
        const kind = subject.slice(0, subject.indexOf(':')) as RevokedKind;
        return { kind, item: json(value, decodeRevocationItem(ITEM_KINDS[kind]), key) };
      }),
      certificates: this.#family('vpk', (_id, { value, key }) => json(value, decodeCertificate, key)),
      keyRevocations: this.#family('vpk-revoked', (_id, { value, key }) => json(value, decodeRevokedKey, key)),
      systemKeys: this.#family('spk', (_id, { value, key }) => json(value, decodeSignedSystemKey, key)),
      spent: this.#spent(),
      ...this.#sigmas(),
    };
  }

  #spent(): Effects['spent'] {
    return this.#family('spent', (credential, { value }) => ({ credential, sigmaId: toHex(value) }));
  }

  #sigmas(): Pick<Effects, 'sigmas' | 'root'> {
    const { transactionId } = this.#transaction;
    const written = this.#family('sigma', (id, { value }) => ({ id, ...decodeSigmaState(value) }));
    const batch = this.#writes.get(batchKey(transactionId));
    if (!batch) {
      if (written.length > 0 || this.#spent().length > 0) throw new RangeError('σ without their batch');
      return { sigmas: [] };
    }
    const { root, ids } = readBatchState(batch.value);
    const given = decodeSigmaList(this.#transaction.input[1] ?? new Uint8Array(0));
    const byId = new Map(written.map((place) => [place.id, place]));
    const nullified = new Set(this.#spent().map((spent) => spent.sigmaId));
    if ([byId.size, nullified.size, given.length].some((count) => count !== ids.length)) {
      throw new RangeError('a batch of other σ');
    }
    const sigmas = given.map((sigma, index) => {
      const id = sigmaId(sigma);
      const name = toHex(id);
      const place = byId.get(name);
      const fits = ids[index] === name && place?.index === index && place.transactionId === transactionId;
      if (!fits || !nullified.has(name)) throw new RangeError('a σ under another’s id or place');
      return { index, sigmaId: id, sigma };
    });
    const computed = merkleRoot(
      SIGMA_TREE,
      sigmas.map((sigma) => sigma.sigmaId),
    );
    if (toHex(computed) !== root) throw new RangeError('a Merkle root that is not that of its σ');
    return { sigmas, root: computed };
  }

  #optional<K extends string, T>(name: K, key: string, decoder: Decoder<T>): { readonly [P in K]?: T } {
    const write = this.#writes.get(key);
    return (write ? { [name]: json(write.value, decoder, key) } : {}) as { readonly [P in K]?: T };
  }

  #family<T>(family: Parameters<typeof keySubject>[0], read: (subject: string, write: LedgerWrite) => T): T[] {
    return [...this.#writes.values()].flatMap((write) => {
      const subject = keySubject(family, write.key);
      return subject === undefined ? [] : [read(subject, write)];
    });
  }
}

const textOf = (value: Uint8Array): string => Buffer.from(value).toString('utf8');

function json<T>(value: Uint8Array, decoder: Decoder<T>, key: string): T {
  return decodeJson(textOf(value), decoder, key);
}
