import { z } from 'zod';

import { type Alarm, consortiumRoutes, type ConsortiumView } from '../../consortium';
import {
  type Check,
  Cursors,
  EVENT_STREAM,
  eventsAnswer,
  type GaugeSpec,
  type Route,
  route,
  StreamSeats,
} from '../../rest';
import { applicationRoutes } from './applications';
import { commandRoutes } from './commands';
import { curtailmentRoutes } from './curtailments';
import { type CscRestParts } from './parts';
import { sessionRoutes } from './sessions';
import { vehicleRoutes } from './vehicles';

export { OperationBook } from './operation-book';
export type { CscRestParts } from './parts';

export const CSC_API = {
  title: 'ChargeCast centre',
  description:
    'A charging service company’s centre: commands and bills, sessions with cost, curtailment; and the consortium as its gateways see it.',
  pages: ['operator', 'auditor', 'owner', 'government'],
} as const;

export async function cscRoutes(parts: CscRestParts): Promise<Route[]> {
  const cursors = await Cursors.open(parts.store.sub('cursors'));
  const all = { ...parts, cursors };
  return [
    ...commandRoutes(all),
    ...curtailmentRoutes(all),
    ...vehicleRoutes(all),
    ...sessionRoutes(all),
    ...applicationRoutes(all),
    ...consortiumRoutes(withOwnAlarms(parts), cursors, parts.trust),
    eventsRoute(parts),
  ];
}

function eventsRoute({ events, outbox }: CscRestParts): Route {
  const seats = new StreamSeats();
  outbox.onChange(({ id, customer, kind, action, stage, code, sigmaId }) => {
    events.publish('command', { id, customer, kind, action, stage, code, sigmaId });
    if (kind === 'billing' && stage === 'delivered') events.publish('session', { change: 'settled' });
  });
  return route({
    method: 'GET',
    path: '/v1/events',
    operationId: 'followEvents',
    summary: 'Changes as they happen',
    description:
      'Server-sent events: `command` {id, customer, kind, action, stage, code, sigmaId}, `session` {change}, `block` {channel, number, sigmas}; `reset` asks to read the state anew.',
    tag: 'events',
    roles: ['operator', 'integrator'],
    reply: { status: 200, description: 'Until the caller leaves.', media: { [EVENT_STREAM]: z.string() } },
    handle: (call) => Promise.resolve(eventsAnswer(call, events, seats)),
  });
}

/** What the gateways noticed, and this centre itself. */
function withOwnAlarms(parts: CscRestParts): ConsortiumView {
  const { consortium } = parts;
  return {
    channels: () => consortium.channels(),
    blocks: (...query) => consortium.blocks(...query),
    block: (...query) => consortium.block(...query),
    blockBytes: (...query) => consortium.blockBytes(...query),
    sigmas: (...query) => consortium.sigmas(...query),
    sigma: (id) => consortium.sigma(id),
    sigmaBytes: (id) => consortium.sigmaBytes(id),
    readers: () => consortium.readers(),
    nodes: () => consortium.nodes(),
    certificates: (...query) => consortium.certificates(...query),
    alarms: async () => {
      const others = await consortium.alarms().catch((): Alarm[] => [unreachable(parts.name)]);
      return [...ownAlarms(parts), ...others];
    },
  };
}

function unreachable(source: string): Alarm {
  return {
    code: 'E_GATEWAYS_UNREACHABLE',
    severity: 'critical',
    source,
    subject: 'gateways',
    text: 'no gateway answers this centre',
    action: 'see that gateways run and that peers.css names them',
  };
}

function ownAlarms({ name, replica, charging, outbox }: CscRestParts): Alarm[] {
  const found: Alarm[] = [];
  if (!replica.isFresh(Math.floor(Date.now() / 1000))) {
    found.push({
      code: 'E_REPLICA_STALE',
      severity: 'critical',
      source: name,
      subject: 'slot head',
      text: 'no majority of gateways confirmed what this centre read within the last slots: it seals nothing',
      action: 'see that a majority of gateways and the ledger run',
    });
  }
  const disputed = charging?.totals.disputed ?? 0;
  if (disputed > 0) {
    found.push({
      code: 'E_DISPUTES',
      severity: 'warning',
      source: name,
      subject: `${disputed} sessions`,
      text: 'charging records do not fit what was agreed and are not billed',
      action: 'look at the sessions in state disputed: their code says what does not fit',
    });
  }
  const { failed } = outbox.counts();
  if (failed > 0) {
    found.push({
      code: 'E_COMMANDS_FAILED',
      severity: 'warning',
      source: name,
      subject: `${failed} commands`,
      text: 'remembered commands were refused or overdue',
      action: 'look at the commands in stage failed: their code says why; send anew what still matters',
    });
  }
  return found;
}

export function cscChecks({ replica }: CscRestParts): Check[] {
  return [
    {
      name: 'chain',
      fault: () =>
        replica.position('datachain') === undefined ? 'no block of the data chain has been read' : undefined,
    },
    {
      name: 'freshness',
      fault: () =>
        replica.isFresh(Math.floor(Date.now() / 1000)) ? undefined : 'no majority confirmed the newest slots here',
    },
  ];
}

export function cscGauges({ outbox, sessions, directory, replica, charging }: CscRestParts): GaugeSpec[] {
  return [
    {
      name: 'chargecast_csc_commands',
      help: 'Remembered commands by stage',
      labels: ['stage'],
      read: () => Object.entries(outbox.counts()).map(([stage, value]) => ({ value, labels: { stage } })),
    },
    { name: 'chargecast_csc_sigmas_under_way', help: 'σ on their way', read: () => outbox.openSigmas().length },
    { name: 'chargecast_csc_sessions_open', help: 'Vehicles plugged in', read: () => sessions.count },
    { name: 'chargecast_csc_customers', help: 'Contracts providers bound here', read: () => directory.customers },
    { name: 'chargecast_csc_piles', help: 'Piles that announced themselves', read: () => directory.piles().length },
    {
      name: 'chargecast_csc_block',
      help: 'Newest block read, by channel',
      labels: ['channel'],
      read: () =>
        (['certchain', 'datachain'] as const).map((channel) => ({
          value: Number(replica.position(channel) ?? -1n),
          labels: { channel },
        })),
    },
    {
      name: 'chargecast_csc_transactions',
      help: 'Charging transactions by state',
      labels: ['state'],
      read: () => {
        const { transactions = 0, billed = 0, settled = 0, disputed = 0 } = charging?.totals ?? {};
        const counts = { all: transactions, billed, settled, disputed };
        return Object.entries(counts).map(([state, value]) => ({ value, labels: { state } }));
      },
    },
  ];
}
