import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';

import { createCli } from './command';
import { registerConformance } from './conformance';
import { type ExitCode } from './io';

const GROUPS = ['transactions', 'blockevents', 'chaincodeevents', 'offlinesign', 'errors'];
const UNSUPPORTED = `Feature: f
  Scenario: a module
    Given I register and enroll an HSM user Carol in MSP Org1MSP
`;
const FAILED = `Feature: f
  Scenario: a moon
    When I wait for the moon
`;

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cli-conformance-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

class Sink extends Writable {
  text = '';
  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

async function run(...args: string[]): Promise<{ exit: ExitCode; out: string; err: string }> {
  const stdout = new Sink();
  const stderr = new Sink();
  const cli = createCli('chargecast', '', { stdout, stderr, environment: {} });
  registerConformance(cli.program);
  return { exit: await cli.run(['conformance', ...args]), out: stdout.text, err: stderr.text };
}

/** A checkout with one feature text in the first file and nothing in the others. */
function checkout(first: string): void {
  const features = join(directory, 'scenario', 'features');
  mkdirSync(features, { recursive: true });
  mkdirSync(join(directory, 'node'));
  const manifest = { name: '@hyperledger/fabric-gateway', version: '1.2.3' };
  writeFileSync(join(directory, 'node', 'package.json'), JSON.stringify(manifest));
  for (const group of GROUPS) writeFileSync(join(features, `${group}.feature`), 'Feature: none');
  writeFileSync(join(features, `${GROUPS[0]}.feature`), first);
}

it('refuses what is no checkout as misuse', async () => {
  expect(await run('--from', directory)).toMatchObject({
    exit: 2,
    out: '',
    err: expect.stringMatching(/^E_CONFORMANCE_CHECKOUT: .* is no checkout of fabric-gateway/) as string,
  });
  expect(await run()).toMatchObject({ exit: 2, err: expect.stringMatching(/--from <dir>/) as string });
});

it('lists what is unsupported with its reason, which is no failure', async () => {
  checkout(UNSUPPORTED);
  const { exit, out } = await run('--from', directory);
  expect(exit).toBe(0);
  expect(out).toMatch(/^transactions\n {2}unsupported {2}a module \(line 2\)\n {15}identities in a hardware security/);
  expect(out).toMatch(/fabric-gateway 1\.2\.3, client \d+\.\d+\.\d+\n/);
  expect(out).toMatch(/all: 0 passed, 0 failed, 1 unsupported\n$/);
});

it('ends with 1 where a scenario fails, and gives the report as JSON', async () => {
  checkout(FAILED);
  const { exit, out } = await run('--from', directory, '--json');
  expect(exit).toBe(1);
  expect(JSON.parse(out)).toMatchObject({
    suite: { version: '1.2.3' },
    counts: { passed: 0, failed: 1, unsupported: 0 },
    scenarios: [{ group: 'transactions', name: 'a moon', status: 'failed', step: 'I wait for the moon' }],
  });
});
