import {
  chargingCommandId,
  type ChargingRecordEntry,
  chargingTransaction,
  decodeChargingRecordEntry,
  decodeJson,
  keySubject,
} from '@chargecast/protocol';
import { randomBytes } from 'node:crypto';
import { CodedError, codeOf } from '../common/errors';
import { type Logger } from '../common/log';
import { type Tariff } from '../pricing';
import { type AppliedBlock } from '../replica';
import { type Account, billed, type Settlement, termsOf, type Totals, totalsOf } from '../settlement/account';
import { type Batch, fromJson, type Store, toJson } from '../store';
import { type Directory } from './directory';
import { type NewCommand, type Outbox } from './outbox';
import { type PaymentMode, Payments, refuseUnknownSession } from './payments';
import { type ChargingSession, type Sessions } from './sessions';

export interface ChargingParts {
  readonly store: Store;
  readonly tariff: Tariff;
  readonly outbox: Outbox;
  readonly directory: Pick<Directory, 'customerOf'>;
  readonly sessions: Pick<Sessions, 'of'>;
  readonly logger: Logger;
  /** Unix seconds. */
  readonly now: () => number;
  /** Commands lie in the outbox. */
  readonly added: () => void;
}

/** An account with its settlement, if there is one. */
export type SettledAccount = Account & { readonly settlement?: Settlement };

/**
 * Charging as a centre does business: a vehicle that plugs in is told to start, under terms its record will name; the
 * record on the data chain becomes a bill, sealed to the pile that charges the user; the pile's receipt settles it.
 * Each step is on disk in the batch of what brought it, and every command has one id for one transaction, so that a crash
 * between the steps neither loses nor repeats one.
 */
export class Charging {
  readonly #parts: ChargingParts;
  readonly #store: Store;
  readonly #settlements: Store;
  readonly #payments: Payments;
  readonly #accounts = new Map<string, Account>();
  readonly #settled = new Map<string, Settlement>();
  /** Command id of a bill → transaction. */
  readonly #bills = new Map<string, string>();
  /** Transactions whose start, or whose bill, may not lie in the outbox yet. */
  readonly #toStart = new Set<string>();
  readonly #toBill = new Set<string>();
  #pumping: Promise<void> | undefined;
  #again = false;

  private constructor(parts: ChargingParts, payments: Payments) {
    this.#parts = parts;
    this.#payments = payments;
    this.#store = parts.store.sub('accounts', { hiddenKeys: true });
    this.#settlements = parts.store.sub('settlements', { hiddenKeys: true });
  }

  static async load(parts: ChargingParts): Promise<Charging> {
    const charging = new Charging(parts, await Payments.load(parts.store));
    for await (const { value } of charging.#settlements.entries()) {
      const settlement = fromJson<Settlement>(value);
      charging.#settled.set(settlement.transaction, settlement);
    }
    for await (const { value } of charging.#store.entries()) charging.#remember(fromJson<Account>(value));
    return charging;
  }

  get tariff(): Tariff {
    return this.#parts.tariff;
  }

  get totals(): Totals {
    return totalsOf(this.#accounts.values(), this.#settled.values());
  }

  /** All transactions, in no order, with what was settled of them. */
  *accounts(): Generator<SettledAccount> {
    for (const account of this.#accounts.values()) yield this.#withSettlement(account);
  }

  account(transaction: string): SettledAccount | undefined {
    const account = this.#accounts.get(transaction);
    return account && this.#withSettlement(account);
  }

  /** `provider/contract`, as far as it is known whose transaction it is. */
  customerOf({ customer, vehicle }: Pick<Account, 'customer' | 'vehicle'>): string | undefined {
    return customer ?? this.#parts.directory.customerOf(vehicle);
  }

  paymentOf(customer: string): PaymentMode {
    return this.#payments.modeOf(customer);
  }

  /** Bills that wait are charged as soon as the customer pays automatically. */
  async choosePayment(customer: string, mode: PaymentMode): Promise<void> {
    await this.#payments.choose(customer, mode);
    await this.pump();
  }

  /** Whether the bill is made and waits for its customer's confirmation. */
  awaits({ transaction, customer }: Pick<Account, 'transaction' | 'customer'>): boolean {
    return this.#toBill.has(transaction) && this.#payments.awaits(transaction, customer);
  }

  /**
   * The customer accepts a bill; one that waits for nothing stays as it is.
   * @throws CodedError E_SESSION_UNKNOWN, E_SESSION_OPEN while there is no bill
   */
  async confirm(customer: string, transaction: string): Promise<SettledAccount> {
    const account = this.#accounts.get(transaction);
    if (!account || this.customerOf(account) !== customer) return refuseUnknownSession();
    if (!account.bill) throw new CodedError('E_SESSION_OPEN', 'there is no bill yet: confirm it when there is one');
    if (this.awaits(account)) {
      await this.#payments.confirm(transaction);
      await this.pump();
    }
    return this.#withSettlement(account);
  }

  /** A vehicle reported a session: in the batch of that report. */
  plugged(vehicle: string, { pile, session }: ChargingSession, batch: Batch): void {
    const transaction = chargingTransaction(session);
    if (this.#accounts.has(transaction)) return;
    this.#put({ transaction, session, vehicle, pile, salt: randomBytes(32).toString('hex') }, batch);
  }

  /** A session ended: a start that was not carried out comes too late. */
  async unplugged(session: string): Promise<void> {
    const account = this.#accounts.get(chargingTransaction(session));
    if (!account || account.bill) return;
    this.#toStart.delete(account.transaction);
    await this.#parts.outbox.fail(chargingCommandId(account.salt, 'start', account.transaction), 'E_SESSION_ENDED');
  }

  /** Bills what a block of the data chain records, in the batch that moves the replica past it. */
  apply({ channel, block }: AppliedBlock, batch: Batch): void {
    if (channel !== 'datachain') return;
    for (const { chaincode, valid, writes } of block.transactions) {
      if (!valid) continue;
      for (const { namespace, key, value } of writes) {
        const transaction = namespace === chaincode ? keySubject('charging', key) : undefined;
        const account = transaction === undefined ? undefined : this.#accounts.get(transaction);
        if (account && !account.bill) this.#bill(account, recordOf(key, value), batch);
      }
    }
  }

  /** What is written with the receipt of a command; undefined for one that is no bill of a transaction. */
  settle(commandId: string): ((batch: Batch) => void) | undefined {
    const account = this.#accounts.get(this.#bills.get(commandId) ?? '');
    const { bill } = account ?? {};
    if (!account || !bill) return undefined;
    const { transaction, customer = '' } = account;
    const { currency, totalMinor, energyWh } = bill;
    const settlement = { transaction, customer, currency, totalMinor, energyWh, at: this.#parts.now() };
    return (batch) => {
      batch.put(this.#settlements, transaction, toJson(settlement));
      this.#payments.forget(transaction, batch);
      this.#settled.set(transaction, settlement);
    };
  }

  /** Puts what is due into the outbox; what cannot be yet is tried at the next call. */
  async pump(): Promise<void> {
    this.#again = true;
    this.#pumping ??= this.#pump().finally(() => (this.#pumping = undefined));
    return this.#pumping;
  }

  async #pump(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      try {
        const starts = await this.#due(this.#toStart, (account) => this.#start(account));
        const bills = await this.#due(this.#toBill, (account) => this.#billing(account));
        if (starts + bills > 0) this.#parts.added();
      } catch (error) {
        this.#parts.logger.warn({ code: codeOf(error) ?? 'E_INTERNAL' }, 'starts and bills wait');
      }
    }
  }

  async #due(waiting: Set<string>, make: (account: Account) => NewCommand | undefined): Promise<number> {
    const { outbox } = this.#parts;
    const commands: NewCommand[] = [];
    const done: string[] = [];
    for (const transaction of waiting) {
      const account = this.#accounts.get(transaction) as Account;
      const command = make(account);
      if (!command) continue;
      const isKnown = (await outbox.command(command.id)) !== undefined;
      if (!isKnown && account.bill && this.#payments.awaits(transaction, account.customer)) continue;
      done.push(transaction);
      if (!isKnown) commands.push(command);
    }
    if (commands.length > 0) await outbox.add(commands);
    for (const transaction of done) waiting.delete(transaction);
    return commands.length;
  }

  #start(account: Account): NewCommand | undefined {
    const { transaction, salt, vehicle } = account;
    const customer = this.#parts.directory.customerOf(vehicle);
    if (customer === undefined) return undefined;
    const id = chargingCommandId(salt, 'start', transaction);
    return {
      id,
      customer,
      kind: 'control',
      action: 'RequestStartTransaction',
      payload: {
        remoteStartId: Number.parseInt(id.slice(0, 7), 16),
        idToken: { idToken: transaction, type: 'Central' },
        customData: { vendorId: 'chargecast', terms: termsOf(this.#parts.tariff, account) },
      },
    };
  }

  /** To the pile's own record: the user may be gone when the bill comes. */
  #billing({ transaction, salt, pile, bill }: Account): NewCommand | undefined {
    if (!bill) return undefined;
    const id = chargingCommandId(salt, 'bill', transaction);
    return {
      id,
      customer: `record:${pile}`,
      kind: 'billing',
      action: 'Bill',
      payload: { ...bill, lines: bill.lines.map((line) => ({ ...line })) },
    };
  }

  #bill(account: Account, record: ChargingRecordEntry, batch: Batch): void {
    const customer = this.#parts.directory.customerOf(account.vehicle);
    const after = billed(this.#parts.tariff, { ...account, ...(customer === undefined ? {} : { customer }) }, record);
    if (after.disputed !== undefined)
      this.#parts.logger.error({ code: after.disputed }, 'a charging record is disputed');
    this.#put(after, batch);
  }

  #withSettlement(account: Account): SettledAccount {
    const settlement = this.#settled.get(account.transaction);
    return settlement ? { ...account, settlement } : account;
  }

  #put(account: Account, batch: Batch): void {
    batch.put(this.#store, account.transaction, toJson(account));
    this.#remember(account);
  }

  #remember(account: Account): void {
    const { transaction, session, vehicle, salt, bill, disputed } = account;
    this.#accounts.set(transaction, account);
    this.#toStart.delete(transaction);
    if (bill) {
      this.#bills.set(chargingCommandId(salt, 'bill', transaction), transaction);
      if (!this.#settled.has(transaction)) this.#toBill.add(transaction);
    } else if (disputed === undefined && this.#isOpen(vehicle, session)) this.#toStart.add(transaction);
  }

  /** A report's session is open once its batch is written. */
  #isOpen(vehicle: string, session: string): boolean {
    return this.#parts.sessions.of(vehicle)?.session === session;
  }
}

function recordOf(key: string, value: Uint8Array): ChargingRecordEntry {
  return decodeJson(Buffer.from(value).toString('utf8'), decodeChargingRecordEntry, key);
}
