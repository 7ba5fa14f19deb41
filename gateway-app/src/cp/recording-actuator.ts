import { billedTransaction } from '../ocpp';
import { fromJson, getJson, type Store, toJson } from '../store';
import type { Act, Actuator, Order } from '../opening';

/** What a pile is told to do, as far as commands have said. */
export interface ChargingState {
  readonly started?: boolean;
  readonly operative?: boolean;
  /** Body of the charging profile in force. */
  readonly profile?: Order['payload'];
  /** Command that made the last change. */
  readonly command: string;
  readonly at: number;
}

/** A booking of a pile's users' account. */
export interface AccountEntry {
  readonly transactionId: string;
  /** `charge` once a transaction, by its bill; the others are costs shown. */
  readonly entry: 'charge' | 'running cost' | 'final cost';
  readonly action: string;
  readonly payload: Order['payload'];
  readonly command: string;
  readonly sender: string;
  readonly at: number;
}

/**
 * What this process itself keeps of commands, and all it does with them where no charging station is configured: control
 * changes the pile's charging state, billing books an entry of its account, a notice is kept, each in this process's own
 * database and nowhere else; no hardware is addressed. A transaction is charged once, however many bills name it.
 */
export class RecordingActuator implements Actuator {
  readonly #states: Store;
  readonly #accounts: Store;
  readonly #charged: Store;
  readonly #notices: Store;

  /** @param store a sub-store of its own, of the process's database */
  constructor(store: Store) {
    this.#states = store.sub('charging');
    this.#accounts = store.sub('accounts');
    this.#charged = store.sub('charged');
    this.#notices = store.sub('notices');
  }

  act(order: Order): Promise<Act> {
    if (order.kind === 'billing') return this.#book(order);
    if (order.kind === 'control') return this.#control(order);
    return Promise.resolve({
      outcome: 'done',
      writes: (batch) => void batch.put(this.#notices, `${order.sender} ${order.commandId}`, toJson(order)),
    });
  }

  /** Undefined before the pile's first command. */
  state(pile: string): Promise<ChargingState | undefined> {
    return getJson<ChargingState>(this.#states, pile);
  }

  /** Notices to the piles themselves. */
  async *notices(): AsyncGenerator<Order, void, undefined> {
    for await (const { value } of this.#notices.entries()) yield fromJson<Order>(value);
  }

  async *accounts(): AsyncGenerator<AccountEntry, void, undefined> {
    for await (const { value } of this.#accounts.entries()) yield fromJson<AccountEntry>(value);
  }

  /** Whether a centre's bill of a transaction is booked. @param sender f of the centre, hex */
  isCharged(sender: string, transactionId: string): Promise<boolean> {
    return this.#charged.has(chargeKey(sender, transactionId));
  }

  /** Sum of the bills booked, minor units of their currencies. */
  async chargedMinor(): Promise<number> {
    let sum = 0;
    for await (const { entry, payload } of this.accounts()) {
      if (entry === 'charge' && typeof payload['totalMinor'] === 'number') sum += payload['totalMinor'];
    }
    return sum;
  }

  async #control(order: Order): Promise<Act> {
    const { unit, commandId, at } = order;
    const before = await this.state(unit);
    const after: ChargingState = { ...before, ...changeOf(order), command: commandId, at };
    return { outcome: 'done', writes: (batch) => void batch.put(this.#states, unit, toJson(after)) };
  }

  async #book(order: Order): Promise<Act> {
    const { sender, commandId, action, payload, at } = order;
    const transactionId = billedTransaction(action, payload);
    const charge = chargeKey(sender, transactionId);
    if (action === 'Bill' && (await this.#charged.has(charge))) return { outcome: 'refused', code: 'E_BILLED_ALREADY' };
    const entry: AccountEntry = {
      transactionId,
      entry: entryOf(action),
      action,
      payload,
      command: commandId,
      sender,
      at,
    };
    return {
      outcome: 'done',
      writes: (batch) => {
        batch.put(this.#accounts, `${sender} ${commandId}`, toJson(entry));
        if (action === 'Bill') batch.put(this.#charged, charge, toJson(commandId));
      },
    };
  }
}

const chargeKey = (sender: string, transactionId: string): string => `${sender} ${transactionId}`;

function entryOf(action: string): AccountEntry['entry'] {
  if (action === 'Bill') return 'charge';
  return action === 'CostUpdated' ? 'running cost' : 'final cost';
}

function changeOf({ action, payload }: Order): Partial<ChargingState> {
  switch (action) {
    case 'RequestStartTransaction': {
      const profile = payload['chargingProfile'];
      return { started: true, ...(isObject(profile) ? { profile } : {}) };
    }
    case 'RequestStopTransaction':
      return { started: false };
    case 'SetChargingProfile': {
      const profile = payload['chargingProfile'];
      return isObject(profile) ? { profile } : {};
    }
    case 'ClearChargingProfile':
      return { profile: undefined };
    case 'ChangeAvailability':
      return { operative: payload['operationalStatus'] === 'Operative' };
    default:
      return {};
  }
}

function isObject(value: unknown): value is Order['payload'] {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
