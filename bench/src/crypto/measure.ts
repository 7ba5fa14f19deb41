/**
 * Interleaved timing: every round runs every case once, so that a slow minute of the machine slows all of them. What is
 * read is the process's CPU time, all threads included: on a machine with other work, wall time measures that work.
 * A case's block should last a few milliseconds, and the blocks of a ratio about equally long. Each pays for the garbage
 * it makes, and for no other's.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export interface Case {
  readonly name: string;
  /** Runs `operations` times what is timed. */
  readonly block: () => void | Promise<void>;
  readonly operations: number;
}

/** Microseconds of CPU time per operation over the rounds. */
export interface Timing {
  readonly median: number;
  readonly p10: number;
  readonly p90: number;
}

/**
 * V8's own collection, of what was made lately: its name is known only in a context made after the flag is set. It leaves
 * the buffers it found to a thread that frees them meanwhile; a second one waits for that.
 */
function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (options: { readonly type: 'minor' }) => void;
  return () => {
    for (let i = 0; i < 2; i++) collect({ type: 'minor' });
  };
}

export class Measurements {
  readonly #rounds = new Map<string, number[]>();

  private constructor() {}

  static async run(cases: readonly Case[], rounds: number, warmUp = 2): Promise<Measurements> {
    const measurements = new Measurements();
    const collectGarbage = garbageCollector();
    for (const { name } of cases) measurements.#rounds.set(name, []);
    for (let round = -warmUp; round < rounds; round++) {
      for (const { name, block, operations } of cases) {
        const started = process.cpuUsage();
        await block();
        collectGarbage();
        const { user, system } = process.cpuUsage(started);
        if (round >= 0) measurements.#of(name).push((user + system) / operations);
      }
    }
    return measurements;
  }

  #of(name: string): number[] {
    const rounds = this.#rounds.get(name);
    if (!rounds) throw new RangeError(`nothing was measured under ${name}`);
    return rounds;
  }

  /** Under `name` stands from now on what the cases took together in each round, per operation of each. */
  sum(name: string, cases: readonly string[]): void {
    const rounds = cases.map((each) => this.#of(each));
    this.#rounds.set(
      name,
      (rounds[0] ?? []).map((_, round) => rounds.reduce((sum, of) => sum + (of[round] as number), 0)),
    );
  }

  timing(name: string): Timing {
    return summary(this.#of(name));
  }

  /** Whichever case has the smaller median. */
  faster(a: string, b: string): string {
    return this.timing(a).median <= this.timing(b).median ? a : b;
  }

  /** Ratios of the two in the same round, each divided by `per` (receivers, for example). */
  ratio(numerator: string, denominator: string, per = 1): Timing {
    const below = this.#of(denominator);
    return summary(this.#of(numerator).map((above, round) => above / per / (below[round] as number)));
  }
}

function summary(values: readonly number[]): Timing {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number;
  return { median: at(0.5), p10: at(0.1), p90: at(0.9) };
}
