import { type ComponentChildren } from 'preact';

import { CsvButton } from '../export/csv-button';
import { type CsvColumn } from '../export/csv-of';
import { send, address } from '../shell/api';
import { Chart } from '../shell/chart';
import { formatEnergy, formatTime } from '../shell/format';
import { useLoaded } from '../shell/loading';
import { href, type Route } from '../shell/route';
import { saveText } from '../shell/save';
import { Empty, Ready } from '../shell/states';
import { Identifier } from '../shell/status';
import { DataTable } from '../shell/table';
import { type PermittedSession, type PermittedSessions } from './api';
import { type MakerKey, MakerScreen } from './maker-key';

const PAGE = 100;

interface Readable {
  readonly sessions: readonly PermittedSession[];
  /** Sessions the chain refused: one of the three permissions is missing. */
  readonly withheld: number;
}

/** Sessions of one vehicle, as far as all three permit them. */
export function SessionsScreen({ route }: { route: Route }): ComponentChildren {
  const vehicle = route.path[1];
  return (
    <>
      <p>
        <a href={href(['vehicles'])}>All vehicles</a>
      </p>
      {vehicle === undefined ? (
        <Empty title="No vehicle chosen">Go back to all vehicles and choose one.</Empty>
      ) : (
        <MakerScreen>
          {({ maker, key }) =>
            key ? (
              <Sessions ctx={maker.ctx} signer={key} vehicle={vehicle} />
            ) : (
              <Empty title="Choose your key file first">
                The chain shows sessions to who signs with the bound key.
              </Empty>
            )
          }
        </MakerScreen>
      )}
    </>
  );
}

interface SessionsProps {
  readonly ctx: string;
  readonly signer: MakerKey;
  readonly vehicle: string;
}

function Sessions({ ctx, signer, vehicle }: SessionsProps): ComponentChildren {
  const loaded = useLoaded(`sessions ${vehicle}`, () => readAll(ctx, signer, vehicle));
  return (
    <Ready
      loaded={loaded}
      isEmpty={({ sessions, withheld }) => sessions.length + withheld === 0}
      empty={
        <Empty title="The owner shows no session">Owners choose which sessions they show; this one shows none.</Empty>
      }
    >
      {(readable) => <SessionTable vehicle={vehicle} {...readable} />}
    </Ready>
  );
}

async function readAll(ctx: string, signer: MakerKey, vehicle: string): Promise<Readable> {
  const request = signer.readRequest(ctx, vehicle, 'charging', Math.floor(Date.now() / 1000));
  const sessions: PermittedSession[] = [];
  let withheld = 0;
  let cursor: string | undefined;
  do {
    const path = address('/v1/car-maker/records', { limit: PAGE, cursor });
    const page = await send<PermittedSessions>(path, { method: 'POST', body: { request } });
    sessions.push(...page.items);
    withheld += page.withheld;
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return { sessions: sessions.sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1)), withheld };
}

const CSV: readonly CsvColumn<PermittedSession>[] = [
  ['transaction', ({ transaction }) => transaction],
  ['startedAt', ({ startedAt }) => startedAt],
  ['endedAt', ({ endedAt }) => endedAt],
  ['energyWh', ({ energyWh }) => energyWh],
  ['readings', ({ readings }) => readings.length],
];

function SessionTable({ vehicle, sessions, withheld }: Readable & { vehicle: string }): ComponentChildren {
  return (
    <>
      {withheld > 0 && (
        <div class="notice warn">
          <p>
            {withheld} more {withheld === 1 ? 'session is' : 'sessions are'} withheld: the provider or the operator of
            the station does not permit it now.
          </p>
        </div>
      )}
      <div class="tools">
        <CsvButton name={`sessions ${vehicle.slice(0, 12)}`} columns={CSV} rows={sessions} />
        <button
          type="button"
          disabled={sessions.length === 0}
          onClick={() =>
            saveText(
              `readings-${vehicle.slice(0, 12)}.json`,
              JSON.stringify({ vehicle, sessions }, null, 2),
              'application/json',
            )
          }
        >
          Export every reading as JSON
        </button>
      </div>
      {sessions.length > 0 && (
        <Chart
          title="Energy by session, kWh"
          kind="bars"
          axis="Session"
          labels={sessions.map(({ startedAt }) => startedAt.slice(0, 16).replace('T', ' '))}
          series={[{ label: 'Energy', values: sessions.map(({ energyWh }) => energyWh) }]}
          format={(wattHours) => (wattHours / 1000).toFixed(1)}
        />
      )}
      <DataTable
        caption="Sessions you may read, oldest first"
        rows={sessions}
        keyOf={({ transaction }) => transaction}
        columns={[
          { title: 'Transaction', cell: ({ transaction }) => <Identifier value={transaction} /> },
          { title: 'Began', cell: ({ startedAt }) => formatTime(startedAt) },
          { title: 'Ended', cell: ({ endedAt }) => formatTime(endedAt) },
          { title: 'Energy', isNumber: true, cell: ({ energyWh }) => formatEnergy(energyWh) },
          { title: 'Readings', isNumber: true, cell: ({ readings }) => readings.length },
        ]}
      />
    </>
  );
}
