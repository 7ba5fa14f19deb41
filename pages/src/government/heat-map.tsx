import { type ComponentChildren } from 'preact';

import { type Publication, type UsageCell } from './api';
import { intensity, levelOf, type Measure } from './measures';

const HOURS = Array.from({ length: 24 }, (_, hour) => hour);

interface HeatMapProps {
  readonly publication: Publication;
  readonly measure: Measure;
}

/**
 * Districts by hours of the day. It is a table: whoever does not see the colours reads the numbers. What is withheld says so and is
 * never drawn as nothing.
 */
export function HeatMap({ publication, measure }: HeatMapProps): ComponentChildren {
  const { cells, activity, withheld, minimumVehicles, zone } = publication;
  const most = Math.max(0, ...cells.map((cell) => intensity(measure, cell)));
  return (
    <figure class="chart">
      <figcaption id="heat-title">
        {measure.label} by district and hour in which charging began ({zone})
      </figcaption>
      <div class="wide" role="region" aria-labelledby="heat-title" tabIndex={0}>
        <table class="heat">
          <thead>
            <tr>
              <th scope="col">District</th>
              {HOURS.map((hour) => (
                <th key={hour} scope="col">
                  {String(hour).padStart(2, '0')}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {activity.map(({ district }) => (
              <tr key={district}>
                <th scope="row">{district}</th>
                {ownCells(cells, district).map((cell) => (
                  <Cell key={cell.fromHour} cell={cell} measure={measure} most={most} />
                ))}
              </tr>
            ))}
            {withheld.map((district) => (
              <tr key={district}>
                <th scope="row">{district}</th>
                <td class="withheld" colSpan={HOURS.length}>
                  fewer than {minimumVehicles} vehicles, or one that outweighs the others: withheld
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="quiet">
        A wide cell holds several hours together: in one of them alone were fewer than {minimumVehicles} vehicles.
        Darker is more an hour.
      </p>
    </figure>
  );
}

const ownCells = (cells: readonly UsageCell[], district: string): UsageCell[] =>
  cells.filter((cell) => cell.district === district).sort((a, b) => a.fromHour - b.fromHour);

function Cell({ cell, measure, most }: { cell: UsageCell; measure: Measure; most: number }): ComponentChildren {
  const { fromHour, toHour } = cell;
  const value = cell[measure.name];
  return (
    <td
      class={`level-${levelOf(intensity(measure, cell), most)}`}
      colSpan={toHour - fromHour}
      title={`${hoursOf(cell)}: ${measure.whole(value)}`}
    >
      {measure.brief(value)}
    </td>
  );
}

export const hoursOf = ({ fromHour, toHour }: Pick<UsageCell, 'fromHour' | 'toHour'>): string =>
  `${String(fromHour).padStart(2, '0')}:00–${String(toHour).padStart(2, '0')}:00`;
