import { setTimeout as pause } from 'node:timers/promises';

export interface UntilOptions {
  /** Milliseconds until `onTimeout` is thrown. */
  readonly deadline: number;
  readonly interval?: number;
  /** The error to throw; `last` is what the latest attempt failed with, if it threw. */
  readonly onTimeout: (last: unknown) => Error | Promise<Error>;
}

/** Polls until `attempt` gives something other than undefined. An attempt that throws counts as "not yet". */
export async function until<T>(attempt: () => Promise<T | undefined>, options: UntilOptions): Promise<T> {
  const end = Date.now() + options.deadline;
  for (;;) {
    let last: unknown;
    try {
      const result = await attempt();
      if (result !== undefined) return result;
    } catch (error) {
      if (error instanceof StopWaiting) throw error.cause;
      last = error;
    }
    if (Date.now() >= end) throw await options.onTimeout(last);
    await pause(options.interval ?? 100);
  }
}

/** Thrown by an attempt to end the waiting at once with `cause`. */
export class StopWaiting extends Error {
  constructor(cause: Error) {
    super(cause.message, { cause });
  }
}
