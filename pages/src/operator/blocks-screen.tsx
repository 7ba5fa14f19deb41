import { type ComponentChildren } from 'preact';

import { formatBytes, formatTime } from '../shell/format';
import { CsvExport, PagedTable } from '../shell/list';
import { usePaged } from '../shell/loading';
import { href, type Route } from '../shell/route';
import { Empty } from '../shell/states';
import { Identifier } from '../shell/status';
import { Live } from './live';
import { type Block } from './shapes';

/** The newest blocks of a channel. */
export function BlocksScreen({ route }: { route: Route }): ComponentChildren {
  const channel = route.path[1] === 'certchain' ? 'certchain' : 'datachain';
  const other = channel === 'certchain' ? 'datachain' : 'certchain';
  const list = usePaged<Block>(`/v1/blocks/${channel}`);
  return (
    <>
      <div class="tools">
        <a class="button" href={href(['blocks', other])}>
          Blocks of the {other}
        </a>
        <CsvExport path={`/v1/blocks/${channel}`} name={`blocks of ${channel}`} />
        <Live on={['block']} reload={list.reload} />
      </div>
      <PagedTable
        caption={`Blocks of the ${channel}, newest first`}
        list={list}
        keyOf={({ number }) => String(number)}
        empty={<Empty title="No block yet">Blocks appear as soon as something is committed.</Empty>}
        columns={[
          { title: 'Block', isNumber: true, cell: ({ number }) => number },
          { title: 'Hash', cell: ({ hash }) => <Identifier value={hash} /> },
          {
            title: 'Transactions',
            isNumber: true,
            cell: ({ valid, transactions }) => `${valid} of ${transactions} valid`,
          },
          { title: 'σ', isNumber: true, cell: ({ sigmas }) => sigmas },
          { title: 'Size', isNumber: true, cell: ({ bytes }) => formatBytes(bytes) },
          {
            title: 'Committed',
            cell: ({ committedAt }) => (committedAt === null ? 'not told' : formatTime(committedAt)),
          },
          {
            title: 'Audit',
            cell: ({ number }) => (
              <a href={`../auditor/${href(['block', channel, number])}`} aria-label={`Verify block ${number}`}>
                Verify
              </a>
            ),
          },
        ]}
      />
    </>
  );
}
