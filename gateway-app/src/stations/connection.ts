import { RPCClient } from 'ocpp-rpc';

import { OCPP, type Payload } from '../station';

export interface ConnectionParts {
  /** `ws://host:port` of the CSMS; the station's name is appended. */
  readonly url: string;
  readonly name: string;
  readonly password: string;
  /** Milliseconds the CSMS has to answer. */
  readonly callMs: number;
  /** Milliseconds before the first attempt to connect again; doubles up to ten times that. */
  readonly reconnectMs: number;
  readonly handle: (action: string, payload: Payload) => Promise<Payload>;
  /** A connection stands, the first or another. */
  readonly opened: () => void;
}

/** What is used of the library's client; its own types ask for every option. */
interface Client {
  connect(): Promise<unknown>;
  call(action: string, payload: unknown): Promise<unknown>;
  handle(method: string, handler: (call: { params: Payload }) => Promise<Payload>): void;
  on(event: 'open' | 'disconnect' | 'close', listener: () => void): void;
  close(options: { force: boolean }): Promise<unknown>;
}

/** Calls a station answers; any other gets NotImplemented from the library. */
export const ANSWERED = [
  'SetChargingProfile',
  'ClearChargingProfile',
  'RequestStartTransaction',
  'RequestStopTransaction',
  'ChangeAvailability',
  'GetTransactionStatus',
  'CostUpdated',
] as const;
export type AnsweredCall = (typeof ANSWERED)[number];

/** A station's line to its CSMS: OCPP 2.0.1 in strict mode, connected again for ever when it breaks. */
export class StationConnection {
  readonly #parts: ConnectionParts;
  #client: Client | undefined;
  #isOpen = false;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Begins to connect, and goes on until {@link disconnect}. */
  connect(): void {
    if (this.#client) return;
    const { url, name, password, callMs, reconnectMs, handle, opened } = this.#parts;
    const client = new RPCClient({
      endpoint: url,
      identity: name,
      password,
      protocols: [OCPP],
      strictMode: true,
      callTimeoutMs: callMs,
      reconnect: true,
      maxReconnects: Infinity,
      backoff: { initialDelay: reconnectMs, maxDelay: 10 * reconnectMs, factor: 2, randomisationFactor: 0.25 },
    } as ConstructorParameters<typeof RPCClient>[0]) as unknown as Client;
    this.#client = client;
    for (const action of ANSWERED) client.handle(action, ({ params }) => handle(action, params));
    client.on('open', () => {
      this.#isOpen = true;
      opened();
    });
    client.on('disconnect', () => (this.#isOpen = false));
    client.on('close', () => (this.#isOpen = false));
    void this.#first(client);
  }

  /** @throws if there is no answer, or an error */
  async call(action: string, payload: Payload): Promise<unknown> {
    if (!this.#client || !this.#isOpen) throw new Error('the station has no connection');
    return this.#client.call(action, payload);
  }

  async disconnect(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    this.#isOpen = false;
    await client?.close({ force: true });
  }

  /** The library connects again only what was connected once. */
  async #first(client: Client): Promise<void> {
    while (this.#client === client) {
      try {
        await client.connect();
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, this.#parts.reconnectMs).unref());
      }
    }
    await client.close({ force: true });
  }
}
