import { type ComponentChildren } from 'preact';

import { Chart } from '../shell/chart';
import { formatCount, formatEnergy, formatMoney, formatTime } from '../shell/format';
import { CsvExport } from '../shell/list';
import { useJson, useLoaded } from '../shell/loading';
import { href, type Route } from '../shell/route';
import { Empty, Ready } from '../shell/states';
import { DataTable } from '../shell/table';
import { perDay } from './per-day';
import { readAll } from '../shell/read-all';
import { type Bill, type Statement } from './shapes';
import { SessionStatus } from './tones';

const MOST_SHOWN = 200;
const MONTH = /^\d{4}-(?:0[1-9]|1[0-2])$/;

/** A month's bills: what they come to, day by day, one by one. */
export function BillsScreen({ route }: { route: Route }): ComponentChildren {
  const given = route.query.get('month') ?? '';
  const month = MONTH.test(given) ? given : new Date().toISOString().slice(0, 7);
  const statement = useJson<Statement>(`/v1/statements/${month}`);
  const bills = useLoaded(`bills ${month}`, (signal) => readAll<Bill>('/v1/bills', { month }, signal));
  return (
    <>
      <div class="tools">
        <label>
          Month
          <input
            type="month"
            value={month}
            onChange={({ currentTarget }) => {
              if (MONTH.test(currentTarget.value)) location.hash = href(['bills'], { month: currentTarget.value });
            }}
          />
        </label>
        <CsvExport path="/v1/bills" query={{ month }} name={`bills ${month}`} />
      </div>
      <Ready loaded={statement}>{(sums) => <Sums sums={sums} />}</Ready>
      <Ready
        loaded={bills}
        isEmpty={(items) => items.length === 0}
        empty={<Empty title="No bill in this month">Choose another month: bills count where charging ended.</Empty>}
      >
        {(items) => <Bills bills={items} />}
      </Ready>
    </>
  );
}

function Sums({ sums }: { sums: Statement }): ComponentChildren {
  const tiles = [
    ['sessions billed', formatCount(sums.transactions)],
    ['energy', formatEnergy(sums.energyWh)],
    ['billed', formatMoney(sums.billedMinor, sums.currency)],
    ['settled', formatMoney(sums.settledMinor, sums.currency)],
    ['disputed sessions', formatCount(sums.disputed)],
  ] as const;
  return (
    <ul class="tiles">
      {tiles.map(([label, value]) => (
        <li key={label}>
          <span class="value">{value}</span>
          <span class="label">{label}</span>
        </li>
      ))}
    </ul>
  );
}

function Bills({ bills }: { bills: readonly Bill[] }): ComponentChildren {
  const days = perDay(bills);
  return (
    <>
      <Chart
        title="Energy billed by day, kWh"
        kind="bars"
        axis="day"
        labels={days.map(({ day }) => day.slice(5))}
        series={[{ label: 'energy', values: days.map(({ energyWh }) => energyWh / 1000) }]}
        format={(value) => value.toFixed(1)}
      />
      <DataTable
        caption={
          bills.length > MOST_SHOWN
            ? `The last ${MOST_SHOWN} of ${bills.length} bills; the export holds all`
            : `All ${bills.length} bills, newest first`
        }
        rows={bills.slice(-MOST_SHOWN).reverse()}
        keyOf={({ transaction }) => transaction}
        columns={[
          {
            title: 'Customer',
            cell: ({ transaction, customer }) => <a href={href(['session', transaction])}>{customer}</a>,
          },
          { title: 'State', cell: ({ state }) => <SessionStatus state={state} /> },
          { title: 'Ended', cell: ({ endedAt }) => formatTime(endedAt) },
          { title: 'Energy', isNumber: true, cell: ({ energyWh }) => formatEnergy(energyWh) },
          { title: 'Billed', isNumber: true, cell: ({ totalMinor, currency }) => formatMoney(totalMinor, currency) },
          {
            title: 'Settled',
            isNumber: true,
            cell: ({ settledMinor, currency }) => formatMoney(settledMinor, currency),
          },
        ]}
      />
    </>
  );
}
