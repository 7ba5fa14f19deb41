import { issueRoleTls, type ProcessRole } from '@chargecast/network';
import { status } from '@grpc/grpc-js';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { CodedError } from '../common/errors';
import {
  type CallContext,
  type Client,
  client,
  type FromVehicle,
  type Handlers,
  readTls,
  RpcError,
  type RpcServer,
  type RpcTls,
  serve,
  type ServiceName,
  type ToVehicle,
} from '.';
import { PERMISSIONS } from './services';

let directory: string;
const open: { close(): unknown }[] = [];

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'rpc-'));
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((closable) => closable.close()));
});
afterAll(() => rmSync(directory, { recursive: true }));

async function tlsOf(role: ProcessRole, name = `${role}1`, authority = 'tls'): Promise<RpcTls> {
  const { certPath, keyPath, caPath } = await issueRoleTls({ directory: join(directory, authority), role, name });
  return readTls({ cert: certPath, key: keyPath, roots: caPath }, '/');
}

async function started<S extends ServiceName>(
  service: S,
  handlers: Partial<Handlers<S>>,
  role: ProcessRole,
): Promise<RpcServer> {
  const server = await serve(service, handlers as Handlers<S>, {
    tls: await tlsOf(role),
    host: '127.0.0.1',
    port: 0,
  });
  open.push(server);
  return server;
}

async function connected<S extends ServiceName>(
  service: S,
  { port }: { port: number },
  role: ProcessRole,
  options: { name?: string; authority?: string; serverName?: string; deadline?: number } = {},
): Promise<Client<S>> {
  const made = client(service, `127.0.0.1:${port}`, await tlsOf(role, options.name, options.authority), options);
  open.push(made);
  return made;
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of source) all.push(item);
  return all;
}

const never = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

describe('role RPC', () => {
  it('carries a call, bytes and numbers intact, and tells the handler who calls', async () => {
    const seen: unknown[] = [];
    const server = await started(
      'Kgc',
      {
        enrol: async (request, { peer }) => {
          seen.push(peer, request);
          return { f: request.x.subarray(0, 16), r: request.x, d: request.pop };
        },
      },
      'kgc',
    );
    const kgc = await connected('Kgc', server, 'ev', { name: 'car-7' });
    const request = { epoch: 2 ** 40, x: Buffer.alloc(32, 7), pop: Buffer.alloc(64, 9), unit: 'pile-2' };
    const reply = await kgc.enrol(request);
    expect(Buffer.from(reply.d)).toEqual(request.pop);
    expect(seen).toEqual([{ role: 'ev', name: 'car-7' }, request]);
  });

  it('keeps code and message of a refusal, and nothing of an unexpected failure', async () => {
    const server = await started(
      'Csc',
      {
        report: async () => {
          throw new CodedError('E_EPOCH', 'epoch 3 is closed – seal anew');
        },
        send: async () => {
          throw new TypeError('key 0123456789abcdef is odd');
        },
      },
      'csc',
    );
    const vehicle = await connected('Csc', server, 'ev');
    const refused = await vehicle.report({ sigma: Buffer.of(1) }).catch((error: unknown) => error as RpcError);
    expect(refused).toBeInstanceOf(RpcError);
    expect(refused).toMatchObject({ code: 'E_EPOCH', message: 'epoch 3 is closed – seal anew', transient: false });
    const operator = await connected('Csc', server, 'csc');
    const failed = await operator.send({ commands: [] }).catch((error: unknown) => error as RpcError);
    expect(failed).toMatchObject({ code: 'E_INTERNAL', status: status.INTERNAL });
    expect((failed as RpcError).message).not.toContain('0123');
  });

  it('refuses roles a method is not for before the handler runs', async () => {
    let ran = 0;
    const server = await started(
      'Kgc',
      {
        plugIn: async () => {
          ran++;
          return {};
        },
        async *listReceivers() {
          ran++;
          yield { f: Buffer.alloc(16), epoch: 1 };
        },
      },
      'kgc',
    );
    const vehicle = await connected('Kgc', server, 'ev');
    const notice = { vehicle: Buffer.alloc(16), session: Buffer.alloc(16) };
    await expect(vehicle.plugIn(notice)).rejects.toMatchObject({ code: 'E_FORBIDDEN' });
    await expect(collect(vehicle.listReceivers({ epoch: 1 }))).rejects.toMatchObject({ code: 'E_FORBIDDEN' });
    expect(ran).toBe(0);
    await (await connected('Kgc', server, 'cp')).plugIn(notice);
    expect(ran).toBe(1);
  });

  it('takes no server of another role or name, and no client of another authority', async () => {
    const server = await started('Kgc', { plugIn: async () => ({}) }, 'cp');
    const notice = { vehicle: Buffer.alloc(16), session: Buffer.alloc(16) };
    const wrongRole = await connected('Kgc', server, 'cp', { deadline: 2000 });
    await expect(wrongRole.plugIn(notice)).rejects.toMatchObject({ code: 'E_UNREACHABLE', transient: true });
    const right = await started('Kgc', { plugIn: async () => ({}) }, 'kgc');
    const wrongName = await connected('Kgc', right, 'cp', { serverName: 'kgc2', deadline: 2000 });
    await expect(wrongName.plugIn(notice)).rejects.toMatchObject({ code: 'E_UNREACHABLE' });
    const stranger = await connected('Kgc', right, 'cp', { authority: 'other', deadline: 2000 });
    await expect(stranger.plugIn(notice)).rejects.toMatchObject({ code: 'E_UNREACHABLE' });
    const named = await connected('Kgc', right, 'cp', { serverName: 'kgc1' });
    await expect(named.plugIn(notice)).resolves.toEqual({});
  });

  it('streams with backpressure and ends the handler when the reader leaves', async () => {
    let made = 0;
    let ended: () => void = () => undefined;
    const end = new Promise<void>((resolve) => (ended = resolve));
    const server = await started(
      'Css',
      {
        async *stream({ fromBlock }) {
          try {
            for (let block = fromBlock; ; block++) {
              made++;
              const envelope = Buffer.alloc(100_000);
              yield {
                block,
                index: 0,
                envelope,
                validationCode: 0,
                lastOfBlock: true,
                header: Buffer.of(1),
                transactions: 1,
                signatures: Buffer.of(),
              };
            }
          } finally {
            ended();
          }
        },
      },
      'css',
    );
    const css = await connected('Css', server, 'cp');
    const seen: number[] = [];
    for await (const { block } of css.stream({ channel: 'datachain', fromBlock: 5 })) {
      seen.push(block);
      if (seen.length === 20) break;
    }
    await end;
    expect(seen).toEqual(Array.from({ length: 20 }, (_, i) => i + 5));
    expect(made).toBeLessThan(500);
  });

  it('ends quietly when the caller aborts, and aborts the handler', async () => {
    let context: CallContext | undefined;
    const server = await started(
      'Css',
      {
        async *stream(_request, call) {
          context = call;
          yield {
            block: 1,
            index: 0,
            envelope: Buffer.of(),
            validationCode: 0,
            lastOfBlock: true,
            header: Buffer.of(),
            transactions: 1,
            signatures: Buffer.of(),
          };
          await never(call.signal);
        },
      },
      'css',
    );
    const css = await connected('Css', server, 'cp');
    const controller = new AbortController();
    const blocks: number[] = [];
    for await (const { block } of css.stream({ channel: 'datachain', fromBlock: 0 }, { signal: controller.signal })) {
      blocks.push(block);
      controller.abort();
    }
    expect(blocks).toEqual([1]);
    await never((context as CallContext).signal);
    expect(context?.signal.aborted).toBe(true);
  });

  it('ends streams at once when the server closes', async () => {
    let ended = false;
    const server = await started(
      'Css',
      {
        async *stream(_request, { signal }) {
          yield {
            block: 1,
            index: 0,
            envelope: Buffer.of(),
            validationCode: 0,
            lastOfBlock: true,
            header: Buffer.of(),
            transactions: 1,
            signatures: Buffer.of(),
          };
          await never(signal);
          ended = true;
        },
      },
      'css',
    );
    const css = await connected('Css', server, 'cp');
    const before = Date.now();
    for await (const { block } of css.stream({ channel: 'datachain', fromBlock: 0 })) {
      expect(block).toBe(1);
      void server.close();
    }
    expect(ended).toBe(true);
    expect(Date.now() - before).toBeLessThan(1500);
  });

  it('talks both ways until the vehicle unplugs', async () => {
    const heard: (string | undefined)[] = [];
    const server = await started(
      'Pile',
      {
        async *session(requests) {
          for await (const request of requests) {
            heard.push(request.message);
            if ('authentication' in request && request.authentication) yield { authentication: request.authentication };
            if ('unplug' in request && request.unplug) yield { accepted: {} };
          }
        },
      },
      'cp',
    );
    const pile = await connected('Pile', server, 'ev');
    const replies: ToVehicle[] = [];
    let next: (message: FromVehicle | undefined) => void = () => undefined;
    async function* requests(): AsyncGenerator<FromVehicle> {
      yield { authentication: Buffer.alloc(16, 1) };
      for (;;) {
        const message = await new Promise<FromVehicle | undefined>((resolve) => (next = resolve));
        if (!message) return;
        yield message;
      }
    }
    for await (const reply of pile.session(requests())) {
      replies.push(reply);
      if (reply.message === 'authentication') next({ unplug: {} });
      if (reply.message === 'accepted') next(undefined);
    }
    expect(heard).toEqual(['authentication', 'unplug']);
    expect(replies.map(({ message }) => message)).toEqual(['authentication', 'accepted']);
  });

  it('gives the failure of the outgoing side of a session to its caller', async () => {
    const server = await started(
      'Pile',
      {
        async *session(requests) {
          for await (const request of requests) if (request.message === 'unplug') yield { accepted: {} };
        },
      },
      'cp',
    );
    const pile = await connected('Pile', server, 'ev');
    // eslint-disable-next-line require-yield
    async function* broken(): AsyncGenerator<FromVehicle> {
      throw new CodedError('E_KEY', 'no key');
    }
    await expect(collect(pile.session(broken()))).rejects.toMatchObject({ code: 'E_KEY' });
  });

  it('reports deadlines, oversize and unreachable servers by the transport’s codes', async () => {
    const server = await started('Kgc', { plugIn: (_notice, { signal }) => never(signal).then(() => ({})) }, 'kgc');
    const notice = { vehicle: Buffer.alloc(16), session: Buffer.alloc(16) };
    const pile = await connected('Kgc', server, 'cp');
    await expect(pile.plugIn(notice, { deadline: 100 })).rejects.toMatchObject({ code: 'E_DEADLINE', transient: true });
    const large = { vehicle: Buffer.alloc(17 * 1024 * 1024), session: Buffer.of() };
    await expect(pile.plugIn(large)).rejects.toMatchObject({ code: 'E_MESSAGE_SIZE' });
    const nobody = await connected('Kgc', { port: 1 }, 'cp', { deadline: 2000 });
    await expect(nobody.plugIn(notice)).rejects.toMatchObject({ code: 'E_UNREACHABLE' });
    const aborted = AbortSignal.abort();
    await expect(pile.plugIn(notice, { signal: aborted })).rejects.toMatchObject({ code: 'E_CANCELLED' });
  });

  it('connects again once a server is back on its port', async () => {
    const handlers: Partial<Handlers<'Kgc'>> = { plugIn: async () => ({}) };
    const first = await started('Kgc', handlers, 'kgc');
    const notice = { vehicle: Buffer.alloc(16), session: Buffer.alloc(16) };
    const pile = await connected('Kgc', first, 'cp');
    await pile.plugIn(notice);
    await first.close();
    await expect(pile.plugIn(notice)).rejects.toMatchObject({ code: 'E_UNREACHABLE' });
    const again = await serve('Kgc', handlers as Handlers<'Kgc'>, {
      tls: await tlsOf('kgc'),
      host: '127.0.0.1',
      port: first.port,
    });
    open.push(again);
    const deadline = Date.now() + 10_000;
    for (;;) {
      try {
        await pile.plugIn(notice);
        break;
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  });

  it('says when its port is taken', async () => {
    const { port } = await started('Kgc', {}, 'kgc');
    const tls = await tlsOf('kgc');
    const second = serve('Kgc', {} as Handlers<'Kgc'>, { tls, host: '127.0.0.1', port });
    await expect(second).rejects.toMatchObject({ code: 'E_LISTEN' });
  });

  it('opens every method to some role and to no unknown one', () => {
    const roles = new Set(Object.values(PERMISSIONS).flatMap((methods) => Object.values(methods).flat()));
    expect([...roles].sort()).toEqual(['cp', 'csc', 'css', 'ev', 'esp', 'kgc'].sort());
    for (const methods of Object.values(PERMISSIONS)) {
      for (const allowed of Object.values(methods)) expect(allowed.length).toBeGreaterThan(0);
    }
  });
});
