/** A centre's books on disk, and charging as its customers' vehicles would have it done. */
import { chargingCommandId, chargingKey, chargingTransaction, vehicleCommitment } from '@chargecast/protocol';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { silentLogger } from '../../common/log';
import { parseTariff } from '../../pricing';
import { type AppliedBlock } from '../../replica';
import { type Account, termsOf } from '../../settlement/account';
import { openSealedStore, type Store } from '../../store';
import { Charging } from '../charging';
import { Outbox } from '../outbox';
import { Sessions } from '../sessions';

export const TARIFF = parseTariff({ id: 't', currency: 'NOK', zone: 'Europe/Oslo', perMwh: 200_000 });
export const PILE = 'b1'.repeat(16);
/** 2019-02-01 00:00 in Oslo. */
export const MIDNIGHT = 1_548_975_600;
export const [ALICE, BOB] = ['esp1/alice', 'esp1/bob'] as const;

interface Charged {
  /** 16 bytes hex. */
  readonly session: string;
  /** Unix seconds. */
  readonly endedAt?: number;
  readonly pile?: string;
}

export class ChargingBooks {
  readonly store: Store;
  readonly #directory: string;
  readonly #customers = new Map<string, string>();
  charging!: Charging;
  #outbox!: Outbox;
  #sessions!: Sessions;

  private constructor(directory: string, store: Store) {
    this.#directory = directory;
    this.store = store;
  }

  static async open(): Promise<ChargingBooks> {
    const directory = mkdtempSync(join(tmpdir(), 'books-'));
    const books = new ChargingBooks(directory, await openSealedStore(join(directory, 'db'), join(directory, 'key')));
    await books.restart();
    return books;
  }

  /** As after kill −9: nothing is known but what lies on disk. */
  async restart(): Promise<void> {
    this.#outbox = await Outbox.load(this.store.sub('outbox'), () => 1_000);
    this.#sessions = await Sessions.load(this.store);
    this.charging = await Charging.load({
      store: this.store.sub('charging'),
      tariff: TARIFF,
      outbox: this.#outbox,
      directory: { customerOf: (f) => this.#customers.get(f) },
      sessions: this.#sessions,
      logger: silentLogger(),
      now: () => MIDNIGHT,
      added: () => undefined,
    });
  }

  get sessions(): Sessions {
    return this.#sessions;
  }

  async close(): Promise<void> {
    await this.store.close();
    rmSync(this.#directory, { recursive: true });
  }

  /** @returns the transaction of a session under way */
  async plugIn(customer: string, { session, endedAt = MIDNIGHT, pile = PILE }: Charged): Promise<string> {
    const vehicle = Buffer.from(customer.padEnd(16)).subarray(0, 16).toString('hex');
    this.#customers.set(vehicle, customer);
    const plugged = { pile, session, since: endedAt - 7_200 };
    const batch = this.store.batch();
    this.#sessions.plugIn(vehicle, plugged, batch);
    this.charging.plugged(vehicle, plugged, batch);
    await batch.commit();
    return chargingTransaction(session);
  }

  /** 10 kWh, recorded and billed as far as the customer lets it be. @returns the transaction */
  async charge(customer: string, charged: Charged): Promise<string> {
    const { session, endedAt = MIDNIGHT } = charged;
    const transaction = await this.plugIn(customer, charged);
    const account = this.#account(transaction);
    const record = {
      transaction,
      meter: account.pile,
      vehicle: vehicleCommitment({ vehicle: account.vehicle, session }),
      subject: '0c'.repeat(32),
      terms: termsOf(TARIFF, account),
      readings: [
        { at: endedAt - 7_200, importWh: 100, exportWh: 0 },
        { at: endedAt - 1, importWh: 10_100, exportWh: 0 },
      ],
      signature: '00'.repeat(64),
    };
    const write = { namespace: 'cc', key: chargingKey(transaction), value: Buffer.from(JSON.stringify(record)) };
    const block = { transactions: [{ chaincode: 'cc', valid: true, writes: [write] }] };
    const batch = this.store.batch();
    this.charging.apply({ channel: 'datachain', block } as unknown as AppliedBlock, batch);
    await batch.commit();
    await this.charging.pump();
    return transaction;
  }

  /** Whether the bill is on its way to the pile, which charges the user. */
  async isSent(transaction: string): Promise<boolean> {
    return (await this.#outbox.command(this.#billId(transaction))) !== undefined;
  }

  /** The pile's receipt for the bill. */
  async settle(transaction: string): Promise<void> {
    const id = this.#billId(transaction);
    await this.#outbox.deliver(id, undefined, this.charging.settle(id));
  }

  #billId(transaction: string): string {
    return chargingCommandId(this.#account(transaction).salt, 'bill', transaction);
  }

  #account(transaction: string): Account {
    return this.charging.account(transaction) as Account;
  }
}
