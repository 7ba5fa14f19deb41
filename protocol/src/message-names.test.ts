import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ACTION_NAMES, ACTIONS, MEMBER_NAMES, MEMBERS } from './message-names';

const wire = readFileSync(join(__dirname, '..', '..', 'docs', 'wire.md'), 'utf8');

/** The rows `| first number | names |` below a heading. */
function documented(heading: string): { readonly numbers: number[]; readonly names: string[] } {
  const section = wire.split(/^### /m).find((part) => part.startsWith(heading)) ?? '';
  const rows = [...section.matchAll(/^\| (\d+) +\| (.+) \|$/gm)];
  return {
    numbers: rows.map(([, first]) => Number(first)),
    names: rows.flatMap(([, , names = '']) => names.trim().split(/\s+/)),
  };
}

describe.each([
  ['Actions by number', ACTION_NAMES, ACTIONS],
  ['Members by number', MEMBER_NAMES, MEMBERS],
] as const)('%s', (heading, names, table) => {
  test('are the documented ones, so that none changes its number', () => {
    const { numbers, names: written } = documented(heading);
    expect(numbers).toEqual(numbers.map((_, row) => 8 * row));
    expect(numbers).toHaveLength(Math.ceil(names.length / 8));
    expect(written).toEqual(names.map((name) => `\`${name}\``));
  });

  test('each stands once, and is found both ways', () => {
    expect(new Set(names).size).toBe(names.length);
    for (const [number, name] of names.entries()) {
      expect(table.spell(name)).toBe(number);
      expect(table.read(number)).toBe(name);
    }
  });

  test('what has no number keeps its name, and what names nothing is not read', () => {
    for (const name of ['', 'x', '__proto__', 'constructor', '0']) {
      expect(table.spell(name)).toBe(name);
      expect(table.read(name)).toBe(name);
    }
    for (const number of [names.length, -1, 0.5, 2 ** 53 - 1]) expect(table.read(number)).toBeUndefined();
  });
});
