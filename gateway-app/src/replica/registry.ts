import {
  decodeProviderEntry,
  decodeRecordEntry,
  type ProviderEntry,
  providerStatement,
  type RecordEntry,
  type RevocationItem,
  type RevokedKind,
  suffices,
  tally,
} from '@chargecast/protocol';
import {
  approvalsNeeded,
  decodeRecord,
  encodeRecord,
  ensureRecordCounts,
  fromHex,
  type LedgerRecord,
  merkleRoot,
  nodePrimitives,
  type Organisation,
  type Params,
  RECORD_TREE,
  type RecordKeys,
  REVOCATION_TREE,
  Role,
  SigncryptionError,
  toHex,
  verifyRecord,
} from '@chargecast/signcryption';

import { type Channel } from '../ledger/port';
import { type Batch, fromJson, getJson, type Store, toJson } from '../store/store';
import { type Effects } from './effects';
import { type RecordFilter, type ReplicaProvider, type ReplicaRecord } from './types';

/** An entry of the certification chain and the block that brought it. */
interface Stored<T> {
  readonly block: string;
  readonly entry: T;
}

interface Roots {
  readonly recordsRoot: Uint8Array;
  readonly revocationsRoot: Uint8Array;
}

/**
 * Records, providers and revocations. They were verified in endorsement, but a majority that lies together is caught here:
 * whether a record counts is decided anew from params and signatures, when somebody first asks.
 */
export class Registry {
  readonly #params: Params;
  readonly #now: () => number;
  readonly #records: Store;
  readonly #providers: Store;
  readonly #revocations: Readonly<Record<Channel, Store>>;
  readonly #counting = new Map<string, RecordKeys>();
  readonly #approved = new Map<string, boolean>();
  #roots: { readonly block: bigint; readonly roots: Promise<Roots> } | undefined;

  /** `kind:subject` → Unix seconds from which it is revoked: few, and asked for at every look-up. */
  readonly #revokedFrom = new Map<string, number>();

  private constructor(store: Store, params: Params, now: () => number) {
    this.#params = params;
    this.#now = now;
    this.#records = store.sub('records');
    this.#providers = store.sub('providers');
    this.#revocations = {
      certchain: store.sub('revocations-certchain'),
      datachain: store.sub('revocations-datachain'),
    };
  }

  /** @param now Unix seconds */
  static async open(store: Store, params: Params, now: () => number): Promise<Registry> {
    const registry = new Registry(store, params, now);
    for (const revocations of Object.values(registry.#revocations)) {
      for await (const { key, value } of revocations.entries()) {
        for (const { entry } of fromJson<Stored<RevocationItem>[]>(value)) registry.#revoke(key, entry);
      }
    }
    return registry;
  }

  /** Adds a transaction's effects to what its block commits. */
  async stage(batch: Batch, channel: Channel, number: bigint, effects: Effects): Promise<void> {
    const block = number.toString();
    for (const { f, entry } of effects.records) batch.put(this.#records, f, toJson({ block, entry }));
    for (const entry of effects.providers) batch.put(this.#providers, entry.provider, toJson({ block, entry }));
    for (const { kind, item } of effects.revocations) {
      const store = this.#revocations[channel];
      const key = `${kind}:${item.body.subject}`;
      // A later item may bring a revocation forward; roots of earlier blocks need the earlier one.
      const earlier = (await getJson<Stored<RevocationItem>[]>(store, key)) ?? [];
      const kept = earlier.filter((stored) => stored.block !== block);
      batch.put(store, key, toJson([...kept, { block, entry: item }]));
      this.#revoke(key, item);
    }
    this.#roots = undefined;
  }

  async record(f: Uint8Array): Promise<ReplicaRecord | undefined> {
    const stored = await getJson<Stored<RecordEntry>>(this.#records, toHex(f));
    return stored && this.#judge(stored);
  }

  async *records({ role, epoch, counting = false }: RecordFilter = {}): AsyncGenerator<ReplicaRecord> {
    for await (const { value } of this.#records.entries()) {
      const stored = fromJson<Stored<RecordEntry>>(value);
      const record = decodeRecord(fromHex(stored.entry.record));
      if ((role ?? record.role) !== record.role || (epoch ?? record.epoch) !== record.epoch) continue;
      const judged = await this.#judge(stored, record);
      if (!counting || (judged.keys && !judged.revoked)) yield judged;
    }
  }

  /** One that a majority approved; a revoked one no longer countersigns. */
  async provider(id: string): Promise<ReplicaProvider | undefined> {
    const stored = await getJson<Stored<unknown>>(this.#providers, id);
    if (!stored) return undefined;
    const entry = decodeProviderEntry(stored.entry, id);
    if (!this.#isApproved(entry) || this.isRevoked('provider', id)) return undefined;
    return { provider: entry.provider, mspId: entry.mspId, key: fromHex(entry.key, 32) };
  }

  isRevoked(kind: RevokedKind, subject: string): boolean {
    return (this.revokedFrom(kind, subject) ?? Infinity) <= this.#now();
  }

  /** Unix seconds; undefined where no revocation stands. */
  revokedFrom(kind: RevokedKind, subject: string): number | undefined {
    return this.#revokedFrom.get(`${kind}:${subject}`);
  }

  #revoke(key: string, { body }: RevocationItem): void {
    this.#revokedFrom.set(key, Math.min(body.effective, this.#revokedFrom.get(key) ?? Infinity));
  }

  /**
   * Merkle roots over what the certification chain held after a block: records in the order of f, each item the encoded
   * record; revocations in the order of `kind:subject`, each item `kind:subject:reason:effective`.
   */
  roots(block: bigint): Promise<Roots> {
    if (this.#roots?.block !== block) this.#roots = { block, roots: this.#computeRoots(block) };
    return this.#roots.roots;
  }

  async #computeRoots(block: bigint): Promise<Roots> {
    const records: Uint8Array[] = [];
    for await (const { value } of this.#records.entries()) {
      const stored = fromJson<Stored<RecordEntry>>(value);
      if (BigInt(stored.block) <= block) records.push(fromHex(stored.entry.record));
    }
    const revocations: Uint8Array[] = [];
    for await (const { key, value } of this.#revocations.certchain.entries()) {
      const newest = fromJson<Stored<RevocationItem>[]>(value)
        .filter((stored) => BigInt(stored.block) <= block)
        .at(-1);
      if (!newest) continue;
      const { reason, effective } = newest.entry.body;
      revocations.push(Buffer.from(`${key}:${reason}:${effective}`));
    }
    return {
      recordsRoot: merkleRoot(RECORD_TREE, records),
      revocationsRoot: merkleRoot(REVOCATION_TREE, revocations),
    };
  }

  async #judge(stored: Stored<RecordEntry>, decoded?: LedgerRecord): Promise<ReplicaRecord> {
    const record = decoded ?? decodeRecord(fromHex(stored.entry.record));
    const keys = await this.#keysOf(record, stored);
    const revoked = this.isRevoked('record', toHex(record.f));
    return { record, block: BigInt(stored.block), revoked, ...(keys && { keys }) };
  }

  async #keysOf(record: LedgerRecord, { entry: json }: Stored<RecordEntry>): Promise<RecordKeys | undefined> {
    const id = toHex(encodeRecord(record));
    const known = this.#counting.get(id);
    if (known) return known;
    const entry = decodeRecordEntry(json, 'record');
    const { owner, approvals, countersignature } = entry;
    try {
      const keys = verifyRecord(this.#params, record);
      ensureRecordCounts(this.#params, record, {
        ...(owner !== undefined && { owner }),
        approvals: approvals.map(({ mspId, signature }) => ({ mspId, signature: fromHex(signature, 64) })),
        ...(countersignature && {
          countersignature: { mspId: countersignature.provider, signature: fromHex(countersignature.signature, 64) },
        }),
        approvedProviders: await this.#approvedProviders(record, entry),
      });
      this.#counting.set(id, keys);
      return keys;
    } catch (error) {
      if (error instanceof SigncryptionError) return undefined;
      throw error;
    }
  }

  /** A provider revoked later leaves the records it countersigned before: those are revoked one by one. */
  async #approvedProviders({ role }: LedgerRecord, { countersignature }: RecordEntry): Promise<Organisation[]> {
    if (role !== Role.EV || !countersignature) return [];
    const stored = await getJson<Stored<unknown>>(this.#providers, countersignature.provider);
    if (!stored) return [];
    const entry = decodeProviderEntry(stored.entry, countersignature.provider);
    if (!this.#isApproved(entry)) return [];
    return [{ mspId: entry.provider, role: Role.ESP, publicKey: fromHex(entry.key, 32) }];
  }

  #isApproved(entry: ProviderEntry): boolean {
    const id = JSON.stringify(entry);
    let approved = this.#approved.get(id);
    if (approved === undefined) {
      const { voters, needed } = approvalsNeeded(this.#params, entry.mspId);
      const count = tally(nodePrimitives, this.#params, voters, needed, providerStatement(entry), entry.approvals);
      approved = suffices(count);
      this.#approved.set(id, approved);
    }
    return approved;
  }
}
