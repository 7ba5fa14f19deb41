import { type MeterReading } from '@chargecast/protocol';

/** One event of a transaction, as a station told it. */
export interface TransactionNews {
  /** Place in the source: text order is order of arrival. */
  readonly position: string;
  /** Name of the pile. */
  readonly pile: string;
  /** Chosen by the station. */
  readonly transactionId: string;
  /** Counts the transaction's events from 0; each comes once. */
  readonly seqNo: number;
  /** Unix seconds, by the station's clock. */
  readonly at: number;
  readonly isStart: boolean;
  readonly isEnd: boolean;
  readonly readings: readonly MeterReading[];
}

/** Which command began a transaction. */
export interface TransactionStart {
  readonly commandId: string;
  /** f of the centre, hex. */
  readonly sender: string;
}

/** What the stations of a process tell, durable: read by position, from where the reader was. */
export interface TransactionSource {
  after(position: string): Promise<readonly TransactionNews[]>;
  /** Resolves when there is news that was not there when this was called. */
  changed(): Promise<void>;
  /** Undefined for a transaction no command began. */
  startOf(pile: string, transactionId: string): Promise<TransactionStart | undefined>;
}
