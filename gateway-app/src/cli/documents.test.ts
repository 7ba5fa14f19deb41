/** docs/cli.md against the registry, and every command line of README and docs against what the commands take. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from '../deployment/root';
import { allCommands, examplesOf, helpOf, type Leaf, parseLine } from './testing/all-commands';

const DOCS = join(ROOT, 'docs');
const DOCUMENTS = ['README.md', ...readdirSync(DOCS).map((name) => join('docs', name))].filter((name) =>
  name.endsWith('.md'),
);

/** `| \`name\` | does | \`example\` |` */
const rowOf = ({ name, command }: Leaf): string => {
  const own = examplesOf(helpOf(command)).find((line) => line.includes(`./chargecast ${name}`));
  return `| \`${name}\` | ${command.description().replaceAll('|', '\\|')} | \`${own}\` |`;
};

/** Command lines in fenced blocks, continued lines joined. */
function linesOf(document: string): string[] {
  const text = readFileSync(join(ROOT, document), 'utf8');
  return [...text.matchAll(/^```[a-z]*\n([\s\S]*?)^```/gm)]
    .flatMap(([, block = '']) => block.replace(/\\\n\s*/g, ' ').split('\n'))
    .map((line) => line.replace(/^\$ /, ''))
    .filter((line) => /^(?:[A-Z_]+=\S+ )*\.\/chargecast(?: |$)/.test(line));
}

test('docs/cli.md has each command’s row as --help has it, in its order', () => {
  const table = readFileSync(join(DOCS, 'cli.md'), 'utf8').split('\n## Every command\n')[1] ?? '';
  expect(table.split('\n').filter((line) => line.startsWith('| `'))).toEqual(allCommands().map(rowOf));
});

const LINES = DOCUMENTS.flatMap((document) => linesOf(document).map((line) => ({ document, line })));

it('the documents show commands', () => expect(LINES.length).toBeGreaterThan(40));

it.each(LINES)('$document: $line', async ({ line }) => {
  // A shell variable stands for an ID or a path: 32 hex digits are taken for both.
  await expect(parseLine(line.replace(/\$[A-Z]+/g, '0'.repeat(32)))).resolves.toHaveProperty('name');
});
