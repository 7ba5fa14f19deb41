/** What an operator does about a site's power and a month's bills, by the command line, on a whole system with a station. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ran } from '../cli/testing/ran';
import { ChargingSite, until } from './testing/charging-site';

const PATIENCE = 600_000;
const SITE_W = 5_000;

let folder: string;
let site: ChargingSite;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chargecast-power-'));
  site = await ChargingSite.start();
}, PATIENCE);
afterAll(async () => {
  await site.stop();
  await rm(folder, { recursive: true, force: true });
}, PATIENCE);

test(
  'csc schedule limits the station where the customer is plugged in; csc statement shows the settled session',
  async () => {
    const started = site.tells('Started');
    const session = await site.plugIn();
    await started;
    const file = join(folder, 'site.json');
    const vehicles = [{ customer: site.customer, maxW: 11_000, minW: 1_380 }];
    await writeFile(file, JSON.stringify({ limitW: SITE_W, vehicles }));
    const scheduled = await ran('csc', 'schedule', '--config', site.centreConfig, '--site', file, '--json');
    expect(scheduled).toMatchObject({ exit: 0, stderr: '' });
    expect(JSON.parse(scheduled.stdout)).toMatchObject({
      allotments: [{ customer: site.customer, limitW: SITE_W, state: 'delivered' }],
    });
    const ended = site.tells('Ended');
    await site.command('RequestStopTransaction', { transactionId: session });
    await ended;
    await site.unplug();

    const stated = await until(async () => {
      const month = ['--month', '2025-01'];
      const { exit, stdout } = await ran('csc', 'statement', '--config', site.centreConfig, ...month, '--json');
      expect(exit).toBe(0);
      return stdout.includes('"settled"') ? stdout : undefined;
    }, 'the settled session on the statement');
    expect(stated).toContain(site.customer);

    const { station, records } = await site.settled(1);
    expect(records).toBe(1);
    const limits = station.profiles.flatMap(({ profile }) =>
      profile.chargingSchedule.flatMap(({ chargingSchedulePeriod }) =>
        chargingSchedulePeriod.map(({ limit }) => limit),
      ),
    );
    expect(limits).toEqual([SITE_W]);
  },
  PATIENCE,
);
