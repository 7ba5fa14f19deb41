import { type ComponentChildren } from 'preact';

import { formatTime } from '../shell/format';
import { CsvExport, PagedTable } from '../shell/list';
import { usePaged } from '../shell/loading';
import { href, type Route } from '../shell/route';
import { Empty } from '../shell/states';
import { Filter } from './filter';
import { Live } from './live';
import { type Command, STAGES } from './shapes';
import { StageStatus } from './tones';

/** Commands, newest first, each with how far it has come. */
export function CommandsScreen({ route }: { route: Route }): ComponentChildren {
  const stage = route.query.get('stage') ?? undefined;
  const operation = route.query.get('operation') ?? undefined;
  const query = { stage, operation };
  const list = usePaged<Command>('/v1/commands', query);
  return (
    <>
      <div class="tools">
        <Filter label="Stage" screen="commands" name="stage" options={STAGES} value={stage ?? null} />
        <a class="button" href={href(['send'])}>
          Send a command
        </a>
        <CsvExport path="/v1/commands" query={query} name="commands" />
        <Live on={['command']} reload={list.reload} />
      </div>
      {operation !== undefined && (
        <p>
          Commands of one operation. <a href={href(['commands'])}>Show all</a>
        </p>
      )}
      <PagedTable
        caption="Commands and bills, newest first"
        list={list}
        keyOf={({ id }) => id}
        empty={
          <Empty title="No command here">
            {stage === undefined ? 'Send one, or wait for a session to end: its bill is one.' : 'Choose another stage.'}
          </Empty>
        }
        columns={[
          { title: 'For', cell: ({ id, customer }) => <a href={href(['command', id])}>{receiverOf(customer)}</a> },
          { title: 'Action', cell: ({ action, kind }) => `${action} (${kind})` },
          { title: 'Stage', cell: (row) => <StageStatus stage={row.stage} /> },
          { title: 'Why', cell: ({ code }) => (code === '' ? 'nothing is wrong' : <code>{code}</code>) },
          { title: 'Station', cell: stationOf },
          { title: 'Asked for', cell: ({ createdAt }) => formatTime(createdAt) },
        ]}
      />
    </>
  );
}

/** What the centre sends by itself names the vehicle by its pseudonym of the epoch. */
export function receiverOf(customer: string): string {
  const pseudonym = /^record:([0-9a-f]+)$/.exec(customer)?.[1];
  return pseudonym === undefined ? customer : `vehicle ${pseudonym.slice(0, 8)}…`;
}

/** Only what controls charging is for the charging station. */
export function stationOf({ station, stationReason, kind }: Command): string {
  if (station !== '') return `${station} ${stationReason}`.trim();
  return kind === 'control' ? 'not asked yet' : 'not concerned';
}
