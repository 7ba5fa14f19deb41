import { issueRoleTls } from '@chargecast/network';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { toChainItems } from '../ledger';
import { type Channel } from '../ledger/port';
import { type ChainItem, type Handlers, readTls, type RpcServer, type RpcTls, serve } from '../rpc';
import { TestChain } from '../testing/test-chain';
import { CssStreamSource } from './css-source';

let directory: string;
let chain: TestChain;
let reader: RpcTls;
const servers: RpcServer[] = [];
const sources: CssStreamSource[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'source-'));
  chain = await TestChain.initialised('css source');
  reader = await tlsOf('cp', 'cp1');
});
afterEach(async () => {
  for (const source of sources.splice(0)) source.close();
  await Promise.all(servers.splice(0).map((server) => server.close()));
});
afterAll(() => rmSync(directory, { recursive: true }));

async function tlsOf(role: 'css' | 'cp', name: string): Promise<RpcTls> {
  const { certPath, keyPath, caPath } = await issueRoleTls({ directory, role, name });
  return readTls({ cert: certPath, key: keyPath, roots: caPath }, '/');
}

interface Gateway {
  readonly name: string;
  readonly mspId: string;
  readonly endpoint: string;
  asked: number;
}

/** A gateway that streams what `stream` makes of the chain and then keeps the stream open. */
async function gateway(name: string, stream: (items: ChainItem[]) => ChainItem[] = (items) => items): Promise<Gateway> {
  const made = { name, mspId: `${name}MSP`, endpoint: '', asked: 0 };
  const handlers: Partial<Handlers<'Css'>> = {
    head: async ({ channel }) => ({ block: chain.blocksOf[channel as Channel].length - 1 }),
    async *stream({ channel, fromBlock }, { signal }) {
      made.asked++;
      const blocks = chain.blocksOf[channel as Channel].slice(fromBlock);
      yield* stream(blocks.flatMap(toChainItems));
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    },
  };
  const tls = await tlsOf('css', name);
  const server = await serve('Css', handlers as Handlers<'Css'>, { tls, host: '127.0.0.1', port: 0 });
  servers.push(server);
  return Object.assign(made, { endpoint: `127.0.0.1:${server.port}` });
}

function sourceOf(...gateways: Gateway[]): CssStreamSource {
  const source = new CssStreamSource(gateways, reader, 50);
  sources.push(source);
  return source;
}

async function take(source: CssStreamSource, count: number, from?: bigint): Promise<bigint[]> {
  const numbers: bigint[] = [];
  const controller = new AbortController();
  const { signal } = controller;
  for await (const { number } of source.blocks('datachain', { signal, ...(from !== undefined && { from }) })) {
    numbers.push(number);
    if (numbers.length === count) controller.abort();
  }
  return numbers;
}

describe('blocks from gateways', () => {
  it('come from the block asked for, and stay with a gateway that serves well', async () => {
    const [first, second] = [await gateway('css1'), await gateway('css2')];
    const source = sourceOf(first, second);
    expect(await take(source, 2, 1n)).toEqual([1n, 2n]);
    expect(await take(source, 1, 2n)).toEqual([2n]);
    expect([first.asked, second.asked]).toEqual([2, 0]);
    expect(await source.head('certchain')).toBe(2n);
  });

  it('come from the next gateway after one that is away, cheats, or whose block the reader refused', async () => {
    const cheat = await gateway('css1', (items) => items.map((item) => ({ ...item, envelope: Buffer.of(7) })));
    const honest = await gateway('css2');
    const away = { ...honest, name: 'css3', endpoint: '127.0.0.1:1' };
    const source = sourceOf(away, cheat, honest);
    await expect(take(source, 1, 0n)).rejects.toMatchObject({ code: 'E_UNREACHABLE' });
    await expect(take(source, 1, 0n)).rejects.toMatchObject({ code: 'E_BLOCK_MALFORMED' });
    const refuse = async (): Promise<void> => {
      for await (const block of source.blocks('datachain', { from: 0n })) throw new Error(`not ${block.number}`);
    };
    await expect(refuse()).rejects.toThrow('not 0');
    expect([cheat.asked, honest.asked]).toEqual([1, 1]);
    await expect(take(source, 1, 0n)).rejects.toMatchObject({ code: 'E_UNREACHABLE' });
    expect(await source.head('datachain')).toBe(2n);
  });

  it('are taken only from a gateway whose certificate carries its name', async () => {
    const named = await gateway('css1');
    const source = sourceOf({ ...named, name: 'css2' });
    await expect(take(source, 1, 0n)).rejects.toMatchObject({ code: 'E_UNREACHABLE' });
    await expect(source.head('datachain')).rejects.toMatchObject({ code: 'E_UNREACHABLE' });
    expect(named.asked).toBe(0);
  });

  it('need a gateway', () => {
    expect(() => new CssStreamSource([], reader)).toThrow(
      expect.objectContaining({ code: 'E_CONFIG_INVALID' }) as Error,
    );
  });
});

describe('attack 30: a gateway withholds the newest blocks', () => {
  it('is left for one that has them, because the others’ heads tell', async () => {
    const withholding = await gateway('css1', (items) => items.filter(({ block }) => block < 2));
    const honest = await gateway('css2');
    const source = sourceOf(withholding, honest);
    await expect(take(source, 9, 0n)).rejects.toMatchObject({ code: 'E_STREAM_BEHIND' });
    expect(await take(source, 1, 2n)).toEqual([2n]);
    expect(honest.asked).toBe(1);
  });

  it('is not suspected while there is nothing newer, or while its reader is slow', async () => {
    const [first, second] = [await gateway('css1'), await gateway('css2')];
    const controller = new AbortController();
    const numbers: bigint[] = [];
    for await (const { number } of sourceOf(first, second).blocks('datachain', {
      from: 0n,
      signal: controller.signal,
    })) {
      numbers.push(number);
      await new Promise((resolve) => setTimeout(resolve, 150));
      if (number === BigInt(chain.blocksOf.datachain.length - 1)) setTimeout(() => controller.abort(), 200);
    }
    expect(numbers).toHaveLength(chain.blocksOf.datachain.length);
    expect([first.asked, second.asked]).toEqual([1, 0]);
  });
});
