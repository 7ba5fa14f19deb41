/** Ledger records: first-write-wins, only with the support that makes them count, never again once revoked. */
import {
  decodeRecordEntry,
  type Outcome,
  ProtocolError,
  type RecordEntry,
  recordKey,
  type RevocationItem,
} from '@chargecast/protocol';
import { fromHex, toHex } from '@chargecast/signcryption/bytes';
import { type Organisation, type Params } from '@chargecast/signcryption/params';
import { nodePrimitives } from '@chargecast/signcryption/primitives/node';
import { decodeRecord, type LedgerRecord, RECORD_BYTES, verifyRecord } from '@chargecast/signcryption/record';
import { Role } from '@chargecast/signcryption/roles';
import { ensureRecordCounts } from '@chargecast/signcryption/support';
import { type WorldState } from '../state';
import { ensureProvider, readProvider } from './providers';
import { readRevocation, type RevocationKeys } from './revocation';
import { COMMITTED, refused } from './sigmas';

export async function readRecord(state: WorldState, f: string): Promise<RecordEntry | undefined> {
  return state.json(recordKey(f), decodeRecordEntry);
}

interface Judged {
  readonly f: string;
  readonly outcome: Outcome;
  /** What to write; absent when it stands there already. */
  readonly entry?: RecordEntry;
}

/** Only what supports a record of this role is kept. */
function supportOf(record: LedgerRecord, entry: RecordEntry): RecordEntry {
  const { record: bytes, owner, approvals, countersignature } = entry;
  if (record.role === Role.EV) return { record: bytes, approvals: [], ...(countersignature && { countersignature }) };
  return { record: bytes, approvals, ...(owner !== undefined && { owner }) };
}

async function providerOf(state: WorldState, entry: RecordEntry, time: number): Promise<Organisation[]> {
  if (!entry.countersignature) return [];
  const { provider, key } = await ensureProvider(state, entry.countersignature.provider, time);
  return [{ mspId: provider, role: Role.ESP, publicKey: fromHex(key, 32) }];
}

async function ensureSupported(
  state: WorldState,
  params: Params,
  time: number,
  record: LedgerRecord,
  entry: RecordEntry,
): Promise<void> {
  const { owner, approvals, countersignature } = entry;
  ensureRecordCounts(nodePrimitives, params, record, {
    ...(owner !== undefined && { owner }),
    approvals: approvals.map(({ mspId, signature }) => ({ mspId, signature: fromHex(signature, 64) })),
    ...(countersignature && {
      countersignature: { mspId: countersignature.provider, signature: fromHex(countersignature.signature, 64) },
    }),
    approvedProviders: record.role === Role.EV ? await providerOf(state, entry, time) : [],
  });
}

async function judge(
  state: WorldState,
  params: Params,
  time: number,
  given: RecordEntry,
  earlier: ReadonlyMap<string, string>,
): Promise<Judged> {
  let f = '';
  try {
    const record = decodeRecord(fromHex(given.record));
    f = toHex(record.f);
    if (await readRevocation(state, 'record', f)) {
      throw new ProtocolError('E_RECORD_REVOKED', 'this pseudo-identity is revoked for ever; enrol anew');
    }
    const standing = earlier.get(f) ?? (await readRecord(state, f))?.record;
    if (standing === given.record) return { f, outcome: COMMITTED };
    if (standing !== undefined) {
      throw new ProtocolError('E_RECORD_EXISTS', 'another record holds this pseudo-identity; enrol anew');
    }
    verifyRecord(nodePrimitives, params, record);
    const entry = supportOf(record, given);
    await ensureSupported(state, params, time, record, entry);
    return { f, outcome: COMMITTED, entry };
  } catch (error) {
    return { f, outcome: refused(error) };
  }
}

/** Judges in order and writes what counts; what is written stands for the entries after it. */
export async function putRecords(
  state: WorldState,
  params: Params,
  time: number,
  entries: readonly RecordEntry[],
): Promise<{ readonly outcomes: ({ f: string } & Outcome)[]; readonly written: string[] }> {
  const written = new Map<string, string>();
  const outcomes: ({ f: string } & Outcome)[] = [];
  for (const given of entries) {
    const { f, outcome, entry } = await judge(state, params, time, given, written);
    outcomes.push({ f, ...outcome });
    if (entry) {
      written.set(f, entry.record);
      await state.putJson(recordKey(f), entry);
    }
  }
  return { outcomes, written: [...written.keys()] };
}

/** Who may revoke what stands on this chain: the record's holder and provider, the provider itself. */
export async function revocationKeys(
  state: WorldState,
  params: Params,
  { kind, body }: RevocationItem,
): Promise<RevocationKeys> {
  if (kind === 'revokedCredential') return { holder: fromHex(body.subject, 32) };
  if (kind === 'revokedProvider') {
    const provider = await readProvider(state, body.subject);
    return provider ? { holder: fromHex(provider.key, 32) } : {};
  }
  const entry = await readRecord(state, body.subject);
  if (!entry) return {};
  const { Q } = verifyRecord(nodePrimitives, params, decodeRecord(fromHex(entry.record, RECORD_BYTES)));
  const name = entry.countersignature?.provider;
  const provider = name === undefined ? undefined : await readProvider(state, name);
  return { holder: Q, ...(provider && { provider: { name: provider.provider, key: fromHex(provider.key, 32) } }) };
}
