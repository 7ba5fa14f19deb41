/** The whole flow in processes of their own, killed at random in the middle: energy and money still agree, nothing leaks. */
import { isPortFree } from '@chargecast/network';
import { decodeRecord, Role } from '@chargecast/signcryption';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { needleForms, openChain } from '../audit';
import { PlaintextScanner } from '../demo/plaintext-scan';
import { type Deployment } from '../deployment/deployment';
import { parseTariff } from '../pricing';
import { readEffects } from '../replica/effects';
import { type BilledTransaction } from '../rpc';
import { SMALL_SYNTHETIC, syntheticSessions } from '../sessions';
import { agrees, runReplay } from '.';
import { type ReplayStations } from './stations';

const PATIENCE = 900_000;
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

/** Published times are whole minutes: several sessions of a vehicle may share one, and still take energy. */
const WITHOUT_TIME = ['0,5', '0,01', '0,2']
  .map((kWh, i) => `90${i};SYN1;SYN1-1;Private;NA;05.01.2025 10:20;10;05.01.2025 10:20;10;${kWh};0\r\n`)
  .join('');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chargecast-replay-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const silent = { step: () => ({ update: () => undefined, done: () => undefined }), line: () => undefined };

async function kill(deployment: Deployment, name: string): Promise<void> {
  await deployment.killRole(name);
  await deployment.startRole(name, 'processes');
}

async function killLedger(deployment: Deployment): Promise<void> {
  const { nodes } = await deployment.consortium.ledger.status();
  const ledger = nodes.find(({ pid }) => pid !== undefined);
  process.kill(ledger?.pid as number, 'SIGKILL');
  const [host, port] = ledger?.endpoint.split(':') as [string, string];
  const deadline = Date.now() + 20_000;
  while (!(await isPortFree(host, Number(port)))) {
    if (Date.now() > deadline) throw new Error('the killed ledger still listens');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await deployment.restartLedger();
}

/** In an order drawn anew for each run. */
async function disturb(deployment: Deployment, stations: ReplayStations): Promise<void> {
  const [pile] = deployment.manifest.fleet.piles;
  const deeds = [
    () => kill(deployment, 'cp1'),
    () => kill(deployment, 'css1'),
    () => stations.cutPower(pile?.name as string),
    () => killLedger(deployment),
    () => kill(deployment, 'csc1'),
  ];
  for (const deed of deeds.map((each) => ({ each, rank: Math.random() })).sort((a, b) => a.rank - b.rank)) {
    await deed.each();
  }
}

/** What each log and block must not show, and that the search finds what is there. */
async function scan(deployment: Deployment, stated: readonly BilledTransaction[]): Promise<void> {
  const { layout, manifest } = deployment;
  const chain = await openChain(layout.directory);
  try {
    const blocks = { certchain: await envelopes('certchain'), datachain: await envelopes('datachain') };
    const vehicles = blocks.certchain
      .flatMap(({ records }) => records)
      .filter(({ record }) => decodeRecord(Uint8Array.from(Buffer.from(record, 'hex'))).role === Role.EV)
      .map(({ f }) => Buffer.from(f, 'hex'));
    expect(vehicles).toHaveLength(manifest.fleet.vehicles.length);
    const names = manifest.fleet.vehicles.flatMap(({ name, contract }) => [name, contract]);
    const prices = stated.flatMap(({ bill }) => [String((JSON.parse(bill) as { totalMinor: number }).totalMinor)]);
    const sealed = ['totalMinor', 'energyWh', 'RequestStartTransaction', 'tariff-of-the-test', 'idToken', ...prices];
    const salts = stated.map(({ salt }) => Buffer.from(salt, 'hex'));
    const secrets = new PlaintextScanner([...names, ...sealed, ...salts].flatMap((each) => needleForms(each)));
    const pseudonyms = new PlaintextScanner(vehicles.flatMap((f) => needleForms(f)));
    const transactions = new PlaintextScanner(stated.flatMap(({ transaction }) => needleForms(transaction)));

    expect(hits(secrets, [...blocks.certchain, ...blocks.datachain])).toBe(0);
    expect(hits(pseudonyms, blocks.datachain)).toBe(0);
    expect(hits(pseudonyms, blocks.certchain)).toBeGreaterThan(0);
    expect(hits(transactions, blocks.datachain)).toBeGreaterThan(0);
    for (const log of await logs()) {
      expect([log.name, secrets.count(log.bytes), pseudonyms.count(log.bytes), transactions.count(log.bytes)]).toEqual([
        log.name,
        0,
        0,
        0,
      ]);
    }
  } finally {
    chain.ledger.close();
  }

  function hits(scanner: PlaintextScanner, all: readonly { readonly bytes: Uint8Array }[]): number {
    return all.reduce((sum, { bytes }) => sum + scanner.count(bytes), 0);
  }

  async function envelopes(
    channel: 'certchain' | 'datachain',
  ): Promise<{ bytes: Uint8Array; records: { f: string; record: string }[] }[]> {
    const found: { bytes: Uint8Array; records: { f: string; record: string }[] }[] = [];
    const stop = new AbortController();
    for await (const block of chain.ledger.blocks(channel, { from: 0n, signal: stop.signal })) {
      for (const transaction of block.transactions) {
        const { records } = transaction.valid ? readEffects(transaction) : { records: [] };
        found.push({
          bytes: transaction.envelope,
          records: records.map(({ f, entry }) => ({ f, record: entry.record })),
        });
      }
      if (block.number === chain.heights[channel] - 1n) stop.abort();
    }
    return found;
  }

  async function logs(): Promise<{ name: string; bytes: Uint8Array }[]> {
    const files = await readdir(layout.directory, { recursive: true });
    // Numbered ones are a database's own, of sealed stores and of the ledger's blocks, which are looked through above.
    const named = files.filter((file) => file.endsWith('.log') && !/\d{6}\.log$/.test(file));
    expect(named.length).toBeGreaterThan(5);
    return Promise.all(named.map(async (name) => ({ name, bytes: await readFile(join(layout.directory, name)) })));
  }
}

test(
  'kill −9 of pile agent, gateway, ledger and centre, a station’s power cut, all in the middle: the sums agree; nothing is in clear',
  async () => {
    const sessions = join(folder, 'sessions.csv');
    await writeFile(sessions, syntheticSessions({ ...SMALL_SYNTHETIC, vehicles: 4, garages: 2 }) + WITHOUT_TIME);
    const directory = join(folder, 'data');
    const signal = new AbortController().signal;
    const options = { directory, sessions, ledger: 'embedded' as const, speed: 'max' as const, tariff: TARIFF, signal };
    const summary = await runReplay({ ...options, mode: 'processes', disturb, inspect: scan }, silent);
    expect(summary).toMatchObject({ disputed: 0, bills: summary.sessionsPlayed, settlements: summary.sessionsPlayed });
    expect(summary.sessionsPlayed).toBeGreaterThan(8);
    expect(agrees(summary)).toBe(true);
    expect(agrees({ ...summary, settledMinor: summary.settledMinor + 1 })).toBe(false);
  },
  PATIENCE,
);
