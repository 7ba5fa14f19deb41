/** One round of each way: fill the pipeline, wait until the pile's stream has brought all of it. */
import { quantile } from '../statistics';
import { Gate, within } from './gate';
import { SealedBox } from './sealed-box';
import { type EndToEndSubject, type SealedCommands, type StreamListener } from './subject';

export interface Round {
  readonly commands: number;
  readonly perSecond: number;
  /** From handing over what was sealed to having opened it, of those that were opened. */
  readonly latencies: readonly number[];
  readonly transactions: number;
  readonly blocks: number;
}

const SHARE_OPENED = 0.01;
const ROUND_MS = 60_000;
const PAUSE_MS = 50;

/** Of `commands`, how many are opened: one in a hundred, at least one. */
export function openedOf(commands: number): number {
  return Math.max(1, Math.round(commands * SHARE_OPENED));
}

/**
 * @param sealed each σ once
 * @param outstanding σ's under way at most
 */
export async function gatheredRound(
  subject: EndToEndSubject,
  sealed: readonly SealedCommands[],
  outstanding: number,
): Promise<Round> {
  const gate = new Gate(outstanding);
  const round = new RoundClock(sealed.length);
  const commands = new Map(sealed.map((each) => [each.id, each.commands]));
  subject.listen({
    ...round.blocks,
    plain: () => undefined,
    sigma(id) {
      const inside = commands.get(id);
      if (inside === undefined) return;
      gate.leave();
      round.streamed(id, () => subject.open(id, openedOf(inside)));
    },
  });
  const sending = (async () => {
    for (const each of sealed) {
      await gate.enter();
      round.sent(each.id);
      holdPatiently(subject, each).catch((error: unknown) => round.fail(error));
    }
  })();
  return round.end(
    subject,
    sending,
    [...commands.values()].reduce((sum, n) => sum + n, 0),
  );
}

/** Comes again when the gateways are full, as the KGC does. */
async function holdPatiently(subject: EndToEndSubject, sealed: SealedCommands): Promise<void> {
  for (;;) {
    try {
      return await subject.hold(sealed);
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'E_CSS_FULL') throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

/** One sealed command a transaction. @param outstanding transactions under way at most */
export async function plainRound(subject: EndToEndSubject, count: number, outstanding: number): Promise<Round> {
  const box = new SealedBox();
  const gate = new Gate(outstanding);
  const round = new RoundClock(count);
  const run = Math.random().toString(36).slice(2);
  const values = Array.from({ length: count }, (_, i) => [`${run}-${i}`, box.seal(subject.plaintext)] as const);
  const opened = new Set<string>(values.filter((_, i) => i % (1 / SHARE_OPENED) === 0).map(([key]) => key));
  const known = new Set<string>(values.map(([key]) => key));
  subject.listen({
    ...round.blocks,
    sigma: () => undefined,
    plain(key, value) {
      if (!known.has(key)) return;
      gate.leave();
      round.streamed(key, opened.has(key) ? async () => void box.open(value) : undefined);
    },
  });
  const sending = (async () => {
    for (const [key, value] of values) {
      await gate.enter();
      round.sent(key);
      subject.put(key, value).catch((error: unknown) => round.fail(error));
    }
  })();
  return round.end(subject, sending, count);
}

/** A single command alone on an idle network: milliseconds from before sealing to opened, median of `count`. */
export async function loneCommand(subject: EndToEndSubject, count: number): Promise<{ p50: number; p95: number }> {
  const latencies: number[] = [];
  for (let i = 0; i < count; i++) {
    const started = performance.now();
    const sealed = await subject.seal(1);
    const round = await gatheredRound(subject, [sealed], 1);
    latencies.push(...round.latencies.map(() => performance.now() - started));
  }
  return { p50: quantile(latencies, 0.5), p95: quantile(latencies, 0.95) };
}

class RoundClock {
  readonly #expected: number;
  readonly #sentAt = new Map<string, number>();
  readonly #latencies: number[] = [];
  readonly #opening: Promise<void>[] = [];
  readonly #done: Promise<void>;
  #resolve: () => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;
  #streamed = 0;
  #transactions = 0;
  #blocks = 0;
  #started = 0;
  #ended = 0;

  constructor(expected: number) {
    this.#expected = expected;
    this.#done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  get blocks(): Pick<StreamListener, 'block'> {
    return {
      block: (transactions) => {
        this.#blocks += 1;
        this.#transactions += transactions;
      },
    };
  }

  sent(key: string): void {
    this.#started ||= performance.now();
    this.#sentAt.set(key, performance.now());
  }

  streamed(key: string, open: (() => Promise<void>) | undefined): void {
    const sentAt = this.#sentAt.get(key);
    if (sentAt === undefined) return;
    if (open) {
      this.#opening.push(open().then(() => void this.#latencies.push(performance.now() - sentAt)));
    }
    this.#streamed += 1;
    this.#ended = performance.now();
    if (this.#streamed === this.#expected) this.#resolve();
  }

  fail(error: unknown): void {
    this.#reject(error);
  }

  async end(subject: EndToEndSubject, sending: Promise<void>, commands: number): Promise<Round> {
    try {
      const progress = `${this.#expected} submissions to be committed and streamed`;
      await within(ROUND_MS, progress, Promise.all([sending, this.#done]));
      await Promise.all(this.#opening);
    } finally {
      subject.listen(undefined);
    }
    const seconds = (this.#ended - this.#started) / 1000;
    return {
      commands,
      perSecond: commands / seconds,
      latencies: this.#latencies,
      transactions: this.#transactions,
      blocks: this.#blocks,
    };
  }
}
