import {
  CHARGING_RECORDS,
  type ChargingRecordEntry,
  chargingTransaction,
  MAINTENANCE,
  type ReadRequest,
  type SubjectOpening,
  type VehicleReportKind,
  type VehicleReportState,
} from '@chargecast/protocol';

import { codeOf } from '../common/errors';
import { type Ledger } from '../ledger';

/** How chaincode says that a reader may not. */
const REFUSALS = new Set(['E_FORBIDDEN', 'E_NOT_FOUND']);
const PAGE = 100;
const MAX_REPORTS = 1_000;

/** Reads the data chain in the name of whoever signed the request: chaincode decides, whoever carries it. */
export class LedgerReader {
  readonly #ledger: Pick<Ledger, 'evaluate'>;

  constructor(ledger: Pick<Ledger, 'evaluate'>) {
    this.#ledger = ledger;
  }

  /**
   * The record the opening is of, judged as the request's signer; undefined where chaincode refuses it.
   * @throws CodedError with any other code of chaincode or ledger
   */
  charging(opening: SubjectOpening, request: ReadRequest): Promise<ChargingRecordEntry | undefined> {
    return this.#record(opening, { opening: bytes(opening), request: bytes(request) });
  }

  /** The record of a transaction as members of the consortium see it, which does not say whose it is. */
  recordOf(opening: SubjectOpening): Promise<ChargingRecordEntry | undefined> {
    return this.#record(opening);
  }

  /** Up to 1,000 reports, in order. @throws CodedError E_FORBIDDEN and what chaincode and ledger throw */
  async reports(kind: VehicleReportKind, request: ReadRequest): Promise<VehicleReportState[]> {
    const states: VehicleReportState[] = [];
    let bookmark: string | undefined = '';
    while (bookmark !== undefined && states.length < MAX_REPORTS) {
      const page: { items: VehicleReportState[]; bookmark: string } = parse(
        await this.#ledger.evaluate('datachain', {
          contract: MAINTENANCE.contract,
          name: MAINTENANCE.listVehicleReports,
          args: [request.subject, kind, JSON.stringify(request), String(PAGE), bookmark],
        }),
      );
      states.push(...page.items);
      bookmark = page.items.length > 0 && page.bookmark !== '' ? page.bookmark : undefined;
    }
    return states;
  }

  async #record(
    { session, index }: SubjectOpening,
    transient?: Readonly<Record<string, Uint8Array>>,
  ): Promise<ChargingRecordEntry | undefined> {
    const { contract, getChargingRecord: name } = CHARGING_RECORDS;
    const args = [chargingTransaction(session, index)];
    try {
      return parse(await this.#ledger.evaluate('datachain', { contract, name, args, ...(transient && { transient }) }));
    } catch (error) {
      if (REFUSALS.has(codeOf(error) ?? '')) return undefined;
      throw error;
    }
  }
}

const bytes = (value: object): Uint8Array => Buffer.from(JSON.stringify(value));
const parse = <T>(answer: Uint8Array): T => JSON.parse(Buffer.from(answer).toString('utf8')) as T;
