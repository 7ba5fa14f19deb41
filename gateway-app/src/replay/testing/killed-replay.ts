import { type LedgerKind } from '@chargecast/network';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Deployment } from '../../deployment/deployment';
import { parseTariff } from '../../pricing';
import { type BilledTransaction } from '../../rpc';
import { SMALL_SYNTHETIC, syntheticSessions } from '../../sessions';
import { agrees, type ReplaySummary, runReplay } from '..';
import { VICTIMS } from '../kills';
import { blocksOf, LeakScan, logsOf, metricsOf, needlesOf, planted, type Source } from './leak-scan';

/** A σ lost with a process is sealed anew after 900 s. */
const PATIENCE = 1_400_000;
/** A fee that makes every total a number nobody writes by chance. */
const TARIFF = parseTariff({
  id: 'tariff-of-the-test',
  currency: 'NOK',
  zone: 'Europe/Oslo',
  perMwh: 196_000,
  periods: [{ name: 'night', from: '22:00', to: '06:00', perMwh: 148_500 }],
  idle: { perHour: 500, graceSeconds: 3_600 },
  perSession: 714_285_713,
  taxPercent: 25,
});
const KILLS = 2 * VICTIMS.length;

/** Published times are whole minutes: several sessions of a vehicle may share one, and still take energy. */
const WITHOUT_TIME = ['0,5', '0,01', '0,2']
  .map((kWh, i) => `90${i};SYN1;SYN1-1;Private;NA;05.01.2025 10:20;10;05.01.2025 10:20;10;${kWh};0\r\n`)
  .join('');

const silent = { step: () => ({ update: () => undefined, done: () => undefined }), line: () => undefined };

/** The whole flow in processes of their own, killed at random in the middle: energy and money still agree, nothing leaks. */
export function killedReplay(ledger: LedgerKind): void {
  let folder: string;
  let summary: ReplaySummary;
  let metrics: Source[];
  let logs: Source[];
  let blocks: Awaited<ReturnType<typeof blocksOf>>;
  let deployed: Deployment;
  let stated: readonly BilledTransaction[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chargecast-replay-'));
    const sessions = join(folder, 'sessions.csv');
    await writeFile(sessions, syntheticSessions({ ...SMALL_SYNTHETIC, vehicles: 4, garages: 2 }) + WITHOUT_TIME);
    summary = await runReplay(
      {
        directory: join(folder, 'data'),
        sessions,
        ledger,
        speed: 'max',
        tariff: TARIFF,
        kill: KILLS,
        people: true,
        logLevel: 'trace',
        signal: new AbortController().signal,
        observe: async (deployment) => {
          metrics = await metricsOf(deployment);
        },
        inspect: async (deployment, transactions) => {
          [deployed, stated] = [deployment, transactions];
          blocks = await blocksOf(deployment);
          logs = await logsOf(deployment);
        },
      },
      silent,
    );
  }, PATIENCE);
  // What a run that failed has logged stays, to be read.
  afterAll(() => (summary as ReplaySummary | undefined) && rm(folder, { recursive: true, force: true }));

  test('kill −9 of pile agents, gateways, centres, stations and the ledger in the middle: the sums agree', () => {
    expect(summary.kills).toEqual({ agent: 2, gateway: 2, centre: 2, station: 2, ledger: 2 });
    expect(summary).toMatchObject({ disputed: 0, bills: summary.sessionsPlayed, settlements: summary.sessionsPlayed });
    expect(summary.sessionsPlayed).toBeGreaterThan(8);
    expect(agrees(summary)).toBe(true);
    expect(agrees({ ...summary, settledMinor: summary.settledMinor + 1 })).toBe(false);
  });

  describe('what logs, metrics and blocks show', () => {
    const needles = (): ReturnType<typeof needlesOf> => needlesOf(deployed, stated, blocks.pseudonyms, [TARIFF.id]);

    it('is looked for in the log of every role, the metrics of every service and both channels', () => {
      const roles = deployed.places.map(({ name }) => join('roles', name, 'role.log'));
      const written = new Set(logs.filter(({ bytes }) => bytes.length > 0).map(({ name }) => name));
      expect(roles.filter((log) => !written.has(log))).toEqual([]);
      expect(metrics.map(({ name }) => name)).toEqual(deployed.services.map(({ name }) => `metrics of ${name}`));
      expect(new Set(deployed.services.map(({ role }) => role))).toEqual(new Set(['css', 'kgc', 'esp', 'csc']));
      expect(new Set(blocks.sources.map(({ channel }) => channel))).toEqual(new Set(['certchain', 'datachain']));
      expect(blocks.pseudonyms).toHaveLength(deployed.manifest.fleet.vehicles.length);
      expect(stated).toHaveLength(summary.sessionsPlayed);
    });

    it('is no name, contract, price, plaintext, pseudonym of a vehicle or transaction, but for records in their channels', () => {
      const scan = new LeakScan(needles());
      expect(scan.leaks([...logs, ...metrics, ...blocks.sources])).toEqual([]);
      const shown = (channel: string, kind: 'vehicle' | 'transaction'): boolean =>
        blocks.sources.some((source) => source.channel === channel && scan.shows(source, kind));
      expect([shown('certchain', 'vehicle'), shown('datachain', 'transaction')]).toEqual([true, true]);
    });

    it('is found where anything leaks', () => {
      const found = needles();
      const scan = new LeakScan(found);
      for (const kind of ['plaintext', 'vehicle', 'transaction'] as const) {
        const places = [...logs, ...metrics, ...blocks.sources.filter(({ channel }) => isForeign(kind, channel))];
        const needles = found[kind];
        for (let i = 0; i < Math.max(needles.length, places.length); i++) {
          const place = places[i % places.length] as Source;
          const leaky = planted(place, needles[i % needles.length] as string);
          expect(scan.leaks([leaky])).toEqual([`${place.name}: ${kind}`]);
        }
      }
    });

    function isForeign(kind: 'plaintext' | 'vehicle' | 'transaction', channel: Source['channel']): boolean {
      return kind === 'plaintext' || (kind === 'vehicle' ? channel === 'datachain' : channel === 'certchain');
    }
  });
}
