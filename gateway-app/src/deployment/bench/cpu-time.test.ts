import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';

import { cpuMilliseconds } from './cpu-time';

const onProc = existsSync('/proc/self/stat') ? test : test.skip;

/** Works for a while, says what the system counted of it, and waits to be ended. */
const WORKER = `
  while (process.cpuUsage().user < 300_000);
  const { user, system } = process.cpuUsage();
  process.stdout.write(String((user + system) / 1000));
  setInterval(() => {}, 60_000);
`;

onProc('counts the time of a process and of those it started, as each counts its own', async () => {
  const parent = spawn(process.execPath, [
    '-e',
    `const child = require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(WORKER)}]);
     process.on('SIGTERM', () => { child.kill('SIGKILL'); process.exit(); });
     child.stdout.once('data', (theirs) => {
       const { user, system } = process.cpuUsage();
       process.stdout.write(String(Number(theirs) + (user + system) / 1000));
     });`,
  ]);
  try {
    const [told] = (await once(parent.stdout, 'data')) as [Buffer];
    const counted = await cpuMilliseconds([parent.pid as number]);
    expect(Number(told)).toBeGreaterThan(300);
    // Ticks are of 10 ms, and each process goes on a little after it told its own.
    expect(counted).toBeGreaterThan(Number(told) - 50);
    expect(counted).toBeLessThan(Number(told) + 150);
  } finally {
    parent.kill('SIGTERM');
    await once(parent, 'exit');
  }
});

onProc('a process that is not there took none', async () => {
  expect(await cpuMilliseconds([2 ** 30])).toBe(0);
});
