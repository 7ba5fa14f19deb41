import {
  type AddChargingRecordReply,
  type AdmitMetersReply,
  CHARGING_RECORDS,
  type ChargingRecordEntry,
  decodeChargingRecordEntry,
  decodeJson,
  decodeRecordEntry,
  keySubject,
  MAX_CHARGING_RECORDS,
  type RecordEntry,
} from '@chargecast/protocol';
import { decodeRecord, fromHex, Role } from '@chargecast/signcryption';

import { CodedError } from '../common/errors';
import type { Logger } from '../common/log';
import type { Ledger } from '../ledger';
import type { AppliedBlock } from '../replica';
import type { Outcome } from '../rpc';
import { type Batch, getJson, type Store, toJson } from '../store';
import { Gatherer, type GathererLimits } from './gatherer';
import { toOutcome } from './record-desk';
import { type EndorsedOutcome, type ItemOutcome, Relay, type Submission } from './relay';

export interface ChargingDeskParts {
  /** A sub-store of its own. */
  readonly store: Store;
  readonly ledger: Pick<Ledger, 'endorse'>;
  readonly gathering: GathererLimits;
  readonly log: Logger;
  readonly stopping: AbortSignal;
}

interface Waiting<T> {
  readonly id: string;
  readonly entry: T;
  readonly resolve: (outcome: ItemOutcome) => void;
}

const MAX_WAITING = 8_192;
/** An entry as JSON, about. */
const ENTRY_BYTES = 1_536;

/**
 * Carries charging records to the data chain, many in one transaction. The record of a meter that is not admitted there
 * yet is carried over first, with the approvals it has on the certification chain.
 */
export class ChargingDesk {
  readonly #meters: Store;
  readonly #records: Gatherer<Waiting<ChargingRecordEntry>>;
  readonly #admissions: Gatherer<Waiting<RecordEntry>>;
  readonly #admitted = new Map<string, Promise<ItemOutcome>>();

  constructor({ store, ledger, gathering, log, stopping }: ChargingDeskParts) {
    this.#meters = store.sub('meters');
    const limits = { ...gathering, maxItems: MAX_CHARGING_RECORDS };
    const records = new Relay(ledger, submission(CHARGING_RECORDS.addChargingRecord, recordOutcomes), {
      log,
      stopping,
    });
    const meters = new Relay(ledger, submission(CHARGING_RECORDS.admitMeters, meterOutcomes), { log, stopping });
    this.#records = new Gatherer(limits, (items) => records.submit(items));
    this.#admissions = new Gatherer(limits, (items) => meters.submit(items));
  }

  /** Keeps the entries of piles, to admit their meters when they first have something to say. */
  apply({ channel, block }: AppliedBlock, batch: Batch): void {
    if (channel !== 'certchain') return;
    for (const { chaincode, valid, writes } of block.transactions) {
      if (!valid) continue;
      for (const { namespace, key, value } of writes) {
        const f = namespace === chaincode ? keySubject('record', key) : undefined;
        if (f === undefined) continue;
        const entry = decodeJson(Buffer.from(value).toString('utf8'), decodeRecordEntry, key);
        if (decodeRecord(fromHex(entry.record)).role === Role.CP) batch.put(this.#meters, f, toJson(entry));
      }
    }
  }

  /**
   * Resolves when each is committed or refused.
   * @throws ProtocolError E_DECODE; CodedError E_CSS_FULL
   */
  async add(entries: readonly string[]): Promise<Outcome[]> {
    if (entries.length > MAX_CHARGING_RECORDS || this.#records.queued + entries.length > MAX_WAITING) {
      throw new CodedError('E_CSS_FULL', `send ${MAX_CHARGING_RECORDS} charging records at once, or fewer, or later`);
    }
    const decoded = entries.map((json, i) => decodeJson(json, decodeChargingRecordEntry, `entries[${i}]`));
    return Promise.all(decoded.map((entry) => this.#addOne(entry)));
  }

  async stop(): Promise<void> {
    await Promise.all([this.#records.stop(), this.#admissions.stop()]);
  }

  async #addOne(entry: ChargingRecordEntry): Promise<Outcome> {
    const admission = await this.#admit(entry.meter);
    if (admission.status === 'refused') return toOutcome(admission);
    const outcome = await new Promise<ItemOutcome>((resolve) =>
      this.#records.add({ id: entry.transaction, entry, resolve }, ENTRY_BYTES),
    );
    return toOutcome(outcome);
  }

  #admit(meter: string): Promise<ItemOutcome> {
    const known = this.#admitted.get(meter);
    if (known) return known;
    const admission = this.#submitMeter(meter);
    this.#admitted.set(meter, admission);
    const forget = (): void => void this.#admitted.delete(meter);
    admission.then(({ status }) => status === 'committed' || forget(), forget);
    return admission;
  }

  async #submitMeter(meter: string): Promise<ItemOutcome> {
    const entry = await getJson<RecordEntry>(this.#meters, meter);
    if (!entry) {
      const message = 'this gateway has not seen the record of that pile yet: send its readings again later';
      return { status: 'refused', code: 'E_RECORD_NOT_COUNTED', message };
    }
    return new Promise((resolve) => this.#admissions.add({ id: meter, entry, resolve }, ENTRY_BYTES));
  }
}

type Answer = EndorsedOutcome & { readonly id: string };

const recordOutcomes = (reply: unknown): Answer[] =>
  (reply as AddChargingRecordReply).outcomes.map((outcome) => ({ ...outcome, id: outcome.transaction }));
const meterOutcomes = (reply: unknown): Answer[] =>
  (reply as AdmitMetersReply).outcomes.map((outcome) => ({ ...outcome, id: outcome.f }));

function submission<T>(name: string, read: (reply: unknown) => Answer[]): Submission<Waiting<T>> {
  const settled = new WeakSet<Waiting<T>>();
  return {
    channel: 'datachain',
    transaction: (items) => ({
      contract: CHARGING_RECORDS.contract,
      name,
      args: [JSON.stringify(items.map(({ entry }) => entry))],
    }),
    outcomes: (result, items) => {
      const outcomes = read(JSON.parse(Buffer.from(result).toString('utf8')));
      if (outcomes.length === items.length && outcomes.every(({ id }, i) => id === items[i]?.id)) return outcomes;
      throw new CodedError('E_LEDGER_REFUSED', 'the chaincode answered for other items than were submitted');
    },
    settled: (item) => settled.has(item),
    settle(item, outcome) {
      settled.add(item);
      item.resolve(outcome);
      return Promise.resolve();
    },
  };
}
