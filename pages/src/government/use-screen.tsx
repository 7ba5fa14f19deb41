import { type ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

import { CsvButton } from '../export/csv-button';
import { type CsvColumn } from '../export/csv-of';
import { formatCount, formatEnergy } from '../shell/format';
import { type Route } from '../shell/route';
import { type Column, DataTable } from '../shell/table';
import { type Publication, type UsageCell } from './api';
import { HeatMap, hoursOf } from './heat-map';
import { type MeasureName, MEASURES } from './measures';
import { PeriodScreen } from './period-screen';

/** Use of piles by district and hour of the day. */
export function UseScreen({ route }: { route: Route }): ComponentChildren {
  return (
    <PeriodScreen name="use" route={route}>
      {(publication) => <Use publication={publication} />}
    </PeriodScreen>
  );
}

function Use({ publication }: { publication: Publication }): ComponentChildren {
  const { period, cells, withheld, minimumVehicles } = publication;
  const [chosen, setChosen] = useState<MeasureName>('energyWh');
  const rows: readonly Row[] = [...cells, ...withheld.map((district) => ({ district, fewerThan: minimumVehicles }))];
  const measure = MEASURES.find(({ name }) => name === chosen) ?? MEASURES[0];
  return (
    <>
      <div class="tools">
        <label>
          Show
          <select value={chosen} onChange={({ currentTarget }) => setChosen(currentTarget.value as MeasureName)}>
            {MEASURES.map(({ name, label }) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <CsvButton name={`use ${period}`} columns={CSV} rows={rows} />
      </div>
      <HeatMap publication={publication} measure={measure} />
      <details>
        <summary>All figures as a table</summary>
        <DataTable
          caption={`Use of piles in ${period}`}
          rows={rows}
          keyOf={(row) => `${row.district} ${'fromHour' in row ? row.fromHour : ''}`}
          columns={[
            { title: 'District', cell: ({ district }) => district },
            { title: 'Hours', cell: (row) => ('fromHour' in row ? hoursOf(row) : 'all') },
            figure('Sessions', ({ sessions }) => formatCount(sessions)),
            figure('Energy', ({ energyWh }) => formatEnergy(energyWh)),
            figure('Plugged in', ({ pluggedMinutes }) => `${formatCount(Math.round(pluggedMinutes / 60))} h`),
            figure('Vehicles', ({ vehiclesAtLeast }) => `at least ${formatCount(vehiclesAtLeast)}`),
          ]}
        />
      </details>
    </>
  );
}

/** A figure, or that there is none to show. */
type Row = UsageCell | { readonly district: string; readonly fewerThan: number };

const figure = (title: string, text: (cell: UsageCell) => string): Column<Row> => ({
  title,
  isNumber: true,
  cell: (row) => ('fromHour' in row ? text(row) : `fewer than ${row.fewerThan}`),
});

const csvFigure = (title: string, value: (cell: UsageCell) => number): CsvColumn<Row> => [
  title,
  (row) => ('fromHour' in row ? value(row) : `fewer than ${row.fewerThan} vehicles`),
];

const CSV: readonly CsvColumn<Row>[] = [
  ['district', ({ district }) => district],
  csvFigure('fromHour', ({ fromHour }) => fromHour),
  csvFigure('toHour', ({ toHour }) => toHour),
  csvFigure('sessions', ({ sessions }) => sessions),
  csvFigure('energyWh', ({ energyWh }) => energyWh),
  csvFigure('pluggedMinutes', ({ pluggedMinutes }) => pluggedMinutes),
  csvFigure('vehiclesAtLeast', ({ vehiclesAtLeast }) => vehiclesAtLeast),
];
