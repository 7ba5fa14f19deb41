import { type ComponentChildren } from 'preact';

import { announce } from '../shell/announce';
import { saveText } from '../shell/save';
import { type CsvColumn, csvOf } from './csv-of';

interface CsvButtonProps<T> {
  /** What the rows are, as "sessions": names the file, too. */
  readonly name: string;
  readonly columns: readonly CsvColumn<T>[];
  readonly rows: readonly T[];
}

/** Rows the page holds in whole, as a file for a spreadsheet. */
export function CsvButton<T>({ name, columns, rows }: CsvButtonProps<T>): ComponentChildren {
  const save = (): void => {
    saveText(`${name.replace(/\W+/g, '-')}.csv`, csvOf(columns, rows), 'text/csv');
    announce(`${rows.length} rows exported.`);
  };
  return (
    <button type="button" onClick={save} disabled={rows.length === 0}>
      Export {name} as CSV
    </button>
  );
}
