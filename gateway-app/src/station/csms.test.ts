import { stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { commands, ScriptedStation, StationScene } from '../testing/station-scene';
import { silentLogger } from '../common/log';
import { Csms } from './csms';
import { passwordFile, StationPasswords } from './passwords';

let scene: StationScene;

beforeEach(async () => {
  scene = await StationScene.start();
});
afterEach(() => scene.stop());

test('only a station with its pile’s password is let in', async () => {
  const stranger = new ScriptedStation({});
  await expect(stranger.connect(scene.url, 'not the password')).rejects.toMatchObject({ code: 401 });
  expect(scene.stations.csms.connected).toBe(0);
  await scene.scripted({});
  expect(scene.stations.csms.connected).toBe(1);
});

test('passwords lie in files of their owner’s own, and stay', async () => {
  const directory = join(scene.directory, 'passwords');
  const first = await scene.password();
  expect((await stat(passwordFile(directory, 'P1'))).mode & 0o777).toBe(0o600);
  const again = await StationPasswords.load(directory, ['P1', 'P2']);
  expect(again.matches('P1', Buffer.from(first))).toBe(true);
  expect(again.matches('P2', Buffer.from(first))).toBe(false);
  expect(again.matches('P3', Buffer.from(first))).toBe(false);
  expect(again.matches('P1', undefined)).toBe(false);
  await writeFile(passwordFile(directory, 'P1'), 'short');
  await expect(StationPasswords.load(directory, ['P1'])).rejects.toMatchObject({ code: 'E_STATION_PASSWORD' });
});

test('a station that connects again takes the place of its former connection', async () => {
  const former = await scene.scripted({ SetChargingProfile: { status: 'Rejected' } });
  const station = await scene.scripted({ SetChargingProfile: { status: 'Accepted' } });
  expect(await scene.act(commands.limit(100))).toMatchObject({ outcome: 'done' });
  expect(scene.stations.csms.connected).toBe(1);
  expect([former.calls.length, station.calls.length]).toEqual([0, 1]);
});

describe('it listens', () => {
  const start = (host: string, port: number): Promise<Csms> =>
    Csms.start({
      host,
      port,
      passwords: { matches: () => false },
      journal: { record: async () => undefined },
      callMs: 1,
      heartbeatSeconds: 1,
      finalCost: async () => undefined,
      log: silentLogger(),
    });

  test('on the loopback interface only', async () => {
    await expect(start('0.0.0.0', 0)).rejects.toMatchObject({ code: 'E_CSMS_HOST' });
  });

  test('or says that the port is taken', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    await expect(start('127.0.0.1', port)).rejects.toMatchObject({ code: 'E_CSMS_LISTEN' });
    await new Promise((resolve) => taken.close(resolve));
  });
});
