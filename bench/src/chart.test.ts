import { barChart } from './chart';

const widths = (svg: string): number[] =>
  [...svg.matchAll(/<rect x="300" y="\d+" width="(\d+)"/g)].map(([, width]) => Number(width));

test('bars are as long as their values, the longest as wide as the plot', () => {
  const bars = [
    { label: 'ours', value: 6000, lowest: 3000, highest: 6000 },
    { label: 'baseline', value: 30 },
  ];
  const svg = barChart({ title: 'rate', unit: '/s', bars });
  expect(widths(svg)).toEqual([400, 2]);
  expect(svg).toContain('<line x1="500" x2="700"');
  expect(svg).toContain('6,000 /s');
});

test('text cannot become markup', () => {
  const svg = barChart({ title: '<script>"a" & b', unit: '', bars: [{ label: '<b>', value: 1 }] });
  expect(svg).not.toMatch(/<script|<b>/);
  expect(svg).toContain('&lt;script&gt;&quot;a&quot; &amp; b');
});

test.each([Number.NaN, -1, Infinity])('%p is not drawn', (value) => {
  expect(() => barChart({ title: '', unit: '', bars: [{ label: 'x', value }] })).toThrow(RangeError);
});
