import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';

import { Backoff, pause, untilAborted } from './abort';
import { loadConfig, parseAddress, redacted, roleConfigSchema } from './config';
import { CodedError, codeOf, describeError, parseCodedText } from './errors';
import { privateDirectory, readFileCoded, readSecretFile, writePrivateFile } from './files';
import { createLogger } from './log';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'common-'));
});
afterEach(() => rmSync(directory, { recursive: true }));
const at = (name: string): string => join(directory, name);

describe('errors', () => {
  it('keep a code from any package; what has none is internal', () => {
    const coded = new CodedError('E_ONE', 'first', { cause: 1 });
    expect(codeOf(coded)).toBe('E_ONE');
    expect(codeOf(Object.assign(new Error('x'), { code: 'E_FOREIGN' }))).toBe('E_FOREIGN');
    expect(
      [new Error('x'), Object.assign(new Error('x'), { code: 'ENOENT' }), { code: 'E_X' }, undefined].map(codeOf),
    ).toEqual([undefined, undefined, undefined, undefined]);
    expect([describeError(coded), describeError(new TypeError('odd')), describeError('text')]).toEqual([
      'E_ONE: first',
      'E_INTERNAL: odd',
      'E_INTERNAL: text',
    ]);
  });

  it('are found in foreign words', () => {
    const wrapped = '10 ABORTED: failed; chaincode response 500, E_SLOT: not now: wait\nstack';
    expect(parseCodedText(wrapped)).toEqual({ code: 'E_SLOT', message: 'not now: wait' });
    expect(parseCodedText('SOME_SLOT: no code of ours')).toBeUndefined();
  });
});

describe('files', () => {
  it('that hold secrets are their owner’s alone and written whole', async () => {
    await writePrivateFile(at('deep/key'), 'secret');
    expect(readFileSync(at('deep/key'), 'utf8')).toBe('secret');
    expect(statSync(at('deep/key')).mode & 0o777).toBe(0o600);
    expect(statSync(await privateDirectory(at('deep'))).mode & 0o777).toBe(0o700);
    expect((await readSecretFile(at('deep/key'))).toString()).toBe('secret');
    chmodSync(at('deep/key'), 0o640);
    await expect(readSecretFile(at('deep/key'))).rejects.toMatchObject({ code: 'E_KEY_FILE_MODE' });
  });

  it('that cannot be read say which and why', async () => {
    await expect(readFileCoded(at('none'))).rejects.toMatchObject({ code: 'E_FILE_MISSING' });
    await expect(readFileCoded(directory)).rejects.toMatchObject({ code: 'E_FILE_UNREADABLE' });
  });
});

describe('configuration', () => {
  const valid = {
    role: 'cp',
    name: 'cp-1',
    listen: '127.0.0.1:0',
    dataDir: 'data',
    tls: { cert: 'c', key: 'k', roots: 'r' },
    trust: '../../trust.json',
    peers: { css: [{ name: 'css1', mspId: 'CSS1MSP', endpoint: '127.0.0.1:7051' }] },
  };
  const load = async (config: unknown): Promise<unknown> => {
    writeFileSync(at('config.json'), typeof config === 'string' ? config : JSON.stringify(config));
    return loadConfig(at('config.json'), roleConfigSchema);
  };

  it('is validated, with relative paths meant from its file', async () => {
    const loaded = (await load(valid)) as Awaited<ReturnType<typeof loadConfig<typeof roleConfigSchema>>>;
    expect(loaded.config.peers).toMatchObject({ css: [{ name: 'css1' }], esp: [], csc: [] });
    expect(loaded.path('data')).toBe(at('data'));
    expect(loaded.path('/abs')).toBe('/abs');
  });

  it.each<[string, unknown, RegExp]>([
    ['a missing member', { ...valid, trust: undefined }, /trust: /],
    ['an unknown member', { ...valid, trusted: 1 }, /trusted/],
    ['an endpoint without a port', { ...valid, peers: { kgc: 'host' } }, /peers\.kgc: must be host:port/],
    ['a port out of range', { ...valid, listen: 'host:70000' }, /listen: must be host:port/],
    ['port 0 to connect to', { ...valid, peers: { kgc: 'host:0' } }, /peers\.kgc/],
    ['a name with a slash', { ...valid, name: 'a/b' }, /name: must be/],
    ['an unknown role', { ...valid, role: 'boss' }, /role: /],
  ])('with %s is refused, naming the place', async (_, config, text) => {
    await expect(load(config)).rejects.toMatchObject({
      code: 'E_CONFIG_INVALID',
      message: expect.stringMatching(text) as string,
    });
  });

  it('that is no JSON is refused', async () => {
    await expect(load('{')).rejects.toMatchObject({ code: 'E_CONFIG_SYNTAX' });
  });

  it('shows no secret', () => {
    expect(redacted({ a: [{ apiToken: 'x', name: 'n' }], seed: 's', keyFile: 'path' })).toEqual({
      a: [{ apiToken: '[redacted]', name: 'n' }],
      seed: '[redacted]',
      keyFile: 'path',
    });
  });

  it.each([
    ['127.0.0.1:80', { host: '127.0.0.1', port: 80 }],
    ['[::1]:443', { host: '::1', port: 443 }],
  ])('splits %s', (address, expected) => {
    expect(parseAddress(address)).toEqual(expected);
    expect(z.object({ a: roleConfigSchema.shape.listen }).safeParse({ a: address }).success).toBe(true);
  });
});

describe('the log', () => {
  it('names neither keys nor people, whatever it is given', async () => {
    const file = at('log/role.log');
    const logger = createLogger({ role: 'cp', name: 'cp-1', file });
    const person = { vehicle: 'VIN-1', f: 'pseudonym', key: 'secret', payload: 'limit 7 kW', sender: 'csc-9' };
    logger.info({ sigma: 'abcd', ...person, inner: person }, 'opened');
    const error = new CodedError('E_X', 'no', { cause: new TypeError('deep') });
    logger.error({ err: error }, 'failed');
    const text = await readFile(file, 'utf8');
    for (const secret of Object.values(person)) expect(text).not.toContain(secret);
    const [first, second] = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(first).toMatchObject({ level: 'info', role: 'cp', name: 'cp-1', sigma: 'abcd', msg: 'opened' });
    expect(second?.err).toMatchObject({ code: 'E_X', text: 'no', cause: { type: 'TypeError', text: 'deep' } });
    expect((second?.err as { stack?: string }).stack).toBeUndefined();
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});

describe('waiting', () => {
  it('ends at once with the signal', async () => {
    const controller = new AbortController();
    const never = new Promise<number>(() => undefined);
    const waits = [untilAborted(never, controller.signal), pause(1e6, controller.signal)];
    waits.push(new Backoff(1e6, 1e6).wait(controller.signal));
    controller.abort();
    expect(await Promise.all(waits)).toEqual([undefined, undefined, undefined]);
    expect(await untilAborted(never, controller.signal)).toBeUndefined();
    expect(await untilAborted(Promise.resolve(7), new AbortController().signal)).toBe(7);
    await expect(untilAborted(Promise.reject(new Error('x')), new AbortController().signal)).rejects.toThrow('x');
  });

  it('on the end of a role is for as many as there are, without a warning', () => {
    const told = (made: string): string => {
      const waiting = `const { pause, stopOfRole } = require(${JSON.stringify(resolve(__dirname, '../../dist/common/abort.js'))});
        const stop = ${made};
        for (let i = 0; i < 100; i++) pause(60_000, stop.signal);
        stop.abort();`;
      return spawnSync(process.execPath, ['-e', waiting], { encoding: 'utf8' }).stderr;
    };
    expect(told('stopOfRole()')).toBe('');
    expect(told('new AbortController()')).toContain('MaxListenersExceededWarning');
  });

  it('grows to its limit and begins anew', async () => {
    const waited: number[] = [];
    const timer = jest.spyOn(globalThis, 'setTimeout').mockImplementation(((run: () => void, ms: number) => {
      waited.push(ms);
      queueMicrotask(run);
    }) as never);
    const backoff = new Backoff(100, 400);
    const { signal } = new AbortController();
    for (let attempt = 0; attempt < 4; attempt++) await backoff.wait(signal);
    backoff.reset();
    await backoff.wait(signal);
    timer.mockRestore();
    for (const [index, full] of [100, 200, 400, 400, 100].entries()) {
      expect(waited[index]).toBeGreaterThanOrEqual(full / 2);
      expect(waited[index]).toBeLessThanOrEqual(full);
    }
  });
});
