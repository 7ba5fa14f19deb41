import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { freePorts } from './free-ports';

const run = promisify(execFile);

test('ports promised to others are not given again', async () => {
  const first = await freePorts(4);
  expect(await freePorts(4, { wanted: first })).toBe(first);
  for (const wanted of [first - 3, first, first + 3]) {
    const other = await freePorts(4, { wanted, promised: { first, count: 4 } });
    expect(Math.abs(other - first)).toBeGreaterThanOrEqual(4);
  }
});

test('no port is given twice to processes that ask at the same moment', async () => {
  const PROCESSES = 3;
  const CALLS = 12;
  const COUNT = 40;
  const script = `
    const { freePorts } = require('@chargecast/network');
    Promise.all(Array.from({ length: ${CALLS} }, () => freePorts(${COUNT}))).then((firsts) => console.log(JSON.stringify(firsts)));
  `;
  const answers = await Promise.all(
    Array.from({ length: PROCESSES }, () => run(process.execPath, ['--eval', script], { cwd: __dirname })),
  );
  const firsts = answers.flatMap(({ stdout }) => JSON.parse(stdout) as number[]).sort((a, b) => a - b);
  expect(firsts).toHaveLength(PROCESSES * CALLS);
  for (const [index, first] of firsts.slice(1).entries()) {
    expect(first - (firsts[index] ?? 0)).toBeGreaterThanOrEqual(COUNT);
  }
});
