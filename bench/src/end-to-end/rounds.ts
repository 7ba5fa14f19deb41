/** A round of each way: what is handed over, and how the pile's stream answers for it. */
import { quantile } from '../statistics';
import { type Pace, type Round, runRound, type Submission } from './pipeline';
import { SealedBox } from './sealed-box';
import { type EndToEndSubject, type SealedCommands } from './subject';

const SHARE_OPENED = 0.01;
const PAUSE_MS = 50;

/** Of `commands`, how many are opened: one in a hundred, at least one. */
export function openedOf(commands: number): number {
  return Math.max(1, Math.round(commands * SHARE_OPENED));
}

/** @param pool σ's not sent before; those sent are taken out of it */
export function gatheredRound(subject: EndToEndSubject, pool: SealedCommands[], pace: Pace): Promise<Round> {
  const next = (): Submission | undefined => {
    const sealed = pool.shift();
    return (
      sealed && {
        key: sealed.id,
        commands: sealed.commands,
        send: () => holdPatiently(subject, sealed),
        open: () => subject.open(sealed.id, openedOf(sealed.commands)),
      }
    );
  };
  return runRound(subject, next, pace);
}

/** Comes again when the gateways are full, as the KGC does. */
export async function holdPatiently(subject: EndToEndSubject, sealed: SealedCommands): Promise<void> {
  for (;;) {
    try {
      return await subject.hold(sealed);
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'E_CSS_FULL') throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

/** One sealed command a transaction. @param most no more are sent */
export function plainRound(subject: EndToEndSubject, most: number, pace: Pace): Promise<Round> {
  const box = new SealedBox();
  const run = Math.random().toString(36).slice(2);
  const values = Array.from({ length: most }, () => box.seal(subject.plaintext));
  let sent = 0;
  const next = (): Submission | undefined => {
    const value = values[sent];
    if (value === undefined) return undefined;
    const key = `${run}-${sent}`;
    const isOpened = sent % Math.round(1 / SHARE_OPENED) === 0;
    sent += 1;
    return {
      key,
      commands: 1,
      send: () => subject.put(key, value),
      ...(isOpened && { open: async (stored) => void box.open(stored) }),
    };
  };
  return runRound(subject, next, pace);
}

/** Single commands, each alone on an idle network: milliseconds from before its sealing to opened. */
export async function loneCommand(subject: EndToEndSubject, count: number): Promise<{ p50: number; p95: number }> {
  const latencies: number[] = [];
  for (let i = 0; i < count; i++) {
    const started = performance.now();
    await gatheredRound(subject, [await subject.seal(1)], { seconds: Infinity, outstanding: 1 });
    latencies.push(performance.now() - started);
  }
  return { p50: quantile(latencies, 0.5), p95: quantile(latencies, 0.95) };
}
