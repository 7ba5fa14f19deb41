import { type ComponentChildren } from 'preact';

import { formatTime } from '../shell/format';
import { CsvExport, PagedTable } from '../shell/list';
import { useEvents, usePaged } from '../shell/loading';
import { href, type Route } from '../shell/route';
import { Empty, StreamNotice } from '../shell/states';
import { Identifier } from '../shell/status';

interface BlockRow {
  readonly number: number;
  readonly hash: string;
  readonly transactions: number;
  readonly sigmas: number;
  readonly committedAt: string;
}

const CHANNELS = { datachain: 'Data chain', certchain: 'Certification chain' } as const;
type Channel = keyof typeof CHANNELS;

/** The newest blocks of a chain, each of which can be verified here. */
export function BlocksScreen({ route }: { route: Route }): ComponentChildren {
  const channel: Channel = route.path[1] === 'certchain' ? 'certchain' : 'datachain';
  const list = usePaged<BlockRow>(`/v1/blocks/${channel}`);
  const stream = useEvents('/v1/events', ['block', 'reset'], list.reload);
  return (
    <>
      <div class="tools">
        {Object.entries(CHANNELS).map(([name, title]) => (
          <a
            key={name}
            class="button"
            href={href(['blocks', name])}
            aria-current={name === channel ? 'page' : undefined}
          >
            {title}
          </a>
        ))}
        <CsvExport path={`/v1/blocks/${channel}`} name={`blocks of ${channel}`} />
        <StreamNotice state={stream} />
      </div>
      <PagedTable
        caption={`Blocks of the ${CHANNELS[channel].toLowerCase()}, newest first`}
        list={list}
        keyOf={({ number }) => String(number)}
        empty={<Empty title="No block yet">Blocks appear as soon as something is committed.</Empty>}
        columns={[
          {
            title: 'Block',
            isNumber: true,
            cell: ({ number }) => <a href={href(['block', channel, number])}>Verify block {number}</a>,
          },
          { title: 'Hash', cell: ({ hash }) => <Identifier value={hash} /> },
          { title: 'Transactions', isNumber: true, cell: ({ transactions }) => transactions },
          { title: 'σ', isNumber: true, cell: ({ sigmas }) => sigmas },
          { title: 'Committed', cell: ({ committedAt }) => formatTime(committedAt) },
        ]}
      />
    </>
  );
}
