/** Every command: said, exemplified, refusing in one way, answering in JSON. */
import { type Command } from 'commander';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from '../deployment/root';
import { allCommands, examplesOf, helpOf, parseLine, wordsOf } from './testing/all-commands';
import { ran } from './testing/ran';

const COMMANDS = allCommands();
/** Words of its first own example. */
function ownExample(name: string, command: Command): string[] {
  const own = examplesOf(helpOf(command)).find((line) => line.includes(`./chargecast ${name}`));
  return wordsOf(own ?? `./chargecast ${name}`);
}

it('there are commands, each once', () => {
  const names = COMMANDS.map(({ name }) => name);
  expect(names.length).toBeGreaterThan(60);
  expect(new Set(names).size).toBe(names.length);
});

describe.each(COMMANDS)('$name', ({ name, command }) => {
  const help = helpOf(command);
  const examples = examplesOf(help);

  it('says in one line what it does', () => {
    expect(command.description()).toMatch(/^[^\n]{15,180}$/);
    expect(command.description()).not.toMatch(/\.$/);
    const unsaid = command.options.filter(({ description }) => description === '');
    expect(unsaid).toEqual([]);
  });

  it('has --json', () => expect(help).toContain('--json'));

  it('has examples, and they are taken as they stand', async () => {
    expect(examples).not.toEqual([]);
    const parsed = await Promise.all(examples.map(parseLine));
    expect(parsed.map((each) => each.name)).toContain(name);
  });

  it('refuses an option it does not have, in one line and in JSON', async () => {
    const { exit, stdout, stderr } = await ran(...ownExample(name, command), '--no-such-option', '--json');
    expect(exit).toBe(2);
    expect(stderr).toMatch(/^E_USAGE: unknown option '--no-such-option'; see \.\/chargecast .* --help\n$/);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'E_USAGE' } });
  });

  it('shows its help as a good end', async () => {
    const shown = await ran(...name.split(' '), '--help');
    expect(shown).toMatchObject({ exit: 0, stderr: '' });
    expect(shown.stdout).not.toContain('\x1b');
  });
});

it.each(
  COMMANDS.filter(({ command }) => command.options.some(({ long, mandatory }) => mandatory && long === '--config')),
)('$name says which file is not there', async ({ name, command }) => {
  const words = ownExample(name, command);
  words[words.indexOf('--config') + 1] = '/nowhere/config.json';
  const { exit, stdout, stderr } = await ran(...words.filter((word) => word !== '--json'), '--json');
  expect([exit, stderr]).toEqual([2, expect.stringMatching(/^E_FILE_[A-Z]+: [^\n]+\n$/)]);
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: expect.stringMatching(/^E_FILE_/) as string } });
});

it.each([
  [['sigma', 'verfy'], 'Did you mean verify?'],
  [['sigm', 'verify'], 'Did you mean sigma?'],
  [['chain', 'verify', '--dta', 'x'], 'Did you mean --data?'],
  [['bench', 'crpto'], 'bench has crypto, '],
  [['params', 'show', 'a', 'b'], 'too many arguments'],
])('%j is told what may have been meant', async (args, said) => {
  const { exit, stderr } = await ran(...args);
  expect(exit).toBe(2);
  expect(stderr).toContain(said);
});

it('names its version', async () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  expect(await ran('--version')).toEqual({ exit: 0, stdout: `${version}\n`, stderr: '' });
});

it('examples name nodes as the network does', () => {
  const named = COMMANDS.filter(({ name }) => name.startsWith('network '))
    .flatMap(({ command }) => examplesOf(helpOf(command)))
    .flatMap((line) => /network (?:kill|start|rotate|logs|slow) (\S+)/.exec(line)?.[1] ?? []);
  expect(named.length).toBeGreaterThan(3);
  expect(named.filter((node) => !/^css\d+-(peer|orderer|chaincode)$/.test(node))).toEqual([]);
});
