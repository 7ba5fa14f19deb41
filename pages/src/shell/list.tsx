import { type ComponentChildren } from 'preact';

import { address, type Query } from './api';
import { type PagedList } from './loading';
import { Ready } from './states';
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

/** A list as a file for a spreadsheet. */
export function CsvLink({ path, query = {}, name }: { path: string; query?: Query; name: string }): ComponentChildren {
  return (
    <a class="button" href={address(path, { ...query, format: 'csv' })} download={`${name}.csv`}>
      Export {name} as CSV
    </a>
  );
}
