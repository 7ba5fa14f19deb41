import { type ComponentChildren } from 'preact';

import { formatAge } from '../shell/format';
import { CsvExport, PagedTable } from '../shell/list';
import { usePaged } from '../shell/loading';
import { Empty } from '../shell/states';
import { Status } from '../shell/status';
import { Live } from './live';
import { type Pile } from './shapes';

/** Piles, and how fresh what they know is. */
export function PilesScreen(): ComponentChildren {
  const list = usePaged<Pile>('/v1/piles');
  return (
    <>
      <div class="tools">
        <CsvExport path="/v1/piles" name="piles" />
        <Live on={['session', 'block']} reload={list.reload} />
      </div>
      <PagedTable
        caption="Piles that announced themselves here"
        list={list}
        keyOf={({ name }) => name}
        empty={<Empty title="No pile here">A pile announces itself when its process starts: see that it runs.</Empty>}
        columns={[
          { title: 'Pile', cell: ({ name }) => name },
          {
            title: 'Connection',
            cell: ({ connected }) => (
              <Status tone={connected ? 'good' : 'bad'}>{connected ? 'reads the chain' : 'not connected'}</Status>
            ),
          },
          { title: 'Freshness', cell: freshnessOf },
          { title: 'Vehicles here', isNumber: true, cell: ({ vehicles }) => vehicles },
          { title: 'Gateway', cell: ({ gateway }) => gateway ?? 'none' },
        ]}
      />
    </>
  );
}

const FRESH_BLOCKS = 1;

function freshnessOf({ behind, seenAt }: Pile): ComponentChildren {
  if (behind === null || seenAt === null) return <Status tone="bad">never seen</Status>;
  const age = formatAge((Date.now() - Date.parse(seenAt)) / 1000);
  if (behind <= FRESH_BLOCKS) return <Status tone="good">up to date, {age} ago</Status>;
  return (
    <Status tone="warn">
      {behind} blocks behind, {age} ago
    </Status>
  );
}
