/** Charging records: signed by an admitted meter, one for each transaction, first-write-wins. */
import {
  CHARGING_EVENT,
  chargingKey,
  type ChargingRecordEntry,
  type ChargingRecordPage,
  chargingStatement,
  decodeChargingRecordEntry,
  decodeJson,
  keyRange,
  type Outcome,
  ProtocolError,
} from '@chargecast/protocol';
import { fromHex } from '@chargecast/signcryption/bytes';
import { nodePrimitives } from '@chargecast/signcryption/primitives/node';
import { verify } from '@chargecast/signcryption/signature';
import { type LedgerContext } from '../ledger-contract';
import { announce, reply } from '../shared-transactions';
import { toText, type WorldState } from '../state';
import { readMeter } from './meters';
import { readRevocation } from './revocation';
import { COMMITTED, refused } from './sigmas';

/** Seconds a station's clock may run ahead of the transaction's time. */
const CLOCK_AHEAD = 300;
/** Counting reads each of them. */
const MAX_COUNTED = 10_000;

export const readChargingRecord = (state: WorldState, transaction: string): Promise<ChargingRecordEntry | undefined> =>
  state.json(chargingKey(transaction), decodeChargingRecordEntry);

/** Judges in order; what is written stands for the records after it. The same record again is committed. */
export async function addChargingRecords(
  ctx: LedgerContext,
  entries: readonly ChargingRecordEntry[],
): Promise<({ transaction: string } & Outcome)[]> {
  const written = new Map<string, ChargingRecordEntry>();
  const outcomes: ({ transaction: string } & Outcome)[] = [];
  await ctx.state.fetch(entries.map(({ transaction }) => chargingKey(transaction)));
  for (const entry of entries) {
    const { transaction } = entry;
    try {
      const standing = written.get(transaction) ?? (await readChargingRecord(ctx.state, transaction));
      if (standing) ensureSame(standing, entry);
      else {
        await ensureHolds(ctx, entry);
        written.set(transaction, entry);
        await ctx.state.putJson(chargingKey(transaction), entry);
      }
      outcomes.push({ transaction, ...COMMITTED });
    } catch (error) {
      outcomes.push({ transaction, ...refused(error) });
    }
  }
  if (written.size > 0) announce(ctx, CHARGING_EVENT, reply({ transactions: [...written.keys()] }));
  return outcomes;
}

/** The signature may differ: the same readings signed twice are one record. */
function ensureSame(standing: ChargingRecordEntry, given: ChargingRecordEntry): void {
  const body = ({ signature, ...record }: ChargingRecordEntry): string => (void signature, reply(record));
  if (body(standing) !== body(given)) {
    throw new ProtocolError(
      'E_CHARGING_EXISTS',
      'another record holds this transaction; compare with getChargingRecord',
    );
  }
}

async function ensureHolds({ state, params, time }: LedgerContext, entry: ChargingRecordEntry): Promise<void> {
  const end = entry.readings.at(-1)?.at ?? 0;
  if (end > time + CLOCK_AHEAD) {
    throw new ProtocolError('E_CHARGING_TIME', 'the record ends later than now: set the clock of the station');
  }
  const meter = await readMeter(state, entry.meter);
  const revocation = await readRevocation(state, 'record', entry.meter);
  if (!meter || (revocation && revocation.body.effective <= time)) {
    throw new ProtocolError(
      'E_CHARGING_METER',
      'this meter is not admitted, or revoked; admit the pile’s record first',
    );
  }
  const { tag, parts } = chargingStatement(entry);
  const signature = fromHex(entry.signature, 64);
  if (!verify(nodePrimitives, fromHex(meter.key, 32), signature, tag, params.ctx, ...parts)) {
    throw new ProtocolError('E_CHARGING_SIGNATURE', 'the signature does not hold under the key of the meter');
  }
}

/**
 * For queries.
 * @param meter f, or empty for all
 * @throws ProtocolError E_TOO_MANY where the channel holds more than 10,000 of all meters: count from the blocks
 */
export async function countChargingRecords(state: WorldState, meter: string): Promise<number> {
  const entries = await state.all(keyRange('charging'), MAX_COUNTED, decodeChargingRecordEntry);
  return meter === '' ? entries.length : entries.filter((entry) => entry.meter === meter).length;
}

export async function pageChargingRecords(
  state: WorldState,
  pageSize: number,
  bookmark: string,
): Promise<ChargingRecordPage> {
  return state.page(keyRange('charging'), pageSize, bookmark, (key, value) =>
    decodeJson(toText(value), decodeChargingRecordEntry, key),
  );
}
