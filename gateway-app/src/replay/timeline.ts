import { pause } from '../common/abort';
import { type Clock, speedClock } from '../stations';
import { SteppedClock } from './stepped-clock';

/** How the sessions' own time passes. */
export interface Timeline {
  /** The clock a pile's station is metered by. */
  clock(pile: string): Clock;
  /** Resolves when a pile's clock shows that moment or a later one. @param at Unix seconds */
  reach(pile: string, at: number, signal: AbortSignal): Promise<void>;
}

/** Each pile's time is moved on as its sessions go; nobody waits. @param start Unix seconds */
export function steppedTimeline(start: number): Timeline {
  const clocks = new Map<string, SteppedClock>();
  const of = (pile: string): SteppedClock => {
    const clock = clocks.get(pile) ?? new SteppedClock(start * 1000);
    clocks.set(pile, clock);
    return clock;
  };
  return { clock: of, reach: (pile, at) => of(pile).advanceTo(at * 1000) };
}

/** One clock for all, so many times as fast as the wall's. @param start Unix seconds */
export function runningTimeline(start: number, speed: number): Timeline {
  const clock = speedClock(speed, start * 1000);
  return {
    clock: () => clock,
    async reach(_, at, signal) {
      for (let left = at * 1000 - clock.now(); left > 0 && !signal.aborted; left = at * 1000 - clock.now()) {
        await pause(Math.min(left / speed, 60_000), signal);
      }
    },
  };
}
