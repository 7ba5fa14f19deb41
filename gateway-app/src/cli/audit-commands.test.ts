import { encodeParams, Role, toHex } from '@chargecast/signcryption';
import { message, publicKeys } from '@chargecast/signcryption/testing/world';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';

import { TestChain } from '../testing/test-chain';
import { registerChain } from './chain';
import { createCli } from './command';
import { type ExitCode } from './io';
import { registerParams } from './params';
import { registerSigma } from './sigma';

let directory: string;
let chain: TestChain;
let good: Uint8Array;
const at = (name: string): string => join(directory, name);

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'cli-'));
  chain = await TestChain.create('cli');
  const { world } = chain.consortium;
  const csc = await world.enrol('csc', Role.CSC);
  const ev = await world.enrol('ev', Role.EV);
  const receiver = { keys: publicKeys(ev), bind: new Uint8Array(64), message: message('x') };
  good = (await world.seal(csc, [receiver])).sigma;
  writeFileSync(at('params.json'), encodeParams(world.params));
  writeFileSync(at('good.sigma'), good);
  writeFileSync(
    at('bad.sigma'),
    good.map((byte, index) => (index === good.length - 1 ? byte ^ 1 : byte)),
  );
  writeFileSync(at('junk.sigma'), 'junk');
  writeFileSync(at('junk.json'), '{"format":"chargecast-params/1"}');
});
afterAll(() => rmSync(directory, { recursive: true }));

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
  for (const register of [registerSigma, registerParams, registerChain]) register(cli.program);
  return { exit: await cli.run(args), out: stdout.text, err: stderr.text };
}

const verify = (...args: string[]): ReturnType<typeof run> =>
  run('sigma', 'verify', '--params', at('params.json'), ...args);

describe('sigma verify', () => {
  it('ends well when every σ holds', async () => {
    const { exit, out } = await verify(at('good.sigma'));
    expect(exit).toBe(0);
    expect(out).toContain('1 of 1 hold');
  });

  it('names each that does not hold with its code, and ends with 1', async () => {
    const { exit, out, err } = await verify('--json', at('good.sigma'), at('bad.sigma'), at('junk.sigma'));
    expect([exit, err]).toEqual([1, '']);
    expect(JSON.parse(out)).toMatchObject({
      verified: false,
      files: [
        { file: at('good.sigma'), holds: true },
        { file: at('bad.sigma'), holds: false, code: 'E_SIGMA_SIGNATURE' },
        { holds: false, code: 'E_SIGMA_MALFORMED' },
      ],
    });
  });

  it('looks at the clock only when told a time', async () => {
    expect((await verify('--at', '2026-01-01T00:00:00Z', at('good.sigma'))).exit).toBe(0);
    const { exit, out } = await verify('--at', '1800000000', at('good.sigma'));
    expect(exit).toBe(1);
    expect(out).toContain('E_SIGMA_EXPIRED');
  });

  it.each([
    ['a file that is not there', ['nowhere.sigma'], 'E_FILE_MISSING'],
    ['a folder', ['/'], 'E_FILE_UNREADABLE'],
    ['no file', [], 'E_USAGE'],
    ['a time that is none', ['--at', 'soon', 'x'], 'E_USAGE'],
    ['a negative time', ['--at=-5', 'x'], 'E_USAGE'],
    ['an impossible day', ['--at', '2026-02-31T99:00:00Z', 'x'], 'E_USAGE'],
    ['an unknown option', ['--fast', 'x'], 'E_USAGE'],
  ])('takes %s as misuse', async (_, args, code) => {
    const { exit, out, err } = await verify(...args);
    expect([exit, out]).toEqual([2, '']);
    expect(err).toMatch(new RegExp(`^${code}: .*\n$`));
  });

  it('takes params that are none as misuse', async () => {
    for (const params of ['junk.json', 'good.sigma', 'missing.json']) {
      const { exit, err } = await run('sigma', 'verify', '--params', at(params), at('good.sigma'));
      expect(exit).toBe(2);
      expect(err).toMatch(/^E_(PARAMS|FILE_MISSING): [^\n]*\n$/);
    }
  });

  it('needs a deployment for --chain', async () => {
    const { exit, err } = await verify('--chain', directory, at('good.sigma'));
    expect(exit).toBe(2);
    expect(err).toMatch(/^E_PROFILE_MISSING/);
  });
});

describe('sigma inspect', () => {
  it('shows the header, to people and to programs', async () => {
    const { exit, out } = await run('sigma', 'inspect', at('good.sigma'));
    expect(exit).toBe(0);
    expect(out).toMatch(/^notAfter +\d+ \(2026-01-01T/m);
    const json = await run('sigma', 'inspect', '--json', at('good.sigma'));
    expect(JSON.parse(json.out)).toMatchObject({ epoch: 7, bytes: good.length });
  });

  it('says that junk is none', async () => {
    const { exit, err } = await run('sigma', 'inspect', at('junk.sigma'));
    expect(exit).toBe(1);
    expect(err).toMatch(/^E_SIGMA_MALFORMED: /);
  });
});

describe('params', () => {
  it('shows what is pinned', async () => {
    const { exit, out } = await run('params', at('params.json'));
    expect(exit).toBe(0);
    expect(out).toContain('CSS4MSP');
    const json = await run('params', '--json', at('params.json'));
    expect(JSON.parse(json.out)).toMatchObject({ ctx: toHex(chain.trust.params.ctx) });
  });

  it('refuses a document with any key changed', async () => {
    const document = JSON.parse(encodeParams(chain.trust.params)) as { ctx: string };
    writeFileSync(at('changed.json'), JSON.stringify({ ...document, ctx: 'ab'.repeat(32) }));
    const { exit, err } = await run('params', at('changed.json'));
    expect(exit).toBe(2);
    expect(err).toMatch(/^E_PARAMS: /);
  });
});

describe('chain verify', () => {
  it.each([
    ['no deployment', ['--data', '/nowhere'], 'E_PROFILE_MISSING'],
    ['needles that are not there', ['--needles', '/nowhere'], 'E_FILE_MISSING'],
    ['files of blocks without a trust bundle', ['--blocks', '/nowhere'], 'E_USAGE'],
    ['files of blocks and a deployment', ['--blocks', '/x', '--trust', '/x', '--data', '/x'], 'E_USAGE'],
    ['a folder of blocks that is not there', ['--blocks', '/nowhere', '--trust', '/x'], 'E_FILE_MISSING'],
  ])('takes %s as misuse', async (_, args, code) => {
    const { exit, err } = await run('chain', 'verify', ...args);
    expect(exit).toBe(2);
    expect(err).toMatch(new RegExp(`^${code}: .*\n$`));
  });

  it('names the block that is missing among files', async () => {
    for (const [channel, number] of [
      ['certchain', 0],
      ['datachain', 0],
      ['datachain', 2],
    ] as const) {
      mkdirSync(at(channel), { recursive: true });
      writeFileSync(join(at(channel), `${number}.pb`), '');
    }
    const { exit, err } = await run('chain', 'verify', '--blocks', directory, '--trust', '/x');
    expect([exit, err]).toEqual([2, expect.stringMatching(/^E_FILE_MISSING: .*datachain lacks block 1: /)]);
  });

  it('refuses needles that chance would find', async () => {
    writeFileSync(at('needles'), 'long enough\nshort\n');
    const { exit, err } = await run('chain', 'verify', '--needles', at('needles'));
    expect(exit).toBe(2);
    expect(err).toMatch(/^E_NEEDLES: /);
  });
});
