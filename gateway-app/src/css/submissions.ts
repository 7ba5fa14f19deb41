import type { Ledger } from '../ledger';
import type { ReplicaView } from '../replica';
import type { HeldSigma, HeldSigmas } from './held-sigmas';
import {
  committingTransaction,
  putRecordsOutcomes,
  putRecordsTransaction,
  submitOutcomes,
  submitTransaction,
} from './ledger-calls';
import { toOutcome, type WaitingRecord } from './record-desk';
import type { ItemOutcome, Submission } from './relay';

/** σ's to the data chain. A rival's copy of the same σ is the same σ: committed by whomever, it is committed. */
export function sigmaSubmission(
  held: HeldSigmas,
  view: Pick<ReplicaView, 'committed'>,
  ledger: Pick<Ledger, 'evaluate'>,
): Submission<HeldSigma> {
  return {
    channel: 'datachain',
    transaction: (items) => submitTransaction(items.map(({ sigma }) => sigma)),
    outcomes: (result, items) =>
      submitOutcomes(
        result,
        items.map(({ id }) => id),
      ),
    settled: ({ id }) => !held.isHeld(id),
    async settle({ id }, outcome) {
      await held.settle(id, (await elsewhere(id, outcome)) ?? outcome);
    },
  };

  async function elsewhere(id: string, outcome: ItemOutcome): Promise<ItemOutcome | undefined> {
    if (outcome.status !== 'refused' || outcome.code !== 'E_CREDENTIAL_SPENT') return undefined;
    const seen = await view.committed(Buffer.from(id, 'hex'));
    if (seen) return { status: 'committed', transactionId: seen.transactionId };
    const transactionId = await committingTransaction(ledger, id);
    return transactionId === undefined ? undefined : { status: 'committed', transactionId };
  }
}

/** Records to the certification chain; a record put again as it stands is committed. */
export function recordSubmission(): Submission<WaitingRecord> {
  const settled = new WeakSet<WaitingRecord>();
  return {
    channel: 'certchain',
    transaction: (items) => putRecordsTransaction(items.map(({ entry }) => entry)),
    outcomes: (result, items) =>
      putRecordsOutcomes(
        result,
        items.map(({ f }) => f),
      ),
    settled: (item) => settled.has(item),
    settle(item, outcome) {
      settled.add(item);
      item.resolve(toOutcome(outcome));
      return Promise.resolve();
    },
  };
}
