import { type ComponentChildren } from 'preact';

import { Chart } from '../shell/chart';
import { type Route } from '../shell/route';
import { type Publication } from './api';
import { MEASURES } from './measures';
import { PeriodScreen } from './period-screen';

/** Activity of vehicles by district, over the whole month. */
export function ActivityScreen({ route }: { route: Route }): ComponentChildren {
  return (
    <PeriodScreen name="activity" route={route}>
      {(publication) => <Activity publication={publication} />}
    </PeriodScreen>
  );
}

function Activity({
  publication: { activity, withheld, minimumVehicles },
}: {
  publication: Publication;
}): ComponentChildren {
  const labels = activity.map(({ district }) => district);
  return (
    <>
      {withheld.length > 0 && (
        <div class="notice warn">
          <p>
            Withheld, fewer than {minimumVehicles} vehicles or one that outweighs the others: {withheld.join(', ')}.
            They are in no figure here, nor are they nothing.
          </p>
        </div>
      )}
      {labels.length > 0 && (
        <div class="beside">
          {MEASURES.map(({ name, label, brief }) => (
            <Chart
              key={name}
              title={`${label} by district`}
              kind="bars"
              axis="District"
              labels={labels}
              series={[{ label, values: activity.map((each) => each[name]) }]}
              format={brief}
            />
          ))}
        </div>
      )}
    </>
  );
}
