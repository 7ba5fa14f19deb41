import { type ComponentChildren } from 'preact';

import { formatEnergy, formatMoney, formatTime } from '../shell/format';
import { CsvExport, PagedTable } from '../shell/list';
import { usePaged } from '../shell/loading';
import { href, type Route } from '../shell/route';
import { Empty } from '../shell/states';
import { Filter } from './filter';
import { Live } from './live';
import { type Session, SESSION_STATES } from './shapes';
import { SessionStatus, wordOfSession } from './tones';

/** Charging sessions, newest first, with what they cost so far or in the end. */
export function SessionsScreen({ route }: { route: Route }): ComponentChildren {
  const state = route.query.get('state') ?? undefined;
  const list = usePaged<Session>('/v1/sessions', { state });
  return (
    <>
      <div class="tools">
        <Filter
          label="State"
          screen="sessions"
          name="state"
          options={SESSION_STATES}
          wordOf={wordOfSession}
          value={state ?? null}
        />
        <CsvExport path="/v1/sessions" query={{ state }} name="sessions" />
        <Live on={['session']} reload={list.reload} />
      </div>
      <PagedTable
        caption="Charging sessions, newest first"
        list={list}
        keyOf={({ transaction }) => transaction}
        empty={
          <Empty title="No session here">
            {state === undefined ? 'A session appears when a vehicle plugs in at a pile.' : 'Choose another state.'}
          </Empty>
        }
        columns={[
          {
            title: 'Customer',
            cell: ({ transaction, customer }) => (
              <a href={href(['session', transaction])}>{customer ?? 'not told yet'}</a>
            ),
          },
          { title: 'State', cell: (row) => <SessionStatus state={row.state} /> },
          { title: 'Pile', cell: ({ pile }) => pile ?? 'unknown' },
          { title: 'Started', cell: ({ startedAt }) => (startedAt === null ? 'unknown' : formatTime(startedAt)) },
          {
            title: 'Energy',
            isNumber: true,
            cell: ({ energyWh }) => (energyWh === null ? 'none yet' : formatEnergy(energyWh)),
          },
          { title: 'Cost', isNumber: true, cell: costOf },
        ]}
      />
    </>
  );
}

/** Final, or so far. */
export function costOf({ totalMinor, runningMinor, currency }: Session): string {
  if (currency === null) return 'no tariff';
  if (totalMinor !== null) return formatMoney(totalMinor, currency);
  return runningMinor === null ? 'none yet' : `${formatMoney(runningMinor, currency)} so far`;
}
