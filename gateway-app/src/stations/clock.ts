import { pause } from '../common/abort';

/** Time as a simulated station has it. */
export interface Clock {
  /** Unix milliseconds. */
  now(): number;
  /** Resolves after that much of this clock's time, or at once when the signal aborts. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/** A clock that starts at `start` and runs `speed` times as fast as the wall's. @param start Unix milliseconds */
export function speedClock(speed = 1, start = Date.now()): Clock {
  const origin = performance.now();
  return {
    now: () => start + (performance.now() - origin) * speed,
    sleep: (milliseconds, signal) => pause(milliseconds / speed, signal),
  };
}
