import { Gate, within } from './gate';
import { type EndToEndSubject } from './subject';

export interface Submission {
  /** Under which the stream brings it. */
  readonly key: string;
  readonly commands: number;
  send(): Promise<void>;
  /** Present on those that are opened. @param value what the stream brought, of the compared way */
  open?(value: string): Promise<void>;
}

export interface Pace {
  /** No more is sent after this time; what is under way then still counts, with the time it takes. */
  readonly seconds: number;
  /** Submissions under way at most. */
  readonly outstanding: number;
}

export interface Round {
  readonly commands: number;
  /** Commands the stream brought, by the time from the first hand-over to the last arrival. */
  readonly perSecond: number;
  /** Milliseconds from hand-over to opened, of those that were opened. */
  readonly latencies: readonly number[];
  readonly transactions: number;
  readonly blocks: number;
}

const DRAIN_MS = 120_000;

/**
 * Keeps the pipeline full, then waits until the stream has brought all that was sent.
 * @param next what is sent next; undefined when there is no more
 */
export async function runRound(
  subject: EndToEndSubject,
  next: () => Submission | undefined,
  { seconds, outstanding }: Pace,
): Promise<Round> {
  const gate = new Gate(outstanding);
  const underWay = new Map<string, { submission: Submission; sentAt: number }>();
  const latencies: number[] = [];
  const opening: Promise<void>[] = [];
  const failed = rejection();
  const counts = { commands: 0, transactions: 0, blocks: 0 };
  const started = performance.now();
  let ended = started;

  const arrived = (key: string, value: string): void => {
    const sent = underWay.get(key);
    if (!sent) return;
    underWay.delete(key);
    ended = performance.now();
    counts.commands += sent.submission.commands;
    const opened = sent.submission.open?.(value).then(() => void latencies.push(performance.now() - sent.sentAt));
    if (opened) opening.push(opened);
    gate.leave();
  };
  subject.listen({
    sigma: (id) => arrived(id, ''),
    plain: arrived,
    block: (transactions) => {
      counts.transactions += transactions;
      counts.blocks += 1;
    },
  });
  const sendAll = async (): Promise<void> => {
    for (;;) {
      await gate.enter();
      const submission = performance.now() - started < seconds * 1000 ? next() : undefined;
      if (!submission) return gate.leave();
      underWay.set(submission.key, { submission, sentAt: performance.now() });
      submission.send().catch(failed.reject);
    }
  };
  try {
    await Promise.race([failed.promise, sendAll()]);
    const drained = Promise.race([failed.promise, gate.empty()]);
    await within(DRAIN_MS, 'what was sent to be committed and streamed', drained);
    await Promise.all(opening);
  } finally {
    subject.listen(undefined);
  }
  return { ...counts, perSecond: counts.commands / ((ended - started) / 1000), latencies };
}

/** A promise that only ever rejects, for races. */
function rejection(): { promise: Promise<never>; reject: (error: unknown) => void } {
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<never>((_, refuse) => (reject = refuse));
  promise.catch(() => undefined);
  return { promise, reject };
}
