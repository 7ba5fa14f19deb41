import { type ComponentChildren } from 'preact';

import { formatTime } from '../shell/format';
import { type Loaded, useJson, usePaged } from '../shell/loading';
import { href, type Route } from '../shell/route';
import { Empty, Ready } from '../shell/states';
import { type Publication, type PublishedPeriod, periodPath } from './api';

interface PeriodScreenProps {
  /** The screen's name in its route; its second part is the month. */
  readonly name: string;
  readonly route: Route;
  readonly children: (publication: Publication) => ComponentChildren;
}

/** A screen about one published month, the newest where the route names none. */
export function PeriodScreen({ name, route, children }: PeriodScreenProps): ComponentChildren {
  const periods = usePaged<PublishedPeriod>('/v1/government/periods', { limit: 240 });
  return (
    <Ready
      loaded={periods}
      isEmpty={(list) => list.length === 0}
      empty={
        <Empty title="Nothing is published yet">
          The charging company publishes each month once it is over: PUT /v1/government/periods/yyyy-mm.
        </Empty>
      }
    >
      {(list) => {
        const chosen = route.path[1] ?? list[0]?.period ?? '';
        return (
          <>
            <PeriodChoice name={name} periods={list} chosen={chosen} />
            <Period key={chosen} period={chosen}>
              {children}
            </Period>
          </>
        );
      }}
    </Ready>
  );
}

interface PeriodChoiceProps {
  readonly name: string;
  readonly periods: readonly PublishedPeriod[];
  readonly chosen: string;
}

function PeriodChoice({ name, periods, chosen }: PeriodChoiceProps): ComponentChildren {
  return (
    <div class="tools">
      <label>
        Month
        <select value={chosen} onChange={({ currentTarget }) => (location.hash = href([name, currentTarget.value]))}>
          {periods.map(({ period }) => (
            <option key={period} value={period}>
              {period}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

function Period({ period, children }: Pick<PeriodScreenProps, 'children'> & { period: string }): ComponentChildren {
  const loaded: Loaded<Publication> = useJson(periodPath(period));
  return (
    <Ready loaded={loaded}>
      {(publication) => (
        <>
          <p class="lead">
            {publication.period}, published {formatTime(publication.publishedAt)}, once and for good. Every figure
            covers at least {publication.minimumVehicles} vehicles, none with more than half of it; no vehicle is in two
            figures that could be subtracted.
          </p>
          {children(publication)}
        </>
      )}
    </Ready>
  );
}
