import { randomBytes } from 'node:crypto';

import { type Logger } from '../common/log';
import { Outbox } from '../common/outbox';
import { type ReplicaView } from '../replica';
import { type Store } from '../store';
import { type Centres } from './centres';
import { encodePayload } from './payload';
import { type Holder } from './types';

export interface AnnouncementParts {
  /** A sub-store of its own. */
  readonly store: Store;
  readonly view: Pick<ReplicaView, 'record'>;
  readonly centres: Centres;
  /** Names of the centres. */
  readonly names: readonly string[];
  /** By unit: the pile's name, or empty for the process itself. */
  readonly holder: (unit: string) => Holder | undefined;
  readonly log: Logger;
  readonly stopping: AbortSignal;
  /** Unix seconds. */
  readonly now: () => number;
}

interface Owed {
  readonly unit: string;
  /** Of the record that is announced. */
  readonly epoch: number;
  readonly centre: string;
}

const TTL_SECONDS = 1_800;

/** Tells each centre once, until it is taken, which pseudo-identity stands behind a gateway's or a pile's name. */
export class Announcements {
  readonly #parts: AnnouncementParts;
  readonly #told: Store;
  readonly #outbox: Outbox<Owed>;

  private constructor(parts: AnnouncementParts, outbox: Outbox<Owed>) {
    this.#parts = parts;
    this.#told = parts.store.sub('told');
    this.#outbox = outbox;
  }

  static async open(parts: AnnouncementParts): Promise<Announcements> {
    const outbox = await Outbox.open<Owed>(parts.store.sub('outbox'), {
      send: async (owed) => {
        for (const each of owed) await tell(parts, each);
      },
      lane: ({ centre }) => centre,
      // A refusal may end with a governance item: a name nobody knows cannot be addressed.
      isPassing: () => true,
      log: parts.log,
      stopping: parts.stopping,
    });
    return new Announcements(parts, outbox);
  }

  /** Once for each record: another epoch's is told anew. */
  async announce(unit: string, { epoch }: Holder): Promise<void> {
    for (const centre of this.#parts.names) {
      const key = `${epoch} ${centre} ${unit}`;
      if (await this.#told.has(key)) continue;
      const prepared = this.#outbox.prepare({ unit, centre, epoch });
      const batch = this.#told.batch().put(this.#told, key, new Uint8Array());
      prepared.write(batch);
      await batch.commit();
      void this.#outbox.release(prepared.ticket);
    }
  }

  stopped(): Promise<void> {
    return this.#outbox.stopped();
  }
}

async function tell(
  { view, centres, holder, stopping, now }: AnnouncementParts,
  { unit, centre, epoch }: Owed,
): Promise<void> {
  const announced = holder(unit);
  if (announced?.keyOf(epoch) === undefined) return;
  const { keys, client } = await centres.byName(centre, epoch, view);
  const message = encodePayload([
    {
      commandId: randomBytes(16).toString('hex'),
      kind: 'report',
      action: 'Announce',
      payload: { at: now(), ...(unit === '' ? {} : { unit }) },
    },
  ]);
  const { sigma } = await announced.seal([{ keys, message }], TTL_SECONDS);
  await client.report({ sigma }, { signal: stopping });
}
