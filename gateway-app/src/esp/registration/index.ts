import { type AuthenticationKey } from '@chargecast/protocol';
import { type KeyPair } from '@chargecast/signcryption';

import { Backoff, untilAborted } from '../../common/abort';
import { CodedError } from '../../common/errors';
import { type Logger } from '../../common/log';
import { type Ledger } from '../../ledger';
import { type Replica } from '../../replica';
import { type Handlers } from '../../rpc';
import { type Store } from '../../store';
import { type EspConfig } from '../config';
import { type Customers } from '../customers';
import { Operations } from './operations';
import { Registrar } from './registrar';
import { type Registration, Registrations } from './registrations';
import { RegistrationSubmitter } from './submitter';
import { SystemKeyRing } from './system-key-ring';

export { Operations } from './operations';
export { Registrar } from './registrar';
export { Registrations } from './registrations';
export { RegistrationSubmitter } from './submitter';
export { SystemKeyRing } from './system-key-ring';

export interface RegistrationDeskParts {
  readonly config: Pick<EspConfig, 'provider' | 'stations' | 'certificates'>;
  readonly store: Store;
  /** The provider's admitted key. */
  readonly key: KeyPair;
  readonly customers: Customers;
  readonly ledger: Pick<Ledger, 'submit' | 'evaluate'>;
  readonly replica: Replica;
  readonly logger: Logger;
}

export interface RegistrationStatus {
  readonly systemKeyPublished: boolean;
  /** Applications by stage. */
  readonly certificates: Readonly<Record<Registration['stage'], number>>;
}

const DAY_SECONDS = 86_400;
const now = (): number => Math.floor(Date.now() / 1000);

/** The trust authority's desk: system key, certificates, authorisations, operator. */
export class RegistrationDesk {
  readonly handlers: Pick<Handlers<'Esp'>, 'register' | 'authorize' | 'administer'>;
  /** The operator's. */
  readonly operations: Operations;
  readonly #parts: RegistrationDeskParts;
  readonly #keys: SystemKeyRing;
  readonly #registrations: Registrations;
  readonly #submitter: RegistrationSubmitter;
  readonly #stopping = new AbortController();
  #publishing: Promise<void> | undefined;

  private constructor(parts: RegistrationDeskParts, keys: SystemKeyRing) {
    const { config, store, key, ledger, replica, logger, customers } = parts;
    const { provider, stations, certificates } = config;
    const { maxEntries, lingerMs } = certificates;
    const registrations = new Registrations(store);
    const submitter = new RegistrationSubmitter({ ledger, registrations, logger, maxEntries, lingerMs });
    const registrar = new Registrar({
      provider,
      keys,
      customers,
      stations: new Set(stations),
      registrations,
      submitter,
      replica,
      now,
    });
    const operations = new Operations({ provider, key, params: replica.params, ledger, replica, registrations, now });
    this.#parts = parts;
    this.#keys = keys;
    this.#registrations = registrations;
    this.#submitter = submitter;
    this.operations = operations;
    this.handlers = {
      register: async ({ applicants }, { peer, signal }) => {
        const outcomes = await untilAborted(registrar.register(applicants, peer), signal);
        if (outcomes) return { outcomes };
        throw new CodedError('E_CANCELLED', 'the caller went away; the same application again gets the same answer');
      },
      authorize: async ({ word }) => operations.carry(word),
      administer: async ({ verb, parameters }) => ({
        result: JSON.stringify(await operations.administer(verb, parameters)),
      }),
    };
  }

  static async open(parts: RegistrationDeskParts): Promise<RegistrationDesk> {
    const { config, store, key, replica } = parts;
    const { lifetimeDays, renewalDays } = config.certificates;
    const terms = { lifetime: lifetimeDays * DAY_SECONDS, renewal: renewalDays * DAY_SECONDS };
    const { provider } = config;
    const keys = await SystemKeyRing.open({ store, provider, key, params: replica.params, terms });
    return new RegistrationDesk(parts, keys);
  }

  /** PK_ESP's secret half: signs the provider's own messages, too. */
  get systemKey(): AuthenticationKey {
    return this.#keys.key;
  }

  /** Whether the chain holds the own system key, so that others can check what it signs. */
  async isPublished(): Promise<boolean> {
    return (await this.#keys.published(this.#parts.replica)) !== undefined;
  }

  async start(): Promise<void> {
    await this.#submitter.start();
    this.#publishing = this.#publish();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#publishing;
    await this.#submitter.stop();
  }

  async status(): Promise<RegistrationStatus> {
    const stages: Record<Registration['stage'], number> = { queued: 0, committed: 0, refused: 0 };
    for await (const { stage } of this.#registrations.all()) stages[stage] += 1;
    return { systemKeyPublished: await this.isPublished(), certificates: stages };
  }

  /** Until it stands: the ledger may be away, or the provider not admitted yet. */
  async #publish(): Promise<void> {
    const { ledger, replica, logger } = this.#parts;
    const { signal } = this.#stopping;
    const backoff = new Backoff(200, 5000);
    while (!signal.aborted && !(await this.#keys.stands(replica))) {
      try {
        await this.#keys.publish(ledger, replica);
      } catch (error) {
        logger.warn({ err: error }, 'the system key is not published yet');
      }
      await backoff.wait(signal);
    }
  }
}
