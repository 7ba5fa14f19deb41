import { type ComponentChildren } from 'preact';

import { formatTime } from '../shell/format';
import { CsvExport, PagedTable } from '../shell/list';
import { usePaged } from '../shell/loading';
import { Empty } from '../shell/states';
import { Identifier } from '../shell/status';

interface BlockRow {
  readonly number: number;
  readonly hash: string;
  readonly transactions: number;
  readonly sigmas: number;
  readonly committedAt: string;
}

/** The newest blocks of the data chain. */
export function BlocksScreen(): ComponentChildren {
  const list = usePaged<BlockRow>('/v1/blocks/datachain');
  return (
    <>
      <div class="tools">
        <CsvExport path="/v1/blocks/datachain" name="blocks" />
      </div>
      <PagedTable
        caption="Blocks of the data chain, newest first"
        list={list}
        keyOf={({ number }) => String(number)}
        empty={<Empty title="No block yet">Send a command: the first σ makes one.</Empty>}
        columns={[
          { title: 'Block', isNumber: true, cell: ({ number }) => number },
          { title: 'Hash', cell: ({ hash }) => <Identifier value={hash} /> },
          { title: 'Transactions', isNumber: true, cell: ({ transactions }) => transactions },
          { title: 'σ', isNumber: true, cell: ({ sigmas }) => sigmas },
          { title: 'Committed', cell: ({ committedAt }) => formatTime(committedAt) },
        ]}
      />
    </>
  );
}
