/** A day of sessions as who has nothing but the HTTP API sees it: followed while it happens, exported, audited. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { type LedgerKind, type Person } from '@chargecast/network';
import { fromHex, SIGMA_TREE, verifyInclusion } from '@chargecast/signcryption';

import { type ChainReport, judgeSigma, storedBlocks, verifyChain } from '../../audit';
import { parseTrust, type TrustBundle } from '../../ledger';
import { type ReplaySummary } from '../../replay/summary';
import { Follower } from '../../rest/testing/follower';
import { AUDITOR, operatorOf, type PeopleSite } from './people-site';
import { replayedSite } from './replayed-site';

const PATIENCE = 900_000;
const CENTRES = ['csc1', 'csc2'] as const;
const GATEWAY = 'css1';
const CHANNELS = ['certchain', 'datachain'] as const;
const VEHICLES = 4;
/** Small, so that every list has many pages. */
const PAGE = 7;

interface Command {
  readonly id: string;
  readonly action: string;
  readonly stage: string;
}

/** What one follower knows: the state it began with, and each change since. */
interface Followed {
  readonly follower: Follower;
  readonly before: readonly Command[];
}

export function daySuite(ledger: LedgerKind): void {
  let followed: Map<string, Followed>;
  let summary: ReplaySummary;
  let site: PeopleSite;
  let download: string;
  let trust: TrustBundle;

  beforeAll(async () => {
    followed = new Map();
    ({ site, summary } = await replayedSite(ledger, VEHICLES, follow));
    for (const { follower } of followed.values()) follower.stop();
  }, PATIENCE);
  afterAll(() => site?.stop(), PATIENCE);

  async function follow(live: PeopleSite): Promise<void> {
    const streams: [string, Person][] = [...CENTRES.map((name): [string, Person] => [name, operatorOf(name)])];
    for (const [service, person] of [...streams, [GATEWAY, AUDITOR] as const]) {
      const follower = await Follower.start(`${live.urlOf(service)}/v1/events`, await live.tls(person));
      const before = service === GATEWAY ? [] : await all<Command>(live, service, '/v1/commands', person);
      followed.set(service, { follower, before });
    }
    const { follower } = followed.get('csc1') as Followed;
    await live.until(
      'something happens at the first centre',
      () => Promise.resolve(follower.events.length),
      (seen) => seen >= 5,
    );
    await follower.interrupt();
  }

  /** Every page of a list. */
  async function all<T>(from: PeopleSite, service: string, path: string, person: Person): Promise<T[]> {
    const found: T[] = [];
    let cursor = '';
    do {
      const asked = `${path}${path.includes('?') ? '&' : '?'}limit=${PAGE}${cursor === '' ? '' : `&cursor=${cursor}`}`;
      const { status, text } = await from.ask(service, asked, person);
      expect([asked, status]).toEqual([asked, 200]);
      const { items, next } = JSON.parse(text) as { items: T[]; next: string | null };
      found.push(...items);
      cursor = next ?? '';
    } while (cursor !== '');
    return found;
  }

  /** Every page of a list as CSV, by the links that lead from one to the next. */
  async function exported(service: string, path: string, person: Person): Promise<Record<string, string>[]> {
    const rows: Record<string, string>[] = [];
    let next: string | undefined = `${path}?limit=${PAGE}&format=csv`;
    while (next !== undefined) {
      const { status, text, headers } = await site.ask(service, next, person);
      expect(status).toBe(200);
      const [names = '', ...lines] = text.split('\r\n').slice(0, -1);
      const columns = names.split(',');
      rows.push(
        ...lines.map((line) => Object.fromEntries(line.split(',').map((cell, at) => [columns[at] ?? '', cell]))),
      );
      next = /<([^>]+)>; rel="next"/.exec(String(headers.link ?? ''))?.[1];
    }
    return rows;
  }

  const sum = (rows: readonly Record<string, string>[], column: string): number =>
    rows.reduce((total, row) => total + Number(row[column]), 0);

  it('is followed as it happens: every start, every bill, every block, across an interruption', () => {
    expect(summary.sessionsPlayed).toBeGreaterThan(VEHICLES);
    const done: Command[] = [];
    for (const service of CENTRES) {
      const { follower, before } = followed.get(service) as Followed;
      const commands = follower.events.filter(({ type }) => type === 'command').map(({ data }) => data as never);
      done.push(...[...before, ...(commands as Command[])].filter(({ stage }) => stage === 'delivered'));
      const numbers = follower.events.map(({ id }) => Number(id.split('-')[1]));
      expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] as number) + index));
      expect(follower.events.filter(({ type }) => type === 'reset')).toEqual([]);
    }
    const delivered = (action: string): number =>
      new Set(done.filter((each) => each.action === action).map(({ id }) => id)).size;
    expect(delivered('RequestStartTransaction')).toBe(summary.sessionsPlayed);
    expect(delivered('Bill')).toBe(summary.settlements);

    const blocks = (followed.get(GATEWAY) as Followed).follower.events
      .filter(({ type, data }) => type === 'block' && data['channel'] === 'datachain')
      .map(({ data }) => data['number'] as number);
    expect(blocks).toEqual(blocks.map((_, index) => (blocks[0] as number) + index));
    expect(blocks.length).toBeGreaterThan(VEHICLES);
  });

  it(
    'is exported page by page: counts and sums are those of the ledger',
    async () => {
      const sessions: Record<string, string>[] = [];
      const bills: Record<string, string>[] = [];
      for (const centre of CENTRES) {
        sessions.push(...(await exported(centre, '/v1/sessions', operatorOf(centre))));
        bills.push(...(await exported(centre, '/v1/bills', operatorOf(centre))));
      }
      const records = await exported(GATEWAY, '/v1/charging-records', AUDITOR);
      const largest = await site.ask(GATEWAY, '/v1/charging-records?limit=500', AUDITOR);
      expect([largest.status, largest.json<{ items: object[] }>().items.length]).toEqual([200, summary.records]);
      const named = (rows: readonly Record<string, string>[]): (string | undefined)[] =>
        rows.map(({ transaction }) => transaction).sort();
      expect(records).toHaveLength(summary.records);
      expect(named(sessions)).toEqual(named(records));
      expect(named(bills)).toEqual(named(records));
      expect(new Set(sessions.map(({ state }) => state))).toEqual(new Set(['settled']));
      expect([sum(records, 'energyWh'), sum(sessions, 'energyWh'), sum(bills, 'energyWh')]).toEqual([
        summary.energyWh,
        summary.energyWh,
        summary.energyWh,
      ]);
      expect([sum(sessions, 'totalMinor'), sum(bills, 'totalMinor')]).toEqual([
        summary.billedMinor,
        summary.billedMinor,
      ]);
      expect([sum(sessions, 'settledMinor'), summary.billedMinor]).toEqual([
        summary.settledMinor,
        summary.settledMinor,
      ]);
    },
    PATIENCE,
  );

  it(
    'is audited from what was downloaded: every block, every σ; a changed byte is found',
    async () => {
      const raw = async (path: string): Promise<Uint8Array> => (await site.ask(GATEWAY, path, AUDITOR)).bytes;
      trust = parseTrust((await site.ask(GATEWAY, '/v1/trust', AUDITOR)).json(), 'the gateway');
      download = join(site.deployment.layout.directory, 'download');
      const { items } = (await site.ask(GATEWAY, '/v1/channels', AUDITOR)).json<{
        items: { channel: string; height: number }[];
      }>();
      for (const channel of CHANNELS) {
        await mkdir(join(download, channel), { recursive: true });
        const { height = 0 } = items.find((each) => each.channel === channel) ?? {};
        for (let number = 0; number < height; number++) {
          await writeFile(
            join(download, channel, `${number}.pb`),
            await raw(`/v1/blocks/${channel}/${number}?format=raw`),
          );
        }
      }
      const committed = new Set<string>();
      const report = await verified((sigmaId) => void committed.add(sigmaId));
      expect([report.verified, report.faults]).toEqual([true, []]);

      const listed = await all<{ id: string; block: number; index: number }>(site, GATEWAY, '/v1/sigmas', AUDITOR);
      expect(new Set(listed.map(({ id }) => id))).toEqual(committed);
      for (const { id } of listed) {
        expect(judgeSigma(trust.params, await raw(`/v1/sigmas/${id}?format=raw`))).toEqual({ id, holds: true });
        const place = (await site.ask(GATEWAY, `/v1/sigmas/${id}`, AUDITOR)).json<{
          index: number;
          leaves: number;
          root: string;
          path: string[];
        }>();
        verifyInclusion(SIGMA_TREE, fromHex(place.root, 64), fromHex(id, 32), {
          index: place.index,
          count: place.leaves,
          path: place.path.map((node) => fromHex(node, 64)),
        });
      }
      expect(listed.length).toBeGreaterThan(VEHICLES);

      const [changed] = listed.map(({ block }) => join(download, 'datachain', `${block}.pb`));
      const bytes = await readFile(changed as string);
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
      await writeFile(changed as string, bytes);
      expect((await verified()).faults.length).toBeGreaterThan(0);
    },
    PATIENCE,
  );

  async function verified(onSigma: (sigmaId: string) => void = () => undefined): Promise<ChainReport> {
    return verifyChain({ trust, ...(await storedBlocks(download)), onSigma });
  }
}
