import { type ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

import { announce } from './announce';
import { type Query } from './api';
import { readCsv } from './csv';
import { type PagedList } from './loading';
import { asProblem, type Problem } from './problem';
import { saveText } from './save';
import { ProblemNotice, Ready } from './states';
import { type Column, DataTable } from './table';

interface ListProps<T> {
  readonly caption: string;
  readonly list: PagedList<T>;
  readonly columns: readonly Column<T>[];
  readonly keyOf: (row: T) => string;
  readonly empty: ComponentChildren;
}

/** A list of the service with its states, and a button for the next page. */
export function PagedTable<T>({ caption, list, columns, keyOf, empty }: ListProps<T>): ComponentChildren {
  return (
    <Ready loaded={list} isEmpty={(rows) => rows.length === 0} empty={empty}>
      {(rows) => (
        <>
          <DataTable caption={caption} columns={columns} rows={rows} keyOf={keyOf} />
          <p class="more">
            {rows.length} shown.{' '}
            {list.hasMore && (
              <button type="button" onClick={list.readMore} disabled={list.isLoading}>
                Show more
              </button>
            )}
          </p>
        </>
      )}
    </Ready>
  );
}

interface CsvExportProps {
  readonly path: string;
  readonly query?: Query;
  /** What the list holds, as "sessions": names the file, too. */
  readonly name: string;
}

/** The whole list, page after page, as one file for a spreadsheet. */
export function CsvExport({ path, query = {}, name }: CsvExportProps): ComponentChildren {
  const [isAtWork, setAtWork] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const save = async (): Promise<void> => {
    setAtWork(true);
    setProblem(undefined);
    try {
      const { text, rows } = await readCsv(path, query);
      saveText(`${name.replace(/\W+/g, '-')}.csv`, text, 'text/csv');
      announce(`${rows} rows exported.`);
    } catch (error) {
      setProblem(asProblem(error));
    }
    setAtWork(false);
  };
  return (
    <>
      <button type="button" disabled={isAtWork} onClick={() => void save()}>
        {isAtWork ? 'Exporting …' : `Export ${name} as CSV`}
      </button>
      {problem && <ProblemNotice problem={problem} />}
    </>
  );
}
