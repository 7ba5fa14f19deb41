import { insistOn } from './errors';

/** Seconds two clocks may differ, either way: the time window in which peers take proposals as well. */
export const MAX_SKEW_SECONDS = 60;

/** @throws AuthenticationError E_AUTH_CLOCK */
export function ensureTimely(time: number, now: number): void {
  const timely = Math.abs(time - now) <= MAX_SKEW_SECONDS;
  insistOn(
    timely,
    'E_AUTH_CLOCK',
    `a message from another time: set the clocks, or send it within ${MAX_SKEW_SECONDS} s`,
  );
}
