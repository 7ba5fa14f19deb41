import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { RPCServer } from 'ocpp-rpc';

import { CodedError, codeOf } from '../common/errors';
import type { Logger } from '../common/log';
import { answered, type CallResult, failed } from './answer';
import { isObject, type KeptMessage, KEPT_MESSAGES, type Payload, type TransactionEventRequest } from './messages';
import type { StationJournal } from './journal';
import type { StationPasswords } from './passwords';
import type { StationTransaction } from './transaction';

/** The one sub-protocol spoken. */
export const OCPP = 'ocpp2.0.1';

/** What is used of the library's connection; its own types are wider than what it takes. */
interface Connection {
  readonly identity: string;
  call(method: string, params: unknown, options: { callTimeoutMs: number }): Promise<unknown>;
  handle(method: string, handler: (call: { params: Payload }) => Promise<unknown>): void;
  on(event: 'close' | 'badMessage' | 'strictValidationFailure', listener: (event: { method?: string }) => void): void;
  close(options: { code?: number; reason?: string; force?: boolean }): Promise<unknown>;
}

export interface CsmsParts {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly passwords: Pick<StationPasswords, 'matches'>;
  readonly journal: Pick<StationJournal, 'record'>;
  /** Milliseconds a station has to answer a call. */
  readonly callMs: number;
  /** Seconds between heartbeats. */
  readonly heartbeatSeconds: number;
  /** What the user is shown when a transaction ends, in units of the currency; undefined shows nothing. */
  readonly finalCost: (transaction: StationTransaction) => Promise<number | undefined>;
  readonly log: Logger;
}

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

/**
 * The charging station management system of this process's own piles: OCPP 2.0.1 over WebSocket on the loopback
 * interface, Basic authentication (security profile 1), every message checked against the standard's schemas. One pile
 * is one station, whose identity is the pile's name.
 */
export class Csms {
  readonly #parts: CsmsParts;
  readonly #rpc: RPCServer;
  readonly #http: Server;
  readonly #stations = new Map<string, Connection>();
  /** The token each pile's station was last told to start with. */
  readonly #startingWith = new Map<string, unknown>();

  private constructor(parts: CsmsParts) {
    this.#parts = parts;
    this.#rpc = new RPCServer({ protocols: [OCPP], strictMode: true, callTimeoutMs: parts.callMs });
    this.#http = createServer({ noDelay: true }, (_, response) => response.writeHead(404).end());
  }

  /** @throws CodedError E_CSMS_HOST for an address others could reach, E_CSMS_LISTEN */
  static async start(parts: CsmsParts): Promise<Csms> {
    if (!LOOPBACK.has(parts.host)) {
      throw new CodedError(
        'E_CSMS_HOST',
        'the CSMS of a pile listens on 127.0.0.1 only: what it says is plaintext; put the agent beside the station',
      );
    }
    const csms = new Csms(parts);
    csms.#rpc.auth((accept, reject, { identity, password }) => {
      if (parts.passwords.matches(identity, password)) accept();
      else reject(401, 'Unauthorized');
    });
    csms.#rpc.on('client', (client: Connection) => csms.#attach(client));
    csms.#http.on('upgrade', csms.#rpc.handleUpgrade as (...args: unknown[]) => void);
    await csms.#listen();
    return csms;
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  /** Stations connected now. */
  get connected(): number {
    return this.#stations.size;
  }

  isConnected(pile: string): boolean {
    return this.#stations.has(pile);
  }

  /** One call to a pile's station. Never throws for what the station does. */
  async call(pile: string, action: string, payload: Payload): Promise<CallResult> {
    const station = this.#stations.get(pile);
    if (!station) return { answer: 'unanswered', reason: 'NotConnected' };
    const { idToken } = payload;
    if (action === 'RequestStartTransaction' && isObject(idToken)) this.#startingWith.set(pile, idToken['idToken']);
    try {
      return answered(await station.call(action, payload, { callTimeoutMs: this.#parts.callMs }));
    } catch (error) {
      return failed(error);
    }
  }

  async stop(): Promise<void> {
    await this.#rpc.close({ force: true });
    this.#http.closeAllConnections();
    await new Promise<void>((resolve) => this.#http.close(() => resolve()));
  }

  #listen(): Promise<void> {
    const { host, port } = this.#parts;
    return new Promise((resolve, reject) => {
      const refuse = (error: Error): void =>
        reject(
          new CodedError('E_CSMS_LISTEN', `cannot listen on ${host}:${port}: free the port or name another`, {
            cause: error,
          }),
        );
      this.#http.once('error', refuse);
      this.#http.listen({ host, port }, () => {
        this.#http.removeListener('error', refuse);
        resolve();
      });
    });
  }

  /** A station that connects again has lost its former connection, whether or not that was noticed. */
  #attach(connection: Connection): void {
    const pile = connection.identity;
    const { log } = this.#parts;
    void this.#stations.get(pile)?.close({ force: true });
    this.#stations.set(pile, connection);
    connection.on('close', () => {
      if (this.#stations.get(pile) === connection) this.#stations.delete(pile);
    });
    connection.on('badMessage', () => log.warn('a station sent what is no OCPP message'));
    connection.on('strictValidationFailure', ({ method }) =>
      log.warn({ action: method }, 'a message does not fit its OCPP 2.0.1 schema'),
    );
    for (const message of KEPT_MESSAGES) {
      connection.handle(message, ({ params }) => this.#take(pile, message, params));
    }
    connection.handle('Heartbeat', async () => ({ currentTime: new Date().toISOString() }));
    connection.handle('Authorize', async ({ params }) => this.#authorize(pile, params));
    connection.handle('DataTransfer', async () => ({ status: 'UnknownVendorId' }));
  }

  async #take(pile: string, message: KeptMessage, payload: Payload): Promise<Payload> {
    try {
      const transaction = await this.#parts.journal.record(pile, message, payload);
      if (message === 'BootNotification') return this.#welcome();
      if (!transaction) return {};
      return await this.#eventAnswer(transaction, payload as unknown as TransactionEventRequest);
    } catch (error) {
      this.#parts.log.error({ code: codeOf(error), action: message }, 'a station’s message could not be kept');
      throw new Error('not kept: send it again', { cause: error });
    }
  }

  /**
   * Vehicles prove who they are to the agent, not to the station's reader: no card is known here, but some stations ask
   * for leave to use the very token they were just told to start with.
   */
  #authorize(pile: string, { idToken }: Payload): Payload {
    const isOurs = isObject(idToken) && idToken['idToken'] === this.#startingWith.get(pile);
    return { idTokenInfo: { status: isOurs ? 'Accepted' : 'Unknown' } };
  }

  #welcome(): Payload {
    return { status: 'Accepted', currentTime: new Date().toISOString(), interval: this.#parts.heartbeatSeconds };
  }

  /** Energy is for transactions this agent asked for; a station is told to end any other. */
  async #eventAnswer(transaction: StationTransaction, event: TransactionEventRequest): Promise<Payload> {
    const status = transaction.origin === undefined ? 'Unknown' : 'Accepted';
    const cost = event.eventType === 'Ended' ? await this.#parts.finalCost(transaction) : undefined;
    return {
      ...(event.idToken === undefined ? {} : { idTokenInfo: { status } }),
      ...(cost === undefined ? {} : { totalCost: cost }),
    };
  }
}
