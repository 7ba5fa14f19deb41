import { Writable } from 'node:stream';

import { CodedError } from '../common/errors';
import { createCli, type Register } from './command';
import { type ExitCode, MisuseError } from './io';

class Sink extends Writable {
  text = '';
  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

async function run(register: Register, ...args: string[]): Promise<{ exit: ExitCode; out: string; err: string }> {
  const stdout = new Sink();
  const stderr = new Sink();
  const cli = createCli('tool', 'a tool', { stdout, stderr, environment: {} });
  register(cli.program);
  const exit = await cli.run(args);
  return { exit, out: stdout.text, err: stderr.text };
}

const noun: Register = (program) => {
  const thing = program.group('thing', 'things');
  thing.verb<{ size?: string }>(
    'show <names...>',
    'shows things',
    (command) => command.option('--size <n>', 'how big'),
    async (io, { size }, ...names) => {
      io.line(`${names.join('+')} ${size ?? '-'}`);
      io.result({ names, size });
      if (names.includes('bad')) throw new MisuseError('E_THING', 'not a thing');
      if (names.includes('down')) throw new CodedError('E_DOWN', 'is\ndown');
      if (names.includes('file')) throw new CodedError('E_FILE_MISSING', 'no file');
      if (names.includes('bug')) throw new TypeError('internal');
      return names.includes('no') ? 1 : 0;
    },
  );
};

describe('the command line', () => {
  it('gives operands and options to the action', async () => {
    expect(await run(noun, 'thing', 'show', 'a', 'b', '--size', '3')).toEqual({ exit: 0, out: 'a+b 3\n', err: '' });
  });

  it('keeps stdout to JSON with --json', async () => {
    const { exit, out } = await run(noun, 'thing', 'show', 'a', '--json');
    expect(exit).toBe(0);
    expect(JSON.parse(out)).toEqual({ names: ['a'] });
  });

  it.each([
    ['no', 1, ''],
    ['bad', 2, 'E_THING: not a thing\n'],
    ['file', 2, 'E_FILE_MISSING: no file\n'],
    ['down', 1, 'E_DOWN: is down\n'],
    ['bug', 1, 'E_INTERNAL: internal\n'],
  ])('%s ends with %i', async (name, exit, err) => {
    expect(await run(noun, 'thing', 'show', name)).toMatchObject({ exit, err });
  });

  it('says an error in JSON too', async () => {
    const { out } = await run(noun, 'thing', 'show', 'down', '--json');
    const lines = out.trim().split('\n');
    expect(JSON.parse(lines[1] as string)).toEqual({ error: { code: 'E_DOWN', message: 'is\ndown' } });
  });

  it.each([
    ['an unknown noun', ['nothing']],
    ['an unknown verb', ['thing', 'hide']],
    ['a missing operand', ['thing', 'show']],
    ['an unknown option', ['thing', 'show', 'a', '--colour']],
    ['an option without its value', ['thing', 'show', 'a', '--size']],
  ])('refuses %s as misuse, in one line', async (_, args) => {
    const { exit, out, err } = await run(noun, ...args);
    expect(exit).toBe(2);
    expect(out).toBe('');
    expect(err).toMatch(/^E_USAGE: .*\n$/);
  });

  it('shows help on request as a good end, and when nothing is asked as misuse', async () => {
    const help = await run(noun, 'thing', 'show', '--help');
    expect(help).toMatchObject({ exit: 0, err: '' });
    expect(help.out).toContain('how big');
    const nothing = await run(noun);
    expect(nothing.exit).toBe(2);
    expect(nothing.err).toContain('Usage: tool');
  });
});
