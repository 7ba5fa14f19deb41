import { type MeterReading } from '@chargecast/protocol';

import {
  type Reading,
  readingsOf,
  type StationEvent,
  type StationJournal,
  type TransactionEventRequest,
} from '../station';
import { type TransactionNews, type TransactionSource } from './transaction-source';

/** The transactions a journal of stations tells of. Messages of other kinds only move the position. */
export function stationSource(journal: Pick<StationJournal, 'after' | 'changed' | 'transaction'>): TransactionSource {
  return {
    changed: () => journal.changed(),
    async after(position) {
      for (let from = position; ;) {
        const events = await journal.after(from);
        const news = events.flatMap(newsOf);
        if (news.length > 0 || events.length === 0) return news;
        from = events.at(-1)?.position ?? from;
      }
    },
    async startOf(pile, transactionId) {
      return (await journal.transaction(pile, transactionId))?.origin;
    },
  };
}

function newsOf({ position, pile, message, payload }: StationEvent): TransactionNews[] {
  if (message !== 'TransactionEvent') return [];
  const event = payload as unknown as TransactionEventRequest;
  const { eventType, seqNo, timestamp, transactionInfo, meterValue } = event;
  return [
    {
      position,
      pile,
      transactionId: transactionInfo.transactionId,
      seqNo,
      at: unixSeconds(timestamp),
      isStart: eventType === 'Started',
      isEnd: eventType === 'Ended',
      readings: readingsOf(meterValue).flatMap(meterReading),
    },
  ];
}

function meterReading({ at, importWh, exportWh }: Reading): MeterReading[] {
  if (importWh === undefined && exportWh === undefined) return [];
  return [{ at: unixSeconds(at), importWh: importWh ?? 0, exportWh: exportWh ?? 0 }];
}

const unixSeconds = (rfc3339: string): number => Math.floor(Date.parse(rfc3339) / 1000);
