import { type ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

import { announce } from '../shell/announce';
import { send } from '../shell/api';
import { Confirm } from '../shell/confirm';
import { formatCount, formatEnergy, formatMoney, formatTime } from '../shell/format';
import { useLoaded } from '../shell/loading';
import { getJson, type Page } from '../shell/api';
import { href, type Route } from '../shell/route';
import { Empty, Ready } from '../shell/states';
import { Identifier } from '../shell/status';
import { DataTable, Facts } from '../shell/table';
import { type Bill, type BillLine, type OwnSession } from './api';
import { SessionState } from './session-state';

const LINES: Readonly<Record<BillLine['kind'], readonly [text: string, unit: string]>> = {
  energy: ['Energy taken', 'Wh'],
  discharge: ['Energy given back', 'Wh'],
  time: ['Charging time', 's'],
  idle: ['Idle time after charging', 's'],
  fixed: ['For the session', ''],
  tax: ['Tax', ''],
};

/** One session with its bill, line by line. */
export function SessionScreen({ route }: { route: Route }): ComponentChildren {
  const transaction = route.path[1] ?? '';
  const loaded = useLoaded(`session ${transaction}`, (signal) => findSession(transaction, signal));
  return (
    <>
      <p>
        <a href={href(['sessions'])}>All sessions</a>
      </p>
      <Ready
        loaded={loaded}
        isEmpty={(session) => session === undefined}
        empty={<Empty title="No such session of yours">Go back to all sessions and choose one.</Empty>}
      >
        {(session) => session && <SessionFacts session={session} reload={loaded.reload} />}
      </Ready>
    </>
  );
}

/** The service has no question for one session alone: its lists are short enough to look through. */
async function findSession(transaction: string, signal: AbortSignal): Promise<OwnSession | undefined> {
  let cursor: string | undefined;
  do {
    const page: Page<OwnSession> = await getJson('/v1/owner/sessions', { cursor, limit: 200 }, signal);
    const found = page.items.find((session) => session.transaction === transaction);
    if (found) return found;
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return undefined;
}

function SessionFacts({ session, reload }: { session: OwnSession; reload: () => void }): ComponentChildren {
  const { transaction, bill } = session;
  return (
    <>
      <Facts
        facts={[
          ['State', <SessionState session={session} />],
          ['Transaction', <Identifier value={transaction} />],
        ]}
      />
      {session.state === 'awaiting' && bill && (
        <Confirmation transaction={transaction} bill={bill} confirmed={reload} />
      )}
      {bill ? <BillFacts bill={bill} settledMinor={session.settledMinor} /> : <NoBill session={session} />}
    </>
  );
}

function NoBill({ session: { state, code } }: { session: OwnSession }): ComponentChildren {
  if (state === 'disputed') {
    return (
      <Empty title="Nothing is billed while the record is disputed">
        Ask your charging company about <code>{code}</code>; it has to look at the record.
      </Empty>
    );
  }
  return <Empty title="No bill yet">It comes when the charging record stands on the data chain.</Empty>;
}

interface ConfirmationProps {
  readonly transaction: string;
  readonly bill: Bill;
  readonly confirmed: () => void;
}

function Confirmation({ transaction, bill, confirmed }: ConfirmationProps): ComponentChildren {
  const [isAsked, setAsked] = useState(false);
  const confirm = async (): Promise<void> => {
    await send(`/v1/owner/sessions/${encodeURIComponent(transaction)}/confirmation`, { method: 'PUT' });
    announce('The bill is confirmed');
    confirmed();
  };
  return (
    <div class="notice warn">
      <p>This bill waits for you: you pay by hand.</p>
      <button type="button" class="primary" onClick={() => setAsked(true)}>
        Confirm {formatMoney(bill.totalMinor, bill.currency)}
      </button>
      {isAsked && (
        <Confirm title="Confirm this bill?" action="Confirm the bill" perform={confirm} close={() => setAsked(false)}>
          <p>
            {formatMoney(bill.totalMinor, bill.currency)} for {formatEnergy(bill.energyWh)} will be charged. This cannot
            be undone here.
          </p>
        </Confirm>
      )}
    </div>
  );
}

function BillFacts({ bill, settledMinor }: { bill: Bill; settledMinor: number | null }): ComponentChildren {
  const money = (minor: number): string => formatMoney(minor, bill.currency);
  const rows = bill.lines.map((line, index) => ({ ...line, index }));
  return (
    <>
      <Facts
        facts={[
          ['Began', formatTime(bill.startedAt)],
          ['Ended', formatTime(bill.endedAt)],
          ['Energy', formatEnergy(bill.energyWh)],
          ['Total', money(bill.totalMinor)],
          ['Settled', settledMinor === null ? 'not yet' : money(settledMinor)],
          ['Tariff', bill.tariff ?? 'not named'],
        ]}
      />
      <DataTable
        caption="The bill, line by line"
        rows={rows}
        keyOf={({ index }) => String(index)}
        columns={[
          {
            title: 'For',
            cell: ({ kind, period }) => `${LINES[kind][0]}${period === undefined ? '' : ` (${period})`}`,
          },
          {
            title: 'Quantity',
            isNumber: true,
            cell: ({ kind, quantity }) => `${formatCount(quantity)} ${LINES[kind][1]}`,
          },
          { title: 'Amount', isNumber: true, cell: ({ amountMinor }) => money(amountMinor) },
        ]}
      />
    </>
  );
}
