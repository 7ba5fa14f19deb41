import { type StationJournal, type StationTransaction } from '../station';
import { missingOf } from '../station/transaction';
import { type ChargingBook } from './charging-book';

export interface PruningParts {
  readonly journal: Pick<StationJournal, 'prune' | 'transactions'>;
  readonly book: Pick<ChargingBook, 'place' | 'recordedAs'>;
  /** Whether the centre's bill of a recorded transaction is booked here. */
  readonly isCharged: (sender: string, transaction: string) => Promise<boolean>;
}

/**
 * Forgets what stations told of transactions that are charged to their users, and of such as nobody is to pay; a
 * transaction that is not settled is kept for ever. @returns how many were forgotten
 */
export async function pruneJournal({ journal, book, isCharged }: PruningParts): Promise<number> {
  // Read first: what ends later is judged the next time.
  const position = await book.place();
  const over: StationTransaction[] = [];
  for await (const transaction of journal.transactions()) {
    const isWhole = transaction.endedAt !== undefined && missingOf(transaction).length === 0;
    if (isWhole && (await isSettled(transaction))) over.push(transaction);
  }
  await journal.prune(position, over);
  return over.length;

  async function isSettled({ transactionId, origin }: StationTransaction): Promise<boolean> {
    if (origin?.session === undefined) return true;
    const recorded = await book.recordedAs(origin.session, transactionId);
    return recorded !== undefined && (await isCharged(origin.sender, recorded));
  }
}
