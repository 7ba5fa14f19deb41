import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';

import { pause, untilAborted } from '../common/abort';
import { RestError } from './problems';
import { Answer, type Call } from './route';

export const EVENT_STREAM = 'text/event-stream';

export interface LiveEvent {
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
}

/** Sent in place of events that are forgotten: the reader must read the state anew. */
const RESET = 'reset';
const RETRY_MS = 2_000;
const HEARTBEAT_MS = 15_000;

/**
 * The newest events of a service, for readers that follow them. Bounded: a reader that falls behind, or comes back after
 * too long or after a restart, is told to read anew; nobody's slowness costs memory.
 */
export class EventLog {
  readonly #capacity: number;
  /** Ids of another run must not be taken for this one's. */
  readonly #run = randomBytes(4).toString('hex');
  readonly #events: LiveEvent[] = [];
  readonly #waiting = new Set<() => void>();
  #next = 0;

  constructor(capacity = 1_024) {
    this.#capacity = capacity;
  }

  publish(type: string, data: unknown): void {
    this.#events.push({ id: `${this.#run}-${this.#next++}`, type, data });
    if (this.#events.length > this.#capacity) this.#events.shift();
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  /** Events after `lastId`, from now on without one; ends with the signal. */
  async *follow(lastId: string | undefined, signal: AbortSignal): AsyncGenerator<LiveEvent> {
    let place = this.#placeAfter(lastId);
    while (!signal.aborted) {
      const oldest = this.#next - this.#events.length;
      if (place < oldest || place > this.#next) {
        place = this.#next;
        yield { id: `${this.#run}-${this.#next - 1}`, type: RESET, data: {} };
      } else if (place < this.#next) {
        yield this.#events[place++ - oldest] as LiveEvent;
      } else await this.#news(signal);
    }
  }

  async #news(signal: AbortSignal): Promise<void> {
    let wake = (): void => undefined;
    const news = new Promise<void>((resolve) => (wake = resolve));
    this.#waiting.add(wake);
    await untilAborted(news, signal);
    this.#waiting.delete(wake);
  }

  /** −1 for an id that this run did not give. */
  #placeAfter(lastId: string | undefined): number {
    if (lastId === undefined) return this.#next;
    const own = lastId.startsWith(`${this.#run}-`) ? lastId.slice(this.#run.length + 1) : '';
    return /^(?:-1|\d{1,15})$/.test(own) ? Number(own) + 1 : -1;
  }
}

/** How many may follow a service's events at once, together and each. */
export class StreamSeats {
  readonly #taken = new Map<string, number>();
  readonly #all: number;
  readonly #each: number;
  #total = 0;

  constructor(all = 256, each = 8) {
    this.#all = all;
    this.#each = each;
  }

  /** @throws RestError 429 E_STREAMS */
  take(person: string): () => void {
    const own = this.#taken.get(person) ?? 0;
    if (own >= this.#each || this.#total >= this.#all) {
      throw new RestError(429, 'E_STREAMS', 'as many event streams are open as may be: close one', {
        headers: { 'retry-after': '10' },
      });
    }
    this.#total += 1;
    this.#taken.set(person, own + 1);
    return () => {
      this.#total -= 1;
      const left = (this.#taken.get(person) ?? 1) - 1;
      if (left === 0) this.#taken.delete(person);
      else this.#taken.set(person, left);
    };
  }
}

/**
 * An event stream (WHATWG HTML, server-sent events): resumes after `Last-Event-ID`, with a comment as heartbeat.
 * @throws RestError 429 E_STREAMS
 */
export function eventsAnswer(call: Call, log: EventLog, seats: StreamSeats): Answer {
  const leave = seats.take(call.person.id);
  const lines = framed(log.follow(call.lastEventId, call.signal), call.signal, leave);
  return new Answer(Readable.from(lines), {
    type: EVENT_STREAM,
    headers: { 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
  });
}

async function* framed(
  events: AsyncGenerator<LiveEvent>,
  signal: AbortSignal,
  leave: () => void,
): AsyncGenerator<string> {
  try {
    yield `retry: ${RETRY_MS}\n\n`;
    let next = events.next();
    while (!signal.aborted) {
      const quiet = new AbortController();
      const waited = pause(HEARTBEAT_MS, AbortSignal.any([signal, quiet.signal])).then(() => undefined);
      const arrived = await Promise.race([next, waited]);
      quiet.abort();
      if (arrived === undefined) {
        if (!signal.aborted) yield ': alive\n\n';
        continue;
      }
      if (arrived.done) return;
      const { id, type, data } = arrived.value;
      yield `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
      next = events.next();
    }
  } finally {
    leave();
  }
}
