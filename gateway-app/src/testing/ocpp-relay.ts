/** Stands between stations and their CSMS, sees each call and each answer, and can lose them. */
import { NOREPLY, RPCClient, RPCServer } from 'ocpp-rpc';

import { OCPP, type Payload } from '../station';

export interface Passing {
  readonly from: 'station' | 'agent';
  readonly action: string;
  readonly payload: Payload;
  /** The call on its way to whom it is for, or that one's answer on its way back. */
  readonly part: 'call' | 'answer';
}

/** @returns whether it goes on; what does not is never heard of again */
export type Watch = (passing: Passing) => Promise<boolean>;

/** What is used of the library's two ends; its own types are wider than what it takes. */
interface End {
  readonly identity: string;
  call(action: string, payload: Payload): Promise<unknown>;
  handle(handler: (call: { method: string; params: Payload }) => Promise<unknown>): void;
  on(event: 'close', listener: () => void): void;
  close(options: { force: boolean }): Promise<unknown>;
  connect(): Promise<unknown>;
}

export class OcppRelay {
  readonly #server = new RPCServer({ protocols: [OCPP], strictMode: false, callTimeoutMs: 60_000 });
  readonly #upstream: string;
  readonly #watch: Watch;
  readonly #open = new Set<End>();
  readonly #dialled = new Map<string, End>();
  #isCut = false;
  #port = 0;

  private constructor(upstream: string, watch: Watch) {
    this.#upstream = upstream;
    this.#watch = watch;
  }

  /** @param upstream `ws://host:port` of the CSMS */
  static async start(upstream: string, watch: Watch): Promise<OcppRelay> {
    const relay = new OcppRelay(upstream, watch);
    relay.#server.auth((accept, reject, { identity, password }) => {
      relay.#dial(identity, password).then(accept as () => void, () => reject(503, 'no CSMS'));
    });
    relay.#server.on('client', (station: End) => relay.#join(station));
    const { port } = (await relay.#server.listen(0, '127.0.0.1')).address() as { port: number };
    relay.#port = port;
    return relay;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#port}`;
  }

  /** Breaks the line, and lets none stand, until {@link mend}. */
  async cut(): Promise<void> {
    this.#isCut = true;
    await Promise.all([...this.#open].map((end) => end.close({ force: true })));
  }

  mend(): void {
    this.#isCut = false;
  }

  async stop(): Promise<void> {
    await this.cut();
    await this.#server.close({ force: true });
  }

  async #dial(identity: string, password: Buffer | undefined): Promise<void> {
    if (this.#isCut) throw new Error('the line is cut');
    const client = new RPCClient({
      endpoint: this.#upstream,
      identity,
      password,
      protocols: [OCPP],
      strictMode: false,
      reconnect: false,
      callTimeoutMs: 60_000,
    } as unknown as ConstructorParameters<typeof RPCClient>[0]) as unknown as End;
    await client.connect();
    this.#dialled.set(identity, client);
  }

  #join(station: End): void {
    const agent = this.#dialled.get(station.identity) as End;
    this.#dialled.delete(station.identity);
    this.#pass('station', station, agent);
    this.#pass('agent', agent, station);
  }

  #pass(from: Passing['from'], source: End, target: End): void {
    this.#open.add(source);
    source.on('close', () => {
      this.#open.delete(source);
      void target.close({ force: true });
    });
    source.handle(async ({ method: action, params: payload }) => {
      if (!(await this.#watch({ from, action, payload, part: 'call' }))) return NOREPLY;
      const answer = await target.call(action, payload);
      return (await this.#watch({ from, action, payload, part: 'answer' })) ? answer : NOREPLY;
    });
  }
}
