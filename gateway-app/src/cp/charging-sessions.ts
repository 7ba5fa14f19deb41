import { Role, toHex } from '@chargecast/signcryption';

import type { Established } from '../authentication';
import { CodedError } from '../common/errors';
import type { Logger } from '../common/log';
import type { Holder } from '../holder';
import { type Effect, EntryWorker, type EntryWorkerParts, type LoggedSigma, type Receiver } from '../opening';
import { EntryKeyChannel } from './entry-key-channel';
import type { KgcNotices } from './kgc-notices';
import type { KeptSession, SessionTable } from './session-table';

export interface SessionSettings {
  /** Seconds a session waits for its vehicle to reconnect before it counts as unplugged. */
  readonly resumeSeconds: number;
  /** Header requests of one session, at most. */
  readonly maxHeaders: number;
  /** Milliseconds a vehicle has to answer. */
  readonly answerMs: number;
  readonly maxSessionsPerPile: number;
}

export interface SessionParts {
  readonly table: SessionTable;
  readonly notices: KgcNotices;
  readonly worker: EntryWorkerParts;
  readonly settings: SessionSettings;
  readonly pile: (name: string) => Holder;
  /** Cursor that lets a new session see nothing older than itself. */
  readonly newest: () => string;
  readonly log: Logger;
}

/** The session a vehicle has proven itself for. */
export interface Claimed {
  readonly vehicle: Uint8Array;
  readonly session: Uint8Array;
  readonly isResumed: boolean;
}

/** A session both sides and the provider have agreed on. */
type Plugged = Pick<Established, 'vehicle' | 'session' | 'commitment'>;

interface Live {
  readonly kept: KeptSession;
  readonly stop: AbortController;
  readonly done: Promise<void>;
  channel: EntryKeyChannel | undefined;
  attached: (() => void)[];
  asked: number;
  absent: NodeJS.Timeout | undefined;
}

/**
 * The charging sessions at this process's piles. While a session is open its vehicle is asked for the entry keys of what is
 * committed from its beginning on; a broken connection leaves it open for a while; unplugging ends it at once.
 */
export class ChargingSessions {
  readonly #parts: SessionParts;
  readonly #live = new Map<string, Live>();

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  /** Takes up the sessions a former process left open; their vehicles are expected to reconnect. */
  resume(): void {
    for (const kept of this.#parts.table.all()) this.#expectBack(this.#begin(kept));
  }

  get open(): number {
    return this.#live.size;
  }

  /** The lowest place in the chain a session still needs. */
  lowestCursor(): string | undefined {
    return this.#parts.table
      .all()
      .reduce<string | undefined>(
        (lowest, { cursor }) => (lowest === undefined || cursor < lowest ? cursor : lowest),
        undefined,
      );
  }

  /**
   * Whether a vehicle may open the session it claims, or go on with it.
   * @throws CodedError E_SESSION_UNKNOWN, E_PILE_FULL
   */
  ensureRoom(pile: string, { vehicle, session, isResumed }: Claimed): void {
    const { table, settings } = this.#parts;
    const kept = table.get(toHex(session));
    if (isResumed && (kept?.pile !== pile || kept.vehicle !== toHex(vehicle))) {
      throw new CodedError('E_SESSION_UNKNOWN', 'this session is not open here any more: plug in anew');
    }
    if (!isResumed && table.countAt(pile) >= settings.maxSessionsPerPile) {
      throw new CodedError('E_PILE_FULL', 'this pile serves as many vehicles as it may: plug in elsewhere or later');
    }
  }

  /**
   * Called with a proven plug-in: opens the session or goes on with it, over this connection.
   * @throws CodedError E_SESSION_UNKNOWN for a session begun with another certificate
   */
  async attach(pile: string, { vehicle, session, commitment }: Plugged): Promise<EntryKeyChannel> {
    const id = toHex(session);
    const who = { pile, session: id, vehicle: toHex(vehicle), commitment: toHex(commitment) };
    const live = this.#live.get(id) ?? (await this.#open(who));
    if (live.kept.commitment !== who.commitment) {
      throw new CodedError('E_SESSION_UNKNOWN', 'this session was begun with another certificate: plug in anew');
    }
    live.channel?.close();
    clearTimeout(live.absent);
    const channel = new EntryKeyChannel(this.#parts.settings.answerMs);
    live.channel = channel;
    for (const resolve of live.attached.splice(0)) resolve();
    return channel;
  }

  /** Called when a connection ended without unplugging. */
  detach(session: Uint8Array, channel: EntryKeyChannel): void {
    const live = this.#live.get(toHex(session));
    channel.close();
    if (live?.channel !== channel) return;
    live.channel = undefined;
    this.#expectBack(live);
  }

  /** Nothing is asked of the vehicle from here on. */
  async end(session: Uint8Array): Promise<void> {
    const live = this.#live.get(toHex(session));
    if (live) await this.#end(live);
  }

  /**
   * Ends the sessions of vehicles whose record holds no longer.
   * @param records f of such as may have changed, lower-case hex
   */
  async endRevoked(records: ReadonlySet<string>, isRevoked: (f: Uint8Array) => Promise<boolean>): Promise<void> {
    for (const live of [...this.#live.values()]) {
      const { vehicle } = live.kept;
      if (records.has(vehicle) && (await isRevoked(Buffer.from(vehicle, 'hex')))) await this.#end(live);
    }
  }

  /** Ends the sessions at piles that may serve no longer. */
  async endAt(piles: ReadonlySet<string>): Promise<void> {
    for (const live of [...this.#live.values()]) if (piles.has(live.kept.pile)) await this.#end(live);
  }

  /** Tells the vehicle, if it is connected, what became of a command. */
  notify({ order, outcome }: Effect): void {
    const live = order.session === undefined ? undefined : this.#live.get(order.session);
    live?.channel?.outgoing.push({
      notice: { commandId: order.commandId, kind: order.kind, outcome: outcome ?? '' },
    });
  }

  /** Ends the process's work on all sessions; they stay open on disk. */
  async stop(): Promise<void> {
    const all = [...this.#live.values()];
    for (const live of all) {
      clearTimeout(live.absent);
      live.stop.abort();
      live.channel?.close();
    }
    await Promise.all(all.map(({ done }) => done));
    this.#live.clear();
  }

  async #open(who: Pick<KeptSession, 'session' | 'pile' | 'vehicle' | 'commitment'>): Promise<Live> {
    const { table, notices, worker } = this.#parts;
    const former = table.ofVehicle(who.vehicle);
    const formerLive = former && this.#live.get(former.session);
    if (formerLive) await this.#end(formerLive);
    const kept = { ...who, cursor: this.#parts.newest(), openedAt: worker.now() };
    const notice = notices.prepare('plugIn', kept, this.#parts.pile(who.pile).f);
    await table.open(kept, notice.write);
    const live = this.#begin(kept);
    await notices.sent(notice);
    return live;
  }

  async #end(live: Live): Promise<void> {
    const { table, notices } = this.#parts;
    if (!this.#live.delete(live.kept.session)) return;
    live.stop.abort();
    clearTimeout(live.absent);
    live.channel?.close();
    const notice = notices.prepare('unplug', live.kept, this.#parts.pile(live.kept.pile).f);
    await table.end(live.kept.session, notice.write);
    await live.done;
    void notices.sent(notice);
  }

  #begin(kept: KeptSession): Live {
    const stop = new AbortController();
    const worker = new EntryWorker(this.#parts.worker, this.#receiverOf(kept), kept.cursor);
    const live: Live = {
      kept,
      stop,
      done: Promise.resolve().then(() => worker.run(stop.signal)),
      channel: undefined,
      attached: [],
      asked: 0,
      absent: undefined,
    };
    this.#live.set(kept.session, live);
    return live;
  }

  #receiverOf(kept: KeptSession): Receiver {
    const pile = this.#parts.pile(kept.pile);
    const vehicle = Uint8Array.from(Buffer.from(kept.vehicle, 'hex'));
    return {
      f: () => vehicle,
      role: Role.EV,
      unit: { name: kept.pile, f: pile.f },
      session: Uint8Array.from(Buffer.from(kept.session, 'hex')),
      keys: (sigmas) => this.#ask(kept.session, sigmas),
      advance: (cursor, batch) => this.#parts.table.advance(kept.session, cursor, batch),
    };
  }

  async #ask(session: string, sigmas: readonly LoggedSigma[]): ReturnType<Receiver['keys']> {
    const live = this.#live.get(session);
    if (!live) return [];
    while (!live.channel && !live.stop.signal.aborted)
      await new Promise<void>((resolve) => live.attached.push(resolve));
    live.asked += sigmas.length;
    if (!live.channel || live.asked > this.#parts.settings.maxHeaders) return [];
    const keys = await live.channel.ask(sigmas.map(({ verified }) => verified.sigma.headerBytes));
    return keys.map((key) => (key.refused === '' ? key : undefined));
  }

  #expectBack(live: Live): void {
    const giveUp = (): void => {
      this.#parts.log.info('a vehicle did not come back: its session ends');
      this.#end(live).catch((error: unknown) => this.#parts.log.error({ err: error }, 'a session could not be ended'));
    };
    live.absent = setTimeout(giveUp, this.#parts.settings.resumeSeconds * 1000);
  }
}
