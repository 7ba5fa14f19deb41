import { existsSync } from 'node:fs';

import { cpuMilliseconds } from './cpu-time';

const onProc = existsSync('/proc/self/stat') ? test : test.skip;

onProc('counts the time of this process as the system itself tells it', async () => {
  const spin = Date.now() + 200;
  while (Date.now() < spin);
  const counted = await cpuMilliseconds([process.pid]);
  const { user, system } = process.cpuUsage();
  const own = (user + system) / 1000;
  expect(counted).toBeGreaterThan(own - 200);
  // Of children that run as well there are none.
  expect(counted).toBeLessThan(own + 200);
});

onProc('a process that is not there took none', async () => {
  expect(await cpuMilliseconds([2 ** 30])).toBe(0);
});
