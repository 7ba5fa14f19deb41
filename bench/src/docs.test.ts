/** The documents claim no figure that a command would have to repeat: figures stand in what the commands write. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const DOCUMENTS = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** Times below a second, rates, factors, shares: what a measurement gives. */
const FIGURES =
  /(?<![\w.-])\d[\d.,]*\s?(?:µs|ms\b|[kMG]?i?[Bb]it\/s|[kMG]i?B\/s|tx\/s|\/s\b)|\d[\d.,]*\s+\w+ (?:a|per) second|(?:×|times)\s?\d|\d[\d.,]*\s?(?:times|×)\s|\d\s?%/g;

/** Figures that are settings, rules, loads or another's, by what stands around them. */
const NOT_MEASURED: Readonly<Record<string, readonly string[]>> = {
  'docs/api.md': ["at 20,000 times the clock's speed"],
  'docs/benchmarks.md': [
    'a floor that is less than 2.5 times faster than HPKE',
    'none waits more than 50 ms for company',
    'by 50, 250 and 1,000 ms',
    '241.53 to 14,256 ms by mining difficulty',
    'half its 95 % confidence interval',
  ],
  'docs/charging.md': ['0 and 6 ms after it went on'],
  'docs/data-applications.md': ['worn to 60 % or more'],
  'docs/ledger.md': ['80 % or more', 'less than 70 %'],
  'docs/network.md': ['500, 10 MiB, 100 ms'],
  'docs/region.md': ['3 × bytes in blocks'],
};

const text = (document: string): string => readFileSync(join(ROOT, document), 'utf8').replace(/\s+/g, ' ');

it.each(DOCUMENTS)('%s has no figure that was measured', (document) => {
  const allowed = NOT_MEASURED[document] ?? [];
  const content = text(document);
  expect(allowed.filter((fragment) => !content.includes(fragment))).toEqual([]);
  const rest = allowed.reduce((left, fragment) => left.replaceAll(fragment, ''), content);
  expect([...rest.matchAll(FIGURES)].map(({ index }) => rest.slice(Math.max(0, index - 40), index + 40))).toEqual([]);
});

it('finds figures of the kinds that are measured', () => {
  const claims = [
    'takes 3.2 ms',
    '9,470/s',
    '1,005 vehicles a second',
    'is × 88.5 of it',
    '30 times faster',
    'by 12 %',
  ];
  expect(claims.filter((claim) => ![...claim.matchAll(FIGURES)].length)).toEqual([]);
});

it('the fields docs/benchmarks.md names are fields of what the suites write, or of a gateway’s configuration', () => {
  const sources = [...sourcesIn(join(ROOT, 'bench', 'src')), join(ROOT, 'gateway-app', 'src', 'css', 'gatherer.ts')]
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  const named = [...text('docs/benchmarks.md').matchAll(/`([a-z]\w*[A-Z]\w*(?:\[\])?(?:\.\w+)*|\w+\[\])`/g)]
    .flatMap(([, field]) => (field as string).replace('[]', '').split('.'))
    .filter((field) => field !== 'maxHeldBytes');
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((field) => !new RegExp(`\\b${field}\\??:|\\b${field}[,}]`).test(sources))).toEqual([]);
});

function sourcesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
}
