import { type ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

import { type OwnerSigner } from '../keys/key-file';
import { send } from '../shell/api';
import { Chart } from '../shell/chart';
import { formatTime } from '../shell/format';
import { useLoaded } from '../shell/loading';
import { Empty, Ready } from '../shell/states';
import { Status } from '../shell/status';
import { DataTable } from '../shell/table';
import { type Health } from './api';
import { KeyNeeded, type OwnerContext, OwnerScreen, unixNow } from './owner-key';

const KINDS = [
  ['maintenance', 'Maintenance'],
  ['fuel', 'Fuel and energy'],
  ['safety', 'Trips and safety'],
] as const;
type Kind = (typeof KINDS)[number][0];

/** What a vehicle's own reports say should be done. */
export function HealthScreen(): ComponentChildren {
  return <OwnerScreen>{(context) => <HealthOfKey {...context} />}</OwnerScreen>;
}

function HealthOfKey({ owner, key }: OwnerContext): ComponentChildren {
  const [kind, setKind] = useState<Kind>('maintenance');
  if (!key) return <KeyNeeded what="Reports are read from the chain under your signature." />;
  return (
    <>
      <div class="tools">
        <label>
          Reports
          <select value={kind} onChange={({ currentTarget }) => setKind(currentTarget.value as Kind)}>
            {KINDS.map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </label>
      </div>
      <HealthOf ctx={owner.ctx} signer={key} kind={kind} />
    </>
  );
}

function HealthOf({ ctx, signer, kind }: { ctx: string; signer: OwnerSigner; kind: Kind }): ComponentChildren {
  const loaded = useLoaded(`health ${signer.subject} ${kind}`, () => {
    const request = signer.readRequest(ctx, signer.subject, kind, unixNow());
    return send<Health>('/v1/owner/health', { method: 'POST', body: { request } });
  });
  return (
    <Ready
      loaded={loaded}
      isEmpty={({ reports }) => reports.length === 0}
      empty={<Empty title="No report of this kind">The vehicle has put none on the chain yet.</Empty>}
    >
      {(health) => <HealthShown health={health} />}
    </Ready>
  );
}

function HealthShown({ health: { hints, reports } }: { health: Health }): ComponentChildren {
  const measures = measuresOf(reports);
  return (
    <>
      <h2>What to do</h2>
      {hints.length === 0 ? (
        <p>
          <Status tone="good">nothing</Status> The reports ask for nothing.
        </p>
      ) : (
        <ul class="hints">
          {hints.map(({ code, text, sequence, at }) => (
            <li key={`${code} ${sequence}`} class="notice warn">
              <strong>{text}</strong>{' '}
              <span class="quiet">
                by report {sequence} of {formatTime(at)}
              </span>
            </li>
          ))}
        </ul>
      )}
      {reports.length > 1 && (
        <div class="beside">
          {measures.map((measure) => (
            <Chart
              key={measure}
              title={wordsOf(measure)}
              kind="line"
              axis="Report"
              labels={reports.map(({ at }) => at.slice(0, 10))}
              series={[{ label: wordsOf(measure), values: reports.map(({ readings }) => readings[measure] as number) }]}
              format={(value) => String(Number(value.toFixed(1)))}
            />
          ))}
        </div>
      )}
      <DataTable
        caption="Reports, oldest first"
        rows={reports}
        keyOf={({ sequence }) => String(sequence)}
        columns={[
          { title: 'Report', isNumber: true, cell: ({ sequence }) => sequence },
          { title: 'At', cell: ({ at }) => formatTime(at) },
          ...measures.map((measure) => ({
            title: wordsOf(measure),
            isNumber: true,
            cell: ({ readings }: Health['reports'][number]) => String(readings[measure]),
          })),
          { title: 'Alerts', cell: ({ alerts }) => alerts.map(wordsOf).join(', ') },
        ]}
      />
    </>
  );
}

/** Readings that are a number in every report. */
const measuresOf = (reports: Health['reports']): string[] =>
  Object.keys(reports[0]?.readings ?? {}).filter((name) =>
    reports.every(({ readings }) => typeof readings[name] === 'number'),
  );

/** `brakeWearPercent` as "brake wear percent". */
export const wordsOf = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
