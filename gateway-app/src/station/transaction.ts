import type { TransactionEventRequest } from './messages';
import { type Reading, readingsOf } from './readings';

/** Which command of which session began a transaction. */
export interface TransactionOrigin {
  readonly commandId: string;
  /** f of the centre that commanded, hex. */
  readonly sender: string;
  /** The vehicle's charging session, hex; absent when the command was sealed to the pile itself. */
  readonly session?: string;
}

/** A transaction as its station has told of it so far. */
export interface StationTransaction {
  readonly pile: string;
  /** Chosen by the station. */
  readonly transactionId: string;
  readonly evseId?: number;
  /** Absent for one the station began on its own. */
  readonly origin?: TransactionOrigin;
  /** RFC 3339, by the station's clock. */
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly stoppedReason?: string;
  /** The meter at the first and at the newest reading, by the time of reading. */
  readonly first?: Reading;
  readonly last?: Reading;
  /** Readings the meter signed, in order of arrival. */
  readonly signed: readonly Reading[];
  /** Every seqNo below this one has come. */
  readonly nextSeqNo: number;
  /** Those above that have come. */
  readonly ahead: readonly number[];
}

export function newTransaction(pile: string, transactionId: string): StationTransaction {
  return { pile, transactionId, signed: [], nextSeqNo: 0, ahead: [] };
}

/** Energy by the registers, whole Wh: import less export; negative for a net discharge; 0 before two readings. */
export function energyWh({ first, last }: Pick<StationTransaction, 'first' | 'last'>): number {
  const imported = (last?.importWh ?? 0) - (first?.importWh ?? 0);
  const exported = (last?.exportWh ?? 0) - (first?.exportWh ?? 0);
  return imported - exported;
}

/** seqNo's that must exist and have not come. An ended transaction is complete when this is empty. */
export function missingOf({ nextSeqNo, ahead }: StationTransaction): number[] {
  const highest = Math.max(nextSeqNo - 1, ...ahead);
  const missing: number[] = [];
  for (let seqNo = nextSeqNo; seqNo <= highest; seqNo++) if (!ahead.includes(seqNo)) missing.push(seqNo);
  return missing;
}

export function hasSeen({ nextSeqNo, ahead }: StationTransaction, seqNo: number): boolean {
  return seqNo < nextSeqNo || ahead.includes(seqNo);
}

/**
 * The transaction after one more event, in whatever order events come.
 * @param origin of the RequestStartTransaction the event names, if it does
 */
export function withEvent(
  transaction: StationTransaction,
  event: TransactionEventRequest,
  origin: TransactionOrigin | undefined,
): StationTransaction {
  const readings = readingsOf(event.meterValue);
  const metered = readings.filter(({ importWh, exportWh }) => importWh !== undefined || exportWh !== undefined);
  const known = [transaction.first, transaction.last, ...metered].filter((each) => each !== undefined);
  const ordered = known.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  const { stoppedReason } = event.transactionInfo;
  return {
    ...transaction,
    ...seen(transaction, event.seqNo),
    ...(event.evse === undefined ? {} : { evseId: event.evse.id }),
    ...(origin === undefined ? {} : { origin }),
    ...(event.eventType === 'Started' ? { startedAt: event.timestamp } : {}),
    ...(event.eventType === 'Ended' ? { endedAt: event.timestamp } : {}),
    ...(stoppedReason === undefined ? {} : { stoppedReason }),
    ...(ordered.length === 0 ? {} : { first: ordered[0], last: ordered.at(-1) }),
    signed: [...transaction.signed, ...readings.filter(({ signed }) => signed !== undefined)],
  };
}

function seen(transaction: StationTransaction, seqNo: number): Pick<StationTransaction, 'nextSeqNo' | 'ahead'> {
  const ahead = new Set([...transaction.ahead, seqNo]);
  let { nextSeqNo } = transaction;
  while (ahead.delete(nextSeqNo)) nextSeqNo += 1;
  return { nextSeqNo, ahead: [...ahead].sort((a, b) => a - b) };
}
