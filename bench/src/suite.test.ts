import { InterruptedError, Interruption, type Measured, runSuite } from './suite';

class Subject {
  closed = false;
  #end: (error: Error) => void = () => undefined;

  /** Goes on until the subject is closed. */
  measure(): Promise<Measured> {
    return new Promise((_, reject) => (this.#end = reject));
  }

  async close(): Promise<void> {
    this.closed = true;
    this.#end(new Error('closed under the measurement'));
  }
}

const measure = async ({ make }: { make: () => Promise<Subject> }): Promise<Measured> => (await make()).measure();

describe('a suite', () => {
  const interrupted = new Interruption();

  afterAll(() => interrupted.forget());

  test('that overruns is stopped before the error is told', async () => {
    const subject = new Subject();
    const run = { subjects: { make: async () => subject }, suiteMs: 20, interrupted };
    await expect(runSuite('slow', measure, run)).rejects.toThrow('gave up after 0.02 s waiting for bench slow');
    expect(subject.closed).toBe(true);
  });

  test('that is interrupted is stopped', async () => {
    const subject = new Subject();
    const running = runSuite('long', measure, {
      subjects: { make: async () => subject },
      suiteMs: 60_000,
      interrupted,
    });
    process.emit('SIGTERM');
    await expect(running).rejects.toBeInstanceOf(InterruptedError);
    expect(subject.closed).toBe(true);
    expect(interrupted.exit).toBe(143);
  });
});
