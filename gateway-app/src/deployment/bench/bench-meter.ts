import {
  type AddChargingRecordReply,
  type AdmitMetersReply,
  CHARGING_RECORDS,
  type ChargingRecord,
  type ChargingRecordEntry,
  chargingStatement,
  type RecordEntry,
  signLedgerStatement,
} from '@chargecast/protocol';
import {
  beginEnrolment,
  encodeRecord,
  finishEnrolment,
  type HolderKey,
  issuePartialKey,
  Role,
  Secret,
  toHex,
} from '@chargecast/signcryption';
import { randomBytes } from 'node:crypto';

import { CodedError } from '../../common/errors';
import { SIGNING_ENV } from '../../common/signing-env';
import { organisationSigner } from '../../css/organisation-signer';
import { type Ledger } from '../../ledger';
import { type Consortium } from '../consortium';
import { FIRST_EPOCH } from '../genesis';
import { Once } from './sealing-party';

const HOUR = 3600;
const hexOf = (bytes: number): string => randomBytes(bytes).toString('hex');

/** A pile admitted to the data chain as a meter: it signs charging records of sessions that nobody had. */
export class BenchMeter {
  readonly #consortium: Consortium;
  readonly #key: HolderKey;

  private constructor(consortium: Consortium, key: HolderKey) {
    this.#consortium = consortium;
    this.#key = key;
  }

  static async admit(consortium: Consortium, ledger: Ledger): Promise<BenchMeter> {
    const { params, keys } = consortium;
    const seed = new Secret(Uint8Array.from(randomBytes(32)));
    const who = { realId: 'cp:bench/meter', role: Role.CP, epoch: FIRST_EPOCH };
    const pending = beginEnrolment(params, who, seed);
    const issued = await issuePartialKey(params, keys.kgc, pending.request, 0, new Once());
    const key = finishEnrolment(params, pending, issued);
    const { record } = key;
    const entry: RecordEntry = {
      record: toHex(encodeRecord(record)),
      approvals: [...keys.organisations].map(([mspId, { secret }]) => {
        const { signature } = organisationSigner(mspId, secret, params).sign({ tag: 'appr', record });
        return { mspId, signature: toHex(signature) };
      }),
    };
    const { result } = await ledger.submit('datachain', {
      contract: CHARGING_RECORDS.contract,
      name: CHARGING_RECORDS.admitMeters,
      args: [JSON.stringify([entry])],
    });
    ensureCommitted((parse(result) as AdmitMetersReply).outcomes);
    return new BenchMeter(consortium, key);
  }

  /** @returns the transactions they are kept under */
  async record(ledger: Ledger, count: number): Promise<string[]> {
    const entries = Array.from({ length: count }, () => this.#entry());
    const { result } = await ledger.submit('datachain', {
      contract: CHARGING_RECORDS.contract,
      name: CHARGING_RECORDS.addChargingRecord,
      args: [JSON.stringify(entries)],
    });
    ensureCommitted((parse(result) as AddChargingRecordReply).outcomes);
    return entries.map(({ transaction }) => transaction);
  }

  /** One as a station ends it: two readings; what it commits to is as long as it would be, and opens to nothing. */
  #entry(): ChargingRecordEntry {
    const now = Math.floor(Date.now() / 1000);
    const record: ChargingRecord = {
      transaction: hexOf(16),
      meter: toHex(this.#key.record.f),
      vehicle: hexOf(32),
      subject: hexOf(32),
      terms: hexOf(32),
      readings: [
        { at: now - HOUR, importWh: 1_000_000, exportWh: 0 },
        { at: now, importWh: 1_011_000, exportWh: 0 },
      ],
    };
    const { params } = this.#consortium;
    return { ...record, signature: signLedgerStatement(SIGNING_ENV, params, this.#key.q, chargingStatement(record)) };
  }
}

function parse(result: Uint8Array): unknown {
  return JSON.parse(Buffer.from(result).toString('utf8'));
}

function ensureCommitted(outcomes: readonly { readonly status: string; readonly code?: string }[]): void {
  const refused = outcomes.find(({ status }) => status !== 'committed');
  if (refused) throw new CodedError('E_BENCH', `the chain refused what a measurement needs: ${refused.code}`);
}
