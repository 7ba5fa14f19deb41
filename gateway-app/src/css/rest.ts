import { z } from 'zod';

import { consortiumRoutes, type ConsortiumView } from '../consortium';
import {
  EVENT_STREAM,
  type EventLog,
  eventsAnswer,
  type Check,
  Cursors,
  type GaugeSpec,
  type Route,
  route,
  StreamSeats,
} from '../rest';
import { type Replica } from '../replica';
import { type Store } from '../store';
import { type Ledger } from '../ledger';
import { type ChainArchive } from './archive';
import { type HeldSigmas } from './held-sigmas';
import { type Readers } from './readers';
import { chargingRecordRoute } from './rest-charging';

export interface CssRestParts {
  readonly store: Store;
  readonly ledger: Pick<Ledger, 'evaluate'>;
  readonly view: ConsortiumView;
  /** trust.json as it is. */
  readonly trust: unknown;
  readonly events: EventLog;
  readonly held: Pick<HeldSigmas, 'count' | 'bytes' | 'counts'>;
  readonly archives: Readonly<Record<'certchain' | 'datachain', Pick<ChainArchive, 'height'>>>;
  readonly readers: Readers;
  readonly replica: Pick<Replica, 'isFresh' | 'position'>;
  readonly isEnrolled: () => boolean;
}

export const CSS_API = {
  title: 'ChargeCast gateway',
  description: 'A charging station gateway: the chain it keeps, who reads from it, the ledger’s nodes, alarms.',
  pages: ['auditor'],
} as const;

export async function cssRoutes({ store, ledger, view, trust, events }: CssRestParts): Promise<Route[]> {
  const seats = new StreamSeats();
  const cursors = await Cursors.open(store.sub('cursors'));
  return [
    ...consortiumRoutes(view, cursors, trust),
    chargingRecordRoute(ledger, cursors),
    route({
      method: 'GET',
      path: '/v1/events',
      operationId: 'followEvents',
      summary: 'Blocks as they come',
      description: 'Server-sent events `block` {channel, number, sigmas}; `reset` asks to read the state anew.',
      tag: 'events',
      roles: ['operator', 'integrator', 'auditor'],
      reply: { status: 200, description: 'Until the caller leaves.', media: { [EVENT_STREAM]: z.string() } },
      handle: (call) => Promise.resolve(eventsAnswer(call, events, seats)),
    }),
  ];
}

export function cssChecks({ archives, replica }: CssRestParts): Check[] {
  return [
    {
      name: 'chain',
      fault: () => (archives.datachain.height > 0 ? undefined : 'no block of the data chain has been read yet'),
    },
    {
      name: 'freshness',
      fault: () =>
        replica.isFresh(Math.floor(Date.now() / 1000)) ? undefined : 'no majority confirmed the newest slots here',
    },
  ];
}

export function cssGauges({ archives, held, readers, isEnrolled }: CssRestParts): GaugeSpec[] {
  return [
    {
      name: 'chargecast_css_blocks',
      help: 'Blocks kept, by channel',
      labels: ['channel'],
      read: () =>
        (['certchain', 'datachain'] as const).map((channel) => ({
          value: archives[channel].height,
          labels: { channel },
        })),
    },
    { name: 'chargecast_css_held_sigmas', help: 'σ held for inclusion', read: () => held.count },
    { name: 'chargecast_css_held_bytes', help: 'Their bytes', read: () => held.bytes },
    {
      name: 'chargecast_css_sigmas_total',
      help: 'σ since the start, by what became of them',
      labels: ['outcome'],
      read: () => Object.entries(held.counts).map(([outcome, value]) => ({ value, labels: { outcome } })),
    },
    {
      name: 'chargecast_css_readers',
      help: 'Processes that read the chain here, by role',
      labels: ['kind'],
      read: () => {
        const open = new Map<string, number>();
        for (const { role, connected } of readers.list()) {
          if (connected) open.set(role, (open.get(role) ?? 0) + 1);
        }
        return [...open].map(([kind, value]) => ({ value, labels: { kind } }));
      },
    },
    {
      name: 'chargecast_css_readers_behind_blocks',
      help: 'Blocks the slowest connected reader has still to take',
      read: () => Math.max(0, ...readers.list().flatMap(({ connected, behind }) => (connected ? [behind] : []))),
    },
    { name: 'chargecast_css_enrolled', help: '1 once its own record counts', read: () => Number(isEnrolled()) },
  ];
}
