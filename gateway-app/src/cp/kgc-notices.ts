import { pause } from '../common/abort';
import type { Logger } from '../common/log';
import { Outbox, type Prepared } from '../common/outbox';
import { isPassing } from '../holder';
import type { Client } from '../rpc';
import type { Store } from '../store';
import type { KeptSession } from './session-table';

interface Notice {
  readonly kind: 'plugIn' | 'unplug';
  readonly vehicle: string;
  readonly session: string;
  readonly pile: string;
}

/** How long a plug-in waits for the KGC to know of it; longer, and it goes on while the notice is tried again. */
const PROMPT_MS = 1_000;

/** Tells the KGC who is plugged in where: durable, in order for each vehicle, until it knows. */
export class KgcNotices {
  readonly #outbox: Outbox<Notice>;

  private constructor(outbox: Outbox<Notice>) {
    this.#outbox = outbox;
  }

  /** @param store a sub-store of its own */
  static async open(
    store: Store,
    kgc: Pick<Client<'Kgc'>, 'plugIn' | 'unplug'>,
    log: Logger,
    stopping: AbortSignal,
  ): Promise<KgcNotices> {
    const send = async (notices: readonly Notice[]): Promise<void> => {
      for (const { kind, vehicle, session, pile } of notices) {
        await kgc[kind]({ vehicle: bytes(vehicle), session: bytes(session), pile: bytes(pile) }, { signal: stopping });
      }
    };
    return new KgcNotices(
      await Outbox.open<Notice>(store, { send, lane: ({ vehicle }) => vehicle, isPassing, log, stopping }),
    );
  }

  get waiting(): number {
    return this.#outbox.waiting;
  }

  prepare(kind: Notice['kind'], { vehicle, session }: KeptSession, pile: Uint8Array): Prepared {
    return this.#outbox.prepare({ kind, vehicle, session, pile: Buffer.from(pile).toString('hex') });
  }

  /** Waits for the sending under way; call it when `stopping` has aborted. */
  stopped(): Promise<void> {
    return this.#outbox.stopped();
  }

  /** To be called when the batch is on disk. Resolves when the KGC knows, or after a moment. */
  async sent({ ticket }: Prepared): Promise<void> {
    const settled = new AbortController();
    const known = this.#outbox.release(ticket).then(() => settled.abort());
    await Promise.race([known, pause(PROMPT_MS, settled.signal)]);
  }
}

function bytes(hex: string): Uint8Array {
  return Buffer.from(hex, 'hex');
}
