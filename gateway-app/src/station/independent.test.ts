/** Stations of another maker: PyPI `ocpp` in one Python process (docs/charging.md says how to have them here). */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { ROOT } from '../deployment/root';
import { commands, StationScene } from '../testing/station-scene';
import { eventually } from '../testing/test-network';
import { energyWh } from './transaction';

const { CHARGECAST_PYTHON } = process.env;
const PYTHON = CHARGECAST_PYTHON ?? 'python3';
// A Python that was named is used, and fails where it cannot.
const isThere =
  CHARGECAST_PYTHON !== undefined || spawnSync(PYTHON, ['-c', 'import ocpp.v201, websockets']).status === 0;
const withPython = isThere ? describe : describe.skip;

const PILES = Array.from({ length: 20 }, (_, i) => `P${i + 1}`);
const SESSION = Uint8Array.from(randomBytes(16));

let scene: StationScene;
let python: ChildProcessWithoutNullStreams | undefined;

type Line = Readonly<Record<string, unknown>>;

async function stations(conduct: string, piles: readonly string[]): Promise<Line[]> {
  const lines: Line[] = [];
  const child = spawn(PYTHON, [join(ROOT, 'gateway-app', 'stations-python', 'stations.py')]);
  python = child;
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line) as Line));
  const named = await Promise.all(piles.map(async (name) => ({ name, password: await scene.password(name) })));
  child.stdin.write(`${JSON.stringify({ url: scene.url, stations: named, conduct })}\n`);
  await eventually(() => lines.some((line) => line['booted'] === piles.length) || undefined, 'the stations to boot');
  return lines;
}

withPython('stations of PyPI ocpp (their Python is python3 or CHARGECAST_PYTHON)', () => {
  beforeEach(async () => {
    scene = await StationScene.start({ callMs: 2000, attempts: 2 }, PILES);
  });
  afterEach(async () => {
    python?.stdin.end();
    if (python && python.exitCode === null) await new Promise((resolve) => python?.once('exit', resolve));
    python = undefined;
    await scene.stop();
  });

  test('twenty of them are limited at once, each to what was said', async () => {
    const lines = await stations('obey', PILES);
    const ids = await Promise.all(PILES.map((pile, i) => scene.accept(commands.limit(1000 + i), { pile })));
    const ends = await Promise.all(ids.map((id) => scene.end(id)));
    expect(ends.map(({ station }) => station?.answer)).toEqual(PILES.map(() => 'accepted'));
    const limits = lines.filter(({ action }) => action === 'SetChargingProfile').map(({ detail }) => detail);
    expect(limits.sort()).toEqual(PILES.map((_, i) => 1000 + i).sort());
  });

  test('a transaction from start to end, with its costs', async () => {
    const lines = await stations('obey', ['P1']);
    const session = Buffer.from(SESSION).toString('hex');
    expect(await scene.act(commands.start(), SESSION)).toMatchObject({ station: { answer: 'accepted' } });
    await eventually(() => scene.stations.journal.ofSession(session), 'the Started event');
    expect(await scene.act(commands.cost(1.5, session), SESSION)).toMatchObject({ station: { answer: 'accepted' } });
    await scene.act(commands.finalCost(4.2, session), SESSION);
    expect(await scene.act(commands.stop(session), SESSION)).toMatchObject({ station: { answer: 'accepted' } });
    const ended = await eventually(() => lines.find((line) => line['event'] === 'Ended'), 'the Ended event');
    expect(ended).toMatchObject({ total_cost: 4.2 });
    const transaction = await scene.stations.journal.ofSession(session);
    expect(transaction && energyWh(transaction)).toBe(2500);
    expect(await scene.act(commands.available(false))).toMatchObject({ station: { answer: 'accepted' } });
    await scene.act(commands.limit(5000));
    expect(await scene.act(commands.clear(7))).toMatchObject({ station: { answer: 'accepted' } });
  });

  test.each([
    ['refuse', { answer: 'rejected', reason: 'Rejected' }, 2],
    // It reads nothing while it is busy with the first.
    ['ignore', { answer: 'unanswered', reason: 'Timeout' }, 1],
    ['unable', { answer: 'rejected', reason: 'NotImplemented' }, 1],
  ])('one that does %s: its answer comes back, within the bound', async (conduct, station, calls) => {
    const lines = await stations(conduct, ['P1']);
    expect(await scene.act(commands.limit(1000))).toMatchObject({ outcome: 'refused', station });
    expect(lines.filter(({ action }) => action === 'SetChargingProfile')).toHaveLength(calls);
  });
});
