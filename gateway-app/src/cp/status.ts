import type { ChainIntake, EffectJournal, Receipts, SigmaLog } from '../opening';
import type { Replica } from '../replica';
import type { ChargingBook } from '../settlement/charging-book';
import type { ChargingSessions } from './charging-sessions';
import type { Stations } from '../station';
import type { RecordingActuator } from './recording-actuator';

export interface StatusParts {
  readonly sessions: ChargingSessions;
  readonly journal: EffectJournal;
  readonly records: RecordingActuator;
  readonly stations: Stations | undefined;
  readonly book: ChargingBook | undefined;
  readonly counts: { readonly opened: number; readonly refused: number };
  readonly intake: ChainIntake;
  readonly receipts: Receipts;
  readonly replica: Pick<Replica, 'position'>;
  readonly logged: SigmaLog;
}

/**
 * | member | meaning |
 * |---|---|
 * | sessions | open charging sessions |
 * | opened, refused | entries opened, and found but refused, since the process started |
 * | effects, pending, refusedCommands | commands done, not done yet, and refused after opening, over the database's life |
 * | duplicatesSuppressed | commands met again and left alone, over the database's life |
 * | chargedMinor | sum of the bills booked, minor units |
 * | chargingRecords | made since the process started, and waiting for a gateway; absent without stations |
 * | stations | charging stations connected now; absent where none are configured |
 * | unverifiable | committed σ's that failed this process's own verification |
 * | receiptsWaiting, logged, certchainBlock, datachainBlock | what is still to be sent, σ's still needed, places in the chains |
 */
export async function cpStatus(parts: StatusParts): Promise<Record<string, unknown>> {
  const { sessions, journal, records, stations, book, counts, intake, receipts, replica, logged } = parts;
  const { done, refused, pending, duplicates } = journal.counts;
  return {
    sessions: sessions.open,
    opened: counts.opened,
    refused: counts.refused,
    effects: done,
    refusedCommands: refused,
    pending,
    duplicatesSuppressed: duplicates,
    chargedMinor: await records.chargedMinor(),
    ...(stations ? { stations: stations.csms.connected } : {}),
    ...(book ? { chargingRecords: book.counts } : {}),
    unverifiable: intake.refused,
    receiptsWaiting: receipts.waiting,
    logged: logged.length,
    certchainBlock: blockNumber(replica.position('certchain')),
    datachainBlock: blockNumber(replica.position('datachain')),
  };
}

function blockNumber(position: bigint | undefined): number | null {
  return position === undefined ? null : Number(position);
}
