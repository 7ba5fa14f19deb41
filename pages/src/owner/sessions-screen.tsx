import { type ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

import { Chart } from '../shell/chart';
import { formatCount, formatEnergy, formatMoney, formatTime } from '../shell/format';
import { CsvExport, PagedTable } from '../shell/list';
import { usePaged } from '../shell/loading';
import { href } from '../shell/route';
import { Empty } from '../shell/states';
import { type OwnSession } from './api';
import { SessionState } from './session-state';
import { bySpan, sums } from './session-sums';

const PAGE = 100;

/** One's own sessions: what they took, what they cost, what became of the bill. */
export function SessionsScreen(): ComponentChildren {
  const [month, setMonth] = useState('');
  const filter = month === '' ? {} : { month };
  const list = usePaged<OwnSession>('/v1/owner/sessions', { ...filter, limit: PAGE });
  const sessions = list.value ?? [];
  return (
    <>
      <div class="tools">
        <label>
          Month
          <span class="hint">as 2019-01; empty for all</span>
          <input
            type="month"
            value={month}
            pattern="\d{4}-\d{2}"
            onChange={({ currentTarget }) => currentTarget.checkValidity() && setMonth(currentTarget.value)}
          />
        </label>
        <CsvExport path="/v1/owner/sessions" query={filter} name="sessions" />
      </div>
      {sessions.length > 0 && <Overview sessions={sessions} hasMore={list.hasMore} />}
      <PagedTable
        caption="Sessions, newest first"
        list={list}
        keyOf={({ transaction }) => transaction}
        empty={
          <Empty title={month === '' ? 'No session yet' : `No session billed in ${month}`}>
            {month === ''
              ? 'Plug in at a station: the session shows here as soon as it charges.'
              : 'Choose another month, or none.'}
          </Empty>
        }
        columns={[
          {
            title: 'Began',
            cell: ({ transaction, bill }) => (
              <a href={href(['session', transaction])}>{bill ? formatTime(bill.startedAt) : 'not billed yet'}</a>
            ),
          },
          { title: 'Ended', cell: ({ bill }) => (bill ? formatTime(bill.endedAt) : '') },
          { title: 'Energy', isNumber: true, cell: ({ bill }) => (bill ? formatEnergy(bill.energyWh) : '') },
          {
            title: 'Cost',
            isNumber: true,
            cell: ({ bill }) => (bill ? formatMoney(bill.totalMinor, bill.currency) : ''),
          },
          { title: 'State', cell: (session) => <SessionState session={session} /> },
        ]}
      />
    </>
  );
}

interface OverviewProps {
  readonly sessions: readonly OwnSession[];
  readonly hasMore: boolean;
}

function Overview({ sessions, hasMore }: OverviewProps): ComponentChildren {
  const { billed, energyWh, billedMinor, settledMinor, currency } = sums(sessions);
  const months = bySpan(sessions, 'month');
  const isDaily = months.length === 1;
  const spans = isDaily ? bySpan(sessions, 'day') : months;
  const labels = spans.map(({ span }) => span);
  const axis = isDaily ? 'Day' : 'Month';
  const tiles = [
    [formatCount(sessions.length), `sessions${hasMore ? ' shown; there are more' : ''}`],
    [formatEnergy(energyWh), `in ${formatCount(billed)} billed`],
    [formatMoney(billedMinor, currency), 'billed'],
    [formatMoney(settledMinor, currency), 'settled'],
  ] as const;
  return (
    <>
      <ul class="tiles">
        {tiles.map(([value, label]) => (
          <li key={label}>
            <span class="value">{value}</span> <span class="label">{label}</span>
          </li>
        ))}
      </ul>
      {spans.length > 0 && (
        <div class="beside">
          <Chart
            title={`Energy by ${axis.toLowerCase()}, kWh`}
            kind="bars"
            axis={axis}
            labels={labels}
            series={[{ label: 'Energy', values: spans.map((span) => span.energyWh) }]}
            format={(wattHours) => (wattHours / 1000).toFixed(1)}
          />
          <Chart
            title={`Cost by ${axis.toLowerCase()}, ${currency}`}
            kind="bars"
            axis={axis}
            labels={labels}
            series={[{ label: 'Cost', values: spans.map((span) => span.billedMinor) }]}
            format={(minor) => (minor / 100).toFixed(2)}
          />
        </div>
      )}
    </>
  );
}
