import { made } from './errors';
import { GatewaySession } from './gateway-session';
import { type Invocation } from './invocation';
import { type ScenarioLedger } from './scenario-ledger';

/** What the steps of one scenario share. */
export class World {
  readonly ledger: ScenarioLedger;
  /** What of a step does not apply to this ledger. */
  readonly notes: string[] = [];
  readonly #sessions = new Map<string, GatewaySession>();
  #session: GatewaySession | undefined;
  #invocation: Invocation | undefined;
  #lastBlock: bigint | undefined;

  constructor(ledger: ScenarioLedger) {
    this.ledger = ledger;
  }

  /** The gateway in use. */
  get session(): GatewaySession {
    return made(this.#session, 'a gateway');
  }

  get transaction(): Invocation {
    return made(this.#invocation, 'a transaction');
  }

  get lastBlock(): bigint {
    return made(this.#lastBlock, 'a committed transaction');
  }

  async createGateway(name: string, user: string, mspId: string, signs: boolean): Promise<void> {
    const session = new GatewaySession({ mspId, keyPair: await this.ledger.user(user, mspId), signs });
    this.#sessions.set(name, session);
    this.#session = session;
  }

  useGateway(name: string): void {
    this.#session = made(this.#sessions.get(name), `gateway ${name}`);
  }

  prepare(kind: 'evaluate' | 'submit', transaction: string): void {
    this.#invocation = this.session.prepare(kind, transaction);
  }

  async invoke(): Promise<void> {
    await this.transaction.invoke();
    this.#lastBlock = this.transaction.block ?? this.#lastBlock;
  }

  close(): void {
    for (const session of this.#sessions.values()) session.close();
  }
}
