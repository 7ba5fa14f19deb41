import { type ComponentChildren } from 'preact';

import { formatCount, formatEnergy, formatMoney, formatTime } from '../shell/format';
import { useJson } from '../shell/loading';
import { href, type Route } from '../shell/route';
import { Empty, Ready } from '../shell/states';
import { DataTable, Facts } from '../shell/table';
import { Live } from './live';
import { costOf } from './sessions-screen';
import { type SessionDetail } from './shapes';
import { SessionStatus } from './tones';

/** One session with the lines of its bill. */
export function SessionScreen({ route }: { route: Route }): ComponentChildren {
  const loaded = useJson<SessionDetail>(`/v1/sessions/${encodeURIComponent(route.path[1] ?? '')}`);
  return (
    <>
      <div class="tools">
        <a class="button" href={href(['sessions'])}>
          All sessions
        </a>
        <Live on={['session']} reload={loaded.reload} />
      </div>
      <Ready loaded={loaded}>{(session) => <Session session={session} />}</Ready>
    </>
  );
}

const timeOr = (time: string | null, otherwise: string): string => (time === null ? otherwise : formatTime(time));

function Session({ session }: { session: SessionDetail }): ComponentChildren {
  const { customer, pile, state, code, startedAt, endedAt, energyWh, powerW, settledMinor, currency, lines } = session;
  return (
    <>
      <Facts
        facts={[
          ['Customer', customer ?? 'not told yet by its provider'],
          ['Pile', pile ?? 'unknown'],
          ['State', <SessionStatus state={state} />],
          ['Why', code === '' ? 'nothing is wrong' : <code>{code}</code>],
          ['Started', timeOr(startedAt, 'unknown')],
          ['Ended', timeOr(endedAt, 'not yet')],
          ['Energy', energyWh === null ? 'none yet' : formatEnergy(energyWh)],
          ['Power', powerW === null ? 'not reported' : `${formatCount(powerW)} W`],
          ['Cost', costOf(session)],
          ['Settled', settledMinor === null || currency === null ? 'not yet' : formatMoney(settledMinor, currency)],
          ['Transaction', <code>{session.transaction}</code>],
        ]}
      />
      <h2>Bill</h2>
      {lines.length === 0 || currency === null ? (
        <Empty title="No bill yet">The bill is made from the pile’s charging record, after the vehicle has left.</Empty>
      ) : (
        <DataTable
          caption={`Lines of the bill, tariff ${session.tariff ?? 'unknown'}`}
          rows={lines.map((line, index) => ({ ...line, index }))}
          keyOf={({ index }) => String(index)}
          columns={[
            { title: 'For', cell: ({ kind }) => kind },
            { title: 'Period', cell: ({ period }) => period ?? 'whole session' },
            { title: 'Quantity', isNumber: true, cell: ({ quantity }) => formatCount(quantity) },
            { title: 'Amount', isNumber: true, cell: ({ amountMinor }) => formatMoney(amountMinor, currency) },
          ]}
        />
      )}
    </>
  );
}
