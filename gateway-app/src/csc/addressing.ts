import { fromHex, type RecordKeys, Role, sessionBinding, toHex } from '@chargecast/signcryption';
import { type ReplicaView } from '../replica';
import { type Addressee, type BoundCustomer, type Directory } from './directory';
import { type Sessions } from './sessions';

/** A receiver that can be sealed to now. */
export interface Reachable {
  readonly f: string;
  readonly keys: RecordKeys;
  /** H("sess", f_CP, session id) for a vehicle; absent for holders that open for themselves. */
  readonly bind?: Uint8Array;
  /** f, hex, of who acts and so gives the receipt. */
  readonly actor: string;
  /** Session id, hex; empty for holders that open for themselves. */
  readonly session: string;
}

/**
 * | code | why a command waits |
 * |---|---|
 * | E_CUSTOMER_UNBOUND | no provider has said yet which vehicle the customer has, or no such holder announced itself |
 * | E_CUSTOMER_AMBIGUOUS | several providers know the contract: give `provider/contract` |
 * | E_NOT_PLUGGED_IN | the vehicle has reported no open session |
 * | E_RECORD_NOT_COUNTED | the receiver's or the pile's record does not count on the ledger |
 * | E_RECORD_REVOKED | the receiver's or the pile's record is revoked |
 * | E_BINDING_MISMATCH | the provider bound another X than the ledger has |
 * | E_SLOT_STALE | no recent slot head was seen: a revocation may be kept from this centre |
 * | E_EPOCH | the receiver's record is of an epoch the centre has no record in |
 */
export type Unreachable = { readonly code: string };

export interface AddressingParts {
  readonly directory: Directory;
  readonly sessions: Sessions;
  readonly replica: Pick<ReplicaView, 'params' | 'record'>;
  /** Accepted epochs this centre is enrolled for. */
  readonly epochs: () => readonly number[];
}

/** From an operator's `customer` to keys that count on the ledger and a session at a pile. */
export class Addressing {
  readonly #parts: AddressingParts;

  constructor(parts: AddressingParts) {
    this.#parts = parts;
  }

  async resolve(customer: string): Promise<Reachable | Unreachable> {
    const addressee: Addressee = this.#parts.directory.find(customer);
    if ('code' in addressee) return addressee;
    return addressee.kind === 'vehicle' ? this.#vehicle(addressee.bound) : this.#holder(addressee.f);
  }

  async #vehicle({ f: newest, X: newestX, earlier }: BoundCustomer): Promise<Reachable | Unreachable> {
    const { sessions } = this.#parts;
    const known = [{ f: newest, X: newestX }, ...(earlier ? [earlier] : [])];
    const [present] = known.filter((each) => sessions.of(each.f) !== undefined);
    const session = present && sessions.of(present.f);
    if (session === undefined) return { code: 'E_NOT_PLUGGED_IN' };
    const { f, X } = present as (typeof known)[number];
    const keys = await this.#counting(f);
    if ('code' in keys) return keys;
    if (keys.record.role !== Role.EV || toHex(keys.record.X) !== X) return { code: 'E_BINDING_MISMATCH' };
    const pile = await this.#counting(session.pile);
    if ('code' in pile) return pile;
    if (pile.record.role !== Role.CP) return { code: 'E_RECORD_NOT_COUNTED' };
    const bind = sessionBinding(fromHex(session.pile, 16), fromHex(session.session, 16));
    return { f, keys, bind, actor: session.pile, session: session.session };
  }

  async #holder(f: string): Promise<Reachable | Unreachable> {
    const keys = await this.#counting(f);
    if ('code' in keys) return keys;
    // A vehicle's entries are bound to its session; it is addressed by its customer's name alone.
    return keys.record.role === Role.EV ? { code: 'E_CUSTOMER_UNBOUND' } : { f, keys, actor: f, session: '' };
  }

  async #counting(f: string): Promise<RecordKeys | Unreachable> {
    const found = await this.#parts.replica.record(fromHex(f, 16));
    if (found?.revoked === true) return { code: 'E_RECORD_REVOKED' };
    if (found?.keys === undefined) return { code: 'E_RECORD_NOT_COUNTED' };
    return this.#parts.epochs().includes(found.record.epoch) ? found.keys : { code: 'E_EPOCH' };
  }
}
