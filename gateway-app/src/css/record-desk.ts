import { decodeRecord, toHex, verifyRecord } from '@chargecast/signcryption';

import type { ReplicaView } from '../replica';
import type { Outcome, RecordEntry } from '../rpc';
import type { ItemOutcome } from './relay';

/** A record on its way to the certification chain, and who waits for its end. */
export interface WaitingRecord {
  /** Lower-case hex. */
  readonly f: string;
  readonly entry: RecordEntry;
  readonly resolve: (outcome: Outcome) => void;
}

/** Publishes records: checks each alone, so that a bad one never reaches a submission, and waits for the outcome. */
export class RecordDesk {
  readonly #view: Pick<ReplicaView, 'params'>;
  readonly #submit: (waiting: WaitingRecord) => void;

  constructor(view: Pick<ReplicaView, 'params'>, submit: (waiting: WaitingRecord) => void) {
    this.#view = view;
    this.#submit = submit;
  }

  /** @throws SigncryptionError E_RECORD_… for a record that does not hold by itself */
  publish(entry: RecordEntry): Promise<Outcome> {
    const record = decodeRecord(entry.record);
    verifyRecord(this.#view.params, record);
    return new Promise((resolve) => this.#submit({ f: toHex(record.f), entry, resolve }));
  }
}

export function toOutcome(outcome: ItemOutcome): Outcome {
  return outcome.status === 'committed'
    ? { status: 'committed', code: '', message: '', transactionId: outcome.transactionId }
    : { status: 'refused', code: outcome.code, message: outcome.message, transactionId: '' };
}
