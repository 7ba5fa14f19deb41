/** Piles whose readings count: admitted by what makes their record count on the certification chain. */
import {
  type Decoder,
  decodeName,
  hex,
  meterKey,
  object,
  optional,
  type Outcome,
  ProtocolError,
  type RecordEntry,
} from '@chargecast/protocol';
import { fromHex, toHex } from '@chargecast/signcryption/bytes';
import { type Params } from '@chargecast/signcryption/params';
import { nodePrimitives } from '@chargecast/signcryption/primitives/node';
import { decodeRecord, type LedgerRecord, RECORD_BYTES, verifyRecord } from '@chargecast/signcryption/record';
import { Role } from '@chargecast/signcryption/roles';
import { ensureRecordCounts } from '@chargecast/signcryption/support';
import { type WorldState } from '../state';
import { readRevocation } from './revocation';
import { COMMITTED, refused } from './sigmas';

/** The value under `meter:<f>`: Q is kept, so that a reading costs one verification and not that of the record. */
export interface MeterState {
  readonly record: string;
  /** Q of the record, 32 bytes hex. */
  readonly key: string;
  /** MSP id of the organisation that runs the pile. */
  readonly operator?: string;
}

const decodeMeterState: Decoder<MeterState> = object<MeterState>({
  record: hex(RECORD_BYTES),
  key: hex(32),
  operator: optional(decodeName),
});

export const readMeter = (state: WorldState, f: string): Promise<MeterState | undefined> =>
  state.json(meterKey(f), decodeMeterState);

/** Judges in order; the same record again is committed, another record of the same f is refused. */
export async function admitMeters(
  state: WorldState,
  params: Params,
  entries: readonly RecordEntry[],
): Promise<({ f: string } & Outcome)[]> {
  const written = new Map<string, string>();
  const outcomes: ({ f: string } & Outcome)[] = [];
  for (const entry of entries) {
    let f = '';
    try {
      const record = decodeRecord(fromHex(entry.record));
      f = toHex(record.f);
      const standing = written.get(f) ?? (await readMeter(state, f))?.record;
      if (standing === undefined) {
        await state.putJson(meterKey(f), await judge(state, params, record, entry));
        written.set(f, entry.record);
      } else if (standing !== entry.record) {
        throw new ProtocolError('E_RECORD_EXISTS', 'another record holds this pseudo-identity; enrol anew');
      }
      outcomes.push({ f, ...COMMITTED });
    } catch (error) {
      outcomes.push({ f, ...refused(error) });
    }
  }
  return outcomes;
}

async function judge(
  state: WorldState,
  params: Params,
  record: LedgerRecord,
  { record: bytes, owner, approvals }: RecordEntry,
): Promise<MeterState> {
  if (record.role !== Role.CP) {
    throw new ProtocolError('E_CHARGING_METER', 'only a pile has a meter; give the record of a pile');
  }
  if (await readRevocation(state, 'record', toHex(record.f))) {
    throw new ProtocolError('E_RECORD_REVOKED', 'this pseudo-identity is revoked for ever; enrol anew');
  }
  const { Q } = verifyRecord(nodePrimitives, params, record);
  ensureRecordCounts(nodePrimitives, params, record, {
    ...(owner !== undefined && { owner }),
    approvals: approvals.map(({ mspId, signature }) => ({ mspId, signature: fromHex(signature, 64) })),
  });
  return { record: bytes, key: toHex(Q), ...(owner !== undefined && { operator: owner }) };
}
