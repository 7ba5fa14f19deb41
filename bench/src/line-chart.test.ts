import { lineChart } from './line-chart';

const circles = (svg: string): string[] =>
  [...svg.matchAll(/<circle cx="(\d+)" cy="(\d+)"/g)].map(([, x, y]) => `${x},${y}`);

test('points lie where their axes say: from zero, and evenly by powers on a logarithmic axis', () => {
  const points = [
    [1, 0],
    [10, 5],
    [100, 10],
  ] as const;
  const svg = lineChart({
    title: 'growth',
    x: { label: 'messages', logarithmic: true },
    y: { label: 'ms' },
    series: [{ label: 'a & b', points }],
  });
  expect(circles(svg)).toEqual(['90,380', '345,214', '600,48']);
  expect(svg).toContain('<polyline points="90,380 345,214 600,48"');
  expect(svg).toContain('a &amp; b');
  expect([...svg.matchAll(/text-anchor="end">([^<]+)</g)].map(([, tick]) => tick)).toEqual([
    '0',
    '2',
    '4',
    '6',
    '8',
    '10',
  ]);
});

test.each([
  ['no number', Number.NaN, {}],
  ['zero on a logarithmic axis', 0, { logarithmic: true }],
])('%s is not drawn', (_, value, scale) => {
  const x = { label: '' };
  const y = { label: '', ...scale };
  expect(() => lineChart({ title: '', x, y, series: [{ label: '', points: [[1, value]] }] })).toThrow(RangeError);
});
