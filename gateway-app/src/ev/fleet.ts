import type { Credential } from '../authentication';
import { CodedError } from '../common/errors';
import { countersignedByProvider, type Holder, type HolderOptions, openHolder } from '../holder';
import { type CredentialOptions, Credentials, type Owned } from '../registration';
import { type Client, client, type RpcTls } from '../rpc';
import type { EvConfig } from './config';

export interface FleetParts {
  readonly config: EvConfig;
  readonly tls: RpcTls;
  /** What all vehicles' holders share. */
  readonly holder: Pick<HolderOptions, 'kgc' | 'replica' | 'logger' | 'signal'>;
  /** A sealed sub-store for each vehicle. */
  readonly store: (vehicle: string) => HolderOptions['store'];
}

/** A vehicle signs a few reports a session: small batches of one-time credentials. */
const CREDENTIALS = { batch: 8, low: 2 };

/** The holders of this process's vehicles, and the piles they can reach. */
export class Fleet {
  readonly holders = new Map<string, Holder>();
  readonly #config: EvConfig;
  readonly #providers: ReadonlyMap<string, Client<'Esp'>>;
  readonly #piles: ReadonlyMap<string, Client<'Pile'>>;
  readonly #credentials = new Map<string, Credentials>();

  private constructor({ config, tls }: FleetParts) {
    this.#config = config;
    const { esp, cp } = config.peers;
    this.#providers = new Map(
      esp.map(({ name, endpoint }) => [name, client('Esp', endpoint, tls, { serverName: name })]),
    );
    this.#piles = new Map(cp.map(({ name, endpoint }) => [name, client('Pile', endpoint, tls, { serverName: name })]));
  }

  /** Resolves when every vehicle's record counts. @throws what `openHolder` throws */
  static async enrol(parts: FleetParts): Promise<Fleet> {
    const fleet = new Fleet(parts);
    try {
      await fleet.#enrolAll(parts);
      return fleet;
    } catch (error) {
      await fleet.stop();
      throw error;
    }
  }

  /** The vehicles' certificates, each from its own provider; renewed until `stopping`. */
  async certify(options: Pick<CredentialOptions, 'store' | 'view' | 'log' | 'stopping' | 'now'>): Promise<void> {
    const { name: process, certificates: renewal } = this.#config;
    const certifyFrom = async ([provider, esp]: [string, Client<'Esp'>]): Promise<void> => {
      const own = this.#config.vehicles.filter((vehicle) => this.#providerOf(vehicle) === provider);
      const units = own.map(({ name }) => name);
      const place = { provider, role: 'vehicle' as const, process };
      this.#credentials.set(provider, await Credentials.open({ ...options, ...place, esp, units, renewal }));
    };
    await Promise.all([...this.#providers].map(certifyFrom));
  }

  /** The vehicle's certificate in force; undefined while its provider refuses it one. */
  credential(vehicle: string): Credential | undefined {
    const found = [...this.#credentials.values()].map((credentials) => credentials.get(vehicle));
    return found.find((credential) => credential !== undefined);
  }

  /** What belongs to the vehicle's owner. @throws CodedError E_VEHICLE_CERTIFICATE */
  async ownerOf(vehicle: string): Promise<Owned> {
    for (const credentials of this.#credentials.values()) {
      const owned = await credentials.ownerOf(vehicle);
      if (owned) return owned;
    }
    throw new CodedError('E_VEHICLE_CERTIFICATE', 'the vehicle has no certificate: ask its provider why');
  }

  /** @throws CodedError E_VEHICLE_UNKNOWN */
  holder(vehicle: string): Holder {
    const holder = this.holders.get(vehicle);
    if (!holder) throw new CodedError('E_VEHICLE_UNKNOWN', 'this process runs no such vehicle');
    return holder;
  }

  /** @param name of the process that serves piles. @throws CodedError E_PILE_UNKNOWN */
  pileProcess(name: string): Client<'Pile'> {
    const found = this.#piles.get(name);
    if (!found) throw new CodedError('E_PILE_UNKNOWN', 'no such process of piles is configured: add it to peers.cp');
    return found;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.holders.values()].map((holder) => holder.stop()));
    await Promise.all([...this.#credentials.values()].map((credentials) => credentials.stopped()));
    for (const each of [...this.#providers.values(), ...this.#piles.values()]) each.close();
  }

  #providerOf({ provider }: EvConfig['vehicles'][number]): string {
    return provider ?? this.#config.peers.esp[0]?.name ?? '';
  }

  async #enrolAll({ config, holder, store }: FleetParts): Promise<void> {
    const waiting = [...config.vehicles];
    const enrolOne = async (vehicle: EvConfig['vehicles'][number]): Promise<void> => {
      const { name } = vehicle;
      const publisher = countersignedByProvider(this.#providers.get(this.#providerOf(vehicle)) as Client<'Esp'>);
      const options = { role: 'ev' as const, name: `${config.name}/${name}`, publisher, credentials: CREDENTIALS };
      this.holders.set(name, await openHolder({ ...holder, ...options, store: store(name) }));
    };
    const worker = async (): Promise<void> => {
      for (let next = waiting.shift(); next; next = waiting.shift()) await enrolOne(next);
    };
    await Promise.all(Array.from({ length: Math.min(config.enrolTogether, waiting.length) }, worker));
  }
}
