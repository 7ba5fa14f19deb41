import { fromHex, type Params, toHex, verifyStatement } from '@chargecast/signcryption';
import { CodedError } from '../common/errors';
import { realIdentity } from '../holder';
import { type ReplicaView } from '../replica';
import { type Binding } from '../rpc';
import { fromJson, type Store, toJson } from '../store';

/** Which pseudo-identity a customer's vehicle has, on its provider's word. Bytes in lower-case hex. */
export interface BoundCustomer {
  readonly provider: string;
  readonly contract: string;
  readonly f: string;
  readonly X: string;
  /** The one before: while an epoch is rolled over, a session may still be open under it. */
  readonly earlier?: Pick<BoundCustomer, 'f' | 'X'>;
}

const RECORD = /^record:([0-9a-f]{32})$/;

/** Whom an operator's `customer` means. */
export type Addressee =
  | { readonly kind: 'vehicle'; readonly bound: BoundCustomer }
  | { readonly kind: 'holder'; readonly f: string }
  | { readonly code: 'E_CUSTOMER_UNBOUND' | 'E_CUSTOMER_AMBIGUOUS' };

/**
 * Names → pseudo-identities. A customer's comes from the vehicle's own provider, signed; a pile's or gateway's from its
 * own signcrypted announcement over the connection its certificate opened. The KGC's list of f is a hint and is not
 * asked here: who could name the f of a customer could have another car obey and be billed.
 */
export class Directory {
  readonly #bindings: Store;
  readonly #names: Store;
  readonly #pilesSeen: Store;
  /** contract → provider → binding. */
  readonly #byContract = new Map<string, Map<string, BoundCustomer>>();
  readonly #byName = new Map<string, string>();
  readonly #byVehicle = new Map<string, string>();
  /** f of every pile that ever announced itself → `process/pile`. */
  readonly #byPile = new Map<string, string>();

  private constructor(store: Store) {
    this.#bindings = store.sub('bindings', { hiddenKeys: true });
    this.#names = store.sub('names', { hiddenKeys: true });
    this.#pilesSeen = store.sub('piles-seen', { hiddenKeys: true });
  }

  static async load(store: Store): Promise<Directory> {
    const directory = new Directory(store);
    for await (const { value } of directory.#bindings.entries()) directory.#keep(fromJson<BoundCustomer>(value));
    for await (const { key, value } of directory.#names.entries()) directory.#byName.set(key, toHex(value));
    for await (const { key, value } of directory.#pilesSeen.entries()) directory.#byPile.set(key, fromJson(value));
    return directory;
  }

  get customers(): number {
    return this.#byContract.size;
  }

  /** `provider/contract` of a vehicle, under its present pseudo-identity or the one before. @param f hex */
  customerOf(f: string): string | undefined {
    return this.#byVehicle.get(f);
  }

  /** Every pile that announced itself, as `process/pile`. */
  piles(): string[] {
    const prefix = realIdentity('cp', '');
    return [...this.#byName.keys()].filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  }

  /** `process/pile` of a pile, under any pseudo-identity it ever announced. @param f hex */
  pileOf(f: string): string | undefined {
    return this.#byPile.get(f);
  }

  /** Every vehicle its provider bound to a contract. */
  *bound(): Generator<BoundCustomer & { readonly contract: string }> {
    for (const [contract, providers] of this.#byContract) {
      for (const bound of providers.values()) yield { ...bound, contract };
    }
  }

  /** f of every bound vehicle, hex. */
  vehicles(): ReadonlySet<string> {
    return new Set([...this.#byContract.values()].flatMap((providers) => [...providers.values()].map(({ f }) => f)));
  }

  /**
   * Takes a provider's word over one of its own contracts.
   * @param provider the one asked, as its certificate names it
   * @returns whether anything changed
   * @throws CodedError E_BINDING_FOREIGN, E_PROVIDER_UNKNOWN; SigncryptionError E_STATEMENT
   */
  async bind(binding: Binding, provider: string, replica: Pick<ReplicaView, 'params' | 'provider'>): Promise<boolean> {
    if (binding.provider !== provider) {
      throw new CodedError('E_BINDING_FOREIGN', 'a provider binds its own customers only; its answer names another');
    }
    const known = await replica.provider(provider);
    if (known === undefined) {
      throw new CodedError(
        'E_PROVIDER_UNKNOWN',
        'the provider does not count on the ledger; its bindings are not used',
      );
    }
    const named = { provider, contract: binding.contract, f: hex(binding.f), X: hex(binding.x) };
    const before = this.#byContract.get(named.contract)?.get(provider);
    if (before?.f === named.f && before.X === named.X) return false;
    verifyBinding(replica.params, known.key, named, Uint8Array.from(binding.signature));
    const bound = before ? { ...named, earlier: { f: before.f, X: before.X } } : named;
    await this.#bindings.put(`${provider} ${bound.contract}`, toJson(bound));
    this.#keep(bound);
    return true;
  }

  /** A pile or gateway announced itself. @param name `process` or `process/unit` */
  async announce(role: string, name: string, f: Uint8Array): Promise<void> {
    const identity = realIdentity(role, name);
    if (this.#byName.get(identity) === toHex(f)) return;
    const batch = this.#names.batch().put(this.#names, identity, f);
    if (role === 'cp') batch.put(this.#pilesSeen, toHex(f), toJson(name));
    await batch.commit();
    this.#byName.set(identity, toHex(f));
    if (role === 'cp') this.#byPile.set(toHex(f), name);
  }

  /**
   * @param customer a contract; `provider/contract` where several providers know the contract; or a holder, as
   * `css:css1` or `cp:cp1/pile3`, or by its pseudo-identity as `record:<f>`
   */
  find(customer: string): Addressee {
    const record = RECORD.exec(customer)?.[1];
    if (record !== undefined) return { kind: 'holder', f: record };
    const holder = this.#byName.get(customer);
    if (holder !== undefined) return { kind: 'holder', f: holder };
    const bound = this.#byContract.get(customer) ?? this.#qualified(customer);
    const [only, ...others] = bound?.values() ?? [];
    if (only === undefined) return { code: 'E_CUSTOMER_UNBOUND' };
    return others.length > 0 ? { code: 'E_CUSTOMER_AMBIGUOUS' } : { kind: 'vehicle', bound: only };
  }

  #qualified(customer: string): Map<string, BoundCustomer> | undefined {
    const slash = customer.indexOf('/');
    const provider = customer.slice(0, Math.max(slash, 0));
    const bound = this.#byContract.get(customer.slice(slash + 1))?.get(provider);
    return bound && new Map([[provider, bound]]);
  }

  #keep(bound: BoundCustomer): void {
    const providers = this.#byContract.get(bound.contract) ?? new Map<string, BoundCustomer>();
    this.#byContract.set(bound.contract, providers.set(bound.provider, bound));
    const customer = `${bound.provider}/${bound.contract}`;
    for (const f of [bound.f, bound.earlier?.f]) if (f !== undefined) this.#byVehicle.set(f, customer);
  }
}

function verifyBinding(params: Params, key: Uint8Array, bound: BoundCustomer, signature: Uint8Array): void {
  const { contract } = bound;
  const statement = { tag: 'bind', f: fromHex(bound.f, 16), X: fromHex(bound.X, 32), contract } as const;
  verifyStatement(params, key, statement, signature);
}

const hex = (bytes: Uint8Array): string => toHex(Uint8Array.from(bytes));
