import { type CsvColumn, csvOf } from './csv-of';

test('one line a row, quoted where it must be, no formulas', () => {
  const columns: readonly CsvColumn<{ readonly name: string; readonly size: number }>[] = [
    ['name', ({ name }) => name],
    ['size', ({ size }) => size],
  ];
  const rows = [
    { name: 'Torvet, "Nord"', size: -3 },
    { name: '=1+1', size: 0 },
    { name: 'two\nlines', size: 1.5 },
  ];
  expect(csvOf(columns, rows)).toBe(`name,size\r\n"Torvet, ""Nord""",-3\r\n'=1+1,0\r\n"two\nlines",1.5\r\n`);
  expect(csvOf(columns, [])).toBe('name,size\r\n');
});
