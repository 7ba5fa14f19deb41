import { rounded } from '../statistics';
import { type Round } from './pipeline';
import { type CpuTimes, type EndToEndSubject } from './subject';

/** Rounds of one way, with the CPU time each took. */
export class CountedRounds {
  readonly rounds: Round[] = [];
  readonly #subject: Pick<EndToEndSubject, 'cpuMs'>;
  readonly #milliseconds = new Map<string, number>();
  #told = true;

  constructor(subject: Pick<EndToEndSubject, 'cpuMs'>) {
    this.#subject = subject;
  }

  async add(run: () => Promise<Round>): Promise<void> {
    const before = await this.#subject.cpuMs();
    this.rounds.push(await run());
    const after = await this.#subject.cpuMs();
    if (before && after) this.#count(before, after);
    else this.#told = false;
  }

  /** By kind of process; undefined where the system does not tell. */
  microsecondsPerCommand(): CpuTimes | undefined {
    if (!this.#told) return undefined;
    const commands = this.rounds.reduce((sum, round) => sum + round.commands, 0);
    return Object.fromEntries([...this.#milliseconds].map(([kind, ms]) => [kind, rounded((ms * 1000) / commands)]));
  }

  #count(before: CpuTimes, after: CpuTimes): void {
    for (const [kind, ms] of Object.entries(after)) {
      this.#milliseconds.set(kind, (this.#milliseconds.get(kind) ?? 0) + ms - (before[kind] ?? 0));
    }
  }
}
