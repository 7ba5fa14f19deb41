/** One suite, bounded in time: whatever ends it, nothing it had started runs on. */
import { provenance, writeResults } from './crypto/report';
import { type Drawing } from './drawing';
import { within } from './end-to-end/gate';
import { OpenSubjects } from './open-subjects';

export interface Measured {
  readonly results: object;
  /** Rows for a person. */
  readonly table: string;
  readonly chart: Drawing;
}

export interface Reported {
  /** The results with machine, versions and commit, as written. */
  readonly document: object;
  readonly table: string;
}

/** No suite may take longer, whatever the machine. */
export const SUITE_MS = 900_000;
/** For what an overrun suite had started to stop. */
const ENDING_MS = 120_000;

const EXITS = { SIGINT: 130, SIGTERM: 143 } as const;

export class InterruptedError extends Error {
  readonly code = 'E_BENCH_INTERRUPTED';
}

/** The first signal ends what is measured; a second one ends the process as it always does. */
export class Interruption {
  exit: number | undefined;
  /** Rejects on the first signal. */
  readonly signalled: Promise<never>;
  readonly #handlers: readonly (readonly [keyof typeof EXITS, () => void])[];

  constructor() {
    let refuse: (error: Error) => void = () => undefined;
    this.signalled = new Promise<never>((_, reject) => (refuse = reject));
    this.signalled.catch(() => undefined);
    this.#handlers = (['SIGINT', 'SIGTERM'] as const).map((signal) => [
      signal,
      () => {
        this.exit = EXITS[signal];
        this.forget();
        refuse(new InterruptedError(`interrupted by ${signal}`));
      },
    ]);
    for (const [signal, handler] of this.#handlers) process.on(signal, handler);
  }

  forget(): void {
    for (const [signal, handler] of this.#handlers) process.off(signal, handler);
  }
}

export interface SuiteRun<Subjects> {
  readonly subjects: Subjects;
  readonly suiteMs: number;
  readonly interrupted: Interruption;
}

/** @throws InterruptedError; Error when it takes longer than `suiteMs`; what the measurement throws */
export async function runSuite<Subjects>(
  name: string,
  measure: (subjects: Subjects) => Promise<Measured>,
  { subjects, suiteMs, interrupted }: SuiteRun<Subjects>,
): Promise<Reported> {
  const open = new OpenSubjects();
  const measuring = measure(open.tracking(subjects));
  try {
    const ended = Promise.race([interrupted.signalled, measuring]);
    const { results, table, chart } = await within(suiteMs, `bench ${name}`, ended);
    const document = { ...results, ...provenance() };
    process.stderr.write(`written to ${writeResults(name, document, chart)}\n`);
    return { document, table };
  } catch (error) {
    // A measurement that failed by itself has closed everything and settled.
    const settled = Promise.allSettled([open.end(), measuring]);
    await within(ENDING_MS, `what bench ${name} had started to stop`, settled);
    throw error;
  }
}
