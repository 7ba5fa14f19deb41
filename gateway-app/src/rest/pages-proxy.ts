import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Agent, request } from 'node:https';
import { type AddressInfo } from 'node:net';

import { CodedError } from '../common/errors';

export interface ProxyOptions {
  /** The service, `https://host:port`. */
  readonly service: string;
  /** PEM: the person's, and the authority that the service's certificate is of. */
  readonly key: Buffer;
  readonly cert: Buffer;
  readonly ca: Buffer;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Path the entrance leads to; the service's first page without. */
  readonly home?: string;
}

export interface RunningProxy {
  /** Opens the pages once: the token in it is then worth nothing. */
  readonly entrance: string;
  readonly port: number;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
const COOKIE = 'chargecast-pages';
const ENTER = '/enter/';
/** Of one connection alone, or naming the other side: not passed on. */
const DROPPED = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'host', 'cookie', 'origin', 'te']);

/**
 * Presents a person's certificate to one service on behalf of this machine's browser. Whoever reaches the port must bear
 * the cookie that the one-time entrance sets, and address it by its own name: another user of the machine, another web
 * page and a name bound to 127.0.0.1 get nothing.
 * @throws CodedError E_LISTEN
 */
export async function startProxy(options: ProxyOptions): Promise<RunningProxy> {
  const { key, cert, ca } = options;
  const agent = new Agent({ key, cert, ca, keepAlive: true });
  const gate = new Gate(options.home ?? '/');
  const server = createServer((incoming, answer) => {
    if (gate.admits(incoming, answer)) forward(incoming, answer, options, agent);
  });
  const port = await listen(server, options.port);
  gate.port = port;
  return {
    entrance: `http://${HOST}:${port}${ENTER}${gate.token}`,
    port,
    close: () =>
      new Promise((resolve) => {
        agent.destroy();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Who may pass. */
class Gate {
  port = 0;
  readonly token = randomBytes(32).toString('base64url');
  readonly #secret = randomBytes(32).toString('base64url');
  readonly #home: string;
  #isUsed = false;

  constructor(home: string) {
    this.#home = home;
  }

  /** Answers whoever may not pass, and the entrance. */
  admits({ headers, url = '/', method }: IncomingMessage, answer: ServerResponse): boolean {
    const own = `${HOST}:${this.port}`;
    if (headers.host !== own) return refuse(answer, 421, 'E_HOST', `open the pages at http://${own}/`);
    if (headers.origin !== undefined && headers.origin !== `http://${own}`) {
      return refuse(answer, 403, 'E_ORIGIN', 'another page may not call this one');
    }
    if (url.startsWith(ENTER)) return this.#enter(url.slice(ENTER.length), method, answer);
    if (equal(cookieOf(headers.cookie), this.#secret)) return true;
    return refuse(answer, 401, 'E_ENTRANCE', 'open the address that ./chargecast pages printed; it is good once');
  }

  #enter(token: string, method: string | undefined, answer: ServerResponse): false {
    if (this.#isUsed || method !== 'GET' || !equal(token, this.token)) {
      return refuse(answer, 401, 'E_ENTRANCE', 'this address was used or is wrong: run ./chargecast pages again');
    }
    this.#isUsed = true;
    answer.writeHead(303, {
      location: this.#home,
      'set-cookie': `${COOKIE}=${this.#secret}; HttpOnly; SameSite=Strict; Path=/`,
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
    answer.end();
    return false;
  }
}

function forward(incoming: IncomingMessage, answer: ServerResponse, { service }: ProxyOptions, agent: Agent): void {
  const { method, url = '/', headers } = incoming;
  const passed = Object.fromEntries(Object.entries(headers).filter(([name]) => !DROPPED.has(name)));
  const outgoing = request(new URL(url, service), { method, headers: passed, agent }, (reply) => {
    const kept = Object.entries(reply.headers).filter(([name]) => !DROPPED.has(name) && name !== STRICT_TRANSPORT);
    answer.writeHead(reply.statusCode ?? 502, Object.fromEntries(kept));
    reply.pipe(answer);
  });
  answer.on('close', () => outgoing.destroy());
  outgoing.on('error', () => {
    if (answer.headersSent) answer.destroy();
    else refuse(answer, 502, 'E_UNREACHABLE', 'the service does not answer: check that it runs');
  });
  incoming.pipe(outgoing);
}

/** This leg is plain HTTP on the loopback: a browser must not be told otherwise of 127.0.0.1. */
const STRICT_TRANSPORT = 'strict-transport-security';

function refuse(answer: ServerResponse, status: number, code: string, detail: string): false {
  answer.writeHead(status, { 'content-type': 'application/problem+json', 'cache-control': 'no-store' });
  answer.end(JSON.stringify({ type: `/problems/${code}`, title: code, status, code, detail }));
  return false;
}

function cookieOf(header: string | undefined): string {
  const found = (header ?? '').split('; ').find((each) => each.startsWith(`${COOKIE}=`));
  return found?.slice(COOKIE.length + 1) ?? '';
}

function equal(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new CodedError('E_LISTEN', `cannot listen on ${HOST}:${port}: give another --port`, { cause }));
    });
    server.listen(port, HOST, () => resolve((server.address() as AddressInfo).port));
  });
}
