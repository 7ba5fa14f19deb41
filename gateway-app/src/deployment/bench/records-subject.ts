/** What `bench storage` and `bench queries` measure: chains that hold what was put there, through the real gateways. */
import { type BlockLimits, type BlockWeight, type Query, type RecordsSubject, type Weight } from '@chargecast/bench';
import { chooseLedger, type LedgerKind } from '@chargecast/network';
import { DEFAULT_BLOCKS } from '@chargecast/network/embedded/index';
import {
  AuthenticationKey,
  CHARGING_RECORDS,
  decodeApplication,
  decodeJson,
  idOfApplication,
  REGISTRATION,
} from '@chargecast/protocol';
import { randomBytes } from 'node:crypto';

import { CodedError } from '../../common/errors';
import { type Channel, type LedgerTransaction } from '../../ledger';
import { topologyOf } from '../consortium';
import { BareConsortium } from './bare-consortium';
import { BenchMeter } from './bench-meter';
import { applicant, type BareProvider, openBareProvider, PEER, TERMS } from './registration-subject';

const PAGE = 100;
const MOST_RECEIVERS = 1024;

export async function recordsSubject(wanted: LedgerKind | 'auto', organisations?: number): Promise<RecordsSubject> {
  const { kind: ledger } = await chooseLedger(wanted);
  const bare = await BareConsortium.open({ ledger, ...(organisations && { organisations }) }, MOST_RECEIVERS);
  const { deployment } = bare;
  try {
    const provider = await openBareProvider(deployment.layout.directory, deployment, TERMS);
    await bare.beginSlot(provider.replica);
    return new Records(bare, provider, await BenchMeter.admit(deployment.consortium, bare.relay));
  } catch (error) {
    await bare.close();
    throw error;
  }
}

class Records implements RecordsSubject {
  readonly ledger: LedgerKind;
  readonly organisations: number;
  readonly blockLimits: BlockLimits;
  readonly pageSize = PAGE;
  readonly #bare: BareConsortium;
  readonly #provider: BareProvider;
  readonly #meter: BenchMeter;
  readonly #owner = AuthenticationKey.generate().publicKey;
  readonly #vehicles: string[] = [];
  readonly #charged: string[] = [];
  #bookmark = '';

  constructor(bare: BareConsortium, provider: BareProvider, meter: BenchMeter) {
    this.#bare = bare;
    this.#provider = provider;
    this.#meter = meter;
    this.ledger = bare.ledger;
    this.organisations = bare.organisations;
    const { ordering } = topologyOf(bare.deployment.manifest);
    const maxBytes = this.ledger === 'embedded' ? DEFAULT_BLOCKS.preferredMaxBytes : ordering.absoluteMaxBytes;
    this.blockLimits = { maxMessageCount: ordering.maxMessageCount, maxBytes };
  }

  register(vehicles: number): Promise<Weight> {
    return this.#weigh('certchain', async () => {
      const { params } = this.#bare.deployment.consortium;
      const { registrar } = this.#provider;
      const applicants = Array.from({ length: vehicles }, (_, i) =>
        applicant(params.ctx, this.#owner, `VIN${this.#vehicles.length + i}`),
      );
      const outcomes = await registrar.register(applicants, PEER);
      const refused = outcomes.find(({ code }) => code !== '');
      if (refused) throw new CodedError('E_BENCH', `a vehicle was not registered: ${refused.code}`);
      for (const { application } of applicants) {
        this.#vehicles.push(idOfApplication(params.ctx, decodeJson(application, decodeApplication, 'application')));
      }
    });
  }

  charge(records: number): Promise<Weight> {
    return this.#weigh('datachain', async () => {
      this.#charged.push(...(await this.#meter.record(this.#bare.relay, records)));
    });
  }

  broadcast(receivers: number): Promise<Weight> {
    return this.#weigh('datachain', async () => {
      await this.#bare.broadcast([await this.#bare.party.seal(receivers)]);
    });
  }

  put(bytes: number): Promise<Weight> {
    return this.#weigh('datachain', () => this.#put(bytes));
  }

  async burst(transactions: number, bytes: number): Promise<readonly BlockWeight[]> {
    const from = await this.#bare.relay.height('datachain');
    await Promise.all(Array.from({ length: transactions }, () => this.#put(bytes)));
    const blocks = await this.#bare.blocks('datachain', from, await this.#bare.relay.height('datachain'));
    return blocks.map((block) => ({
      transactions: block.transactions.length,
      overheadBytes: block.header.length + block.signatures.length,
    }));
  }

  async query(what: Query): Promise<void> {
    const { relay } = this.#bare;
    if (what === 'chargingRecord') {
      const args = [any(this.#charged)];
      const { contract, getChargingRecord: name } = CHARGING_RECORDS;
      await relay.evaluate('datachain', { contract, name, args });
      return;
    }
    const { contract, queryVPK, listVPK } = REGISTRATION;
    if (what === 'vehicle') {
      await relay.evaluate('certchain', { contract, name: queryVPK, args: [any(this.#vehicles)] });
      return;
    }
    const page = await relay.evaluate('certchain', { contract, name: listVPK, args: [String(PAGE), this.#bookmark] });
    this.#bookmark = (JSON.parse(Buffer.from(page).toString('utf8')) as { bookmark: string }).bookmark;
  }

  async close(): Promise<void> {
    await this.#provider.close();
    await this.#bare.close();
  }

  async #put(bytes: number): Promise<void> {
    const transient = { value: randomBytes(bytes) };
    const args = [`plain:${randomBytes(8).toString('hex')}`];
    await this.#bare.relay.submit('datachain', { contract: 'plain', name: 'putTransient', args, transient });
  }

  /** What the chain gained meanwhile: nobody else writes. */
  async #weigh(channel: Channel, work: () => Promise<void>): Promise<Weight> {
    const from = await this.#bare.relay.height(channel);
    await work();
    const blocks = await this.#bare.blocks(channel, from, await this.#bare.relay.height(channel));
    const transactions = blocks.flatMap((block) => block.transactions);
    const sum = (of: (transaction: LedgerTransaction) => number): number =>
      transactions.reduce((total, transaction) => total + of(transaction), 0);
    return {
      transactions: transactions.length,
      blockBytes: sum(({ envelope }) => envelope.length),
      stateBytes: sum(({ writes }) =>
        writes.reduce((total, { key, value }) => total + Buffer.byteLength(key) + value.length, 0),
      ),
    };
  }
}

function any(of: readonly string[]): string {
  return of[Math.floor(Math.random() * of.length)] as string;
}
