import { type SealedCommands } from '../end-to-end/subject';
import { type VerificationSubject } from './subject';
import { benchVerification, committedPerSecond, verificationTable } from './verification';

test('submits each once and keeps to the bound', async () => {
  const submitted: number[] = [];
  let underWay = 0;
  let most = 0;
  const rate = await committedPerSecond(20, 4, async (i) => {
    submitted.push(i);
    most = Math.max(most, ++underWay);
    await new Promise((resolve) => setImmediate(resolve));
    underWay -= 1;
  });
  expect(submitted.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
  expect(most).toBe(4);
  expect(rate).toBeGreaterThan(0);
});

test('a refused transaction ends the run', async () => {
  const refused = new Error('refused');
  await expect(committedPerSecond(3, 1, () => Promise.reject(refused))).rejects.toBe(refused);
});

/** Takes a CPU second for a σ and less for a put. */
class FakeSubject implements VerificationSubject {
  readonly ledger = 'embedded';
  readonly order: string[] = [];
  closed = false;
  #cpuMs: number | undefined;

  constructor(tellsCpu: boolean) {
    this.#cpuMs = tellsCpu ? 0 : undefined;
  }

  async seal(receivers: number): Promise<SealedCommands> {
    return { id: `sigma-${receivers}`, bytes: receivers * 228, commands: receivers };
  }

  async submit(): Promise<void> {
    this.#work('verified', 1000);
  }

  async put(value: string): Promise<void> {
    expect(Buffer.from(value)).toHaveLength(2 * 228);
    this.#work('put', 800);
  }

  async putOnce(value: Uint8Array): Promise<void> {
    expect(value).toHaveLength(2 * 228);
    this.#work('once', 500);
  }

  async ledgerCpuMs(): Promise<number | undefined> {
    return this.#cpuMs;
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  #work(what: string, cpuMs: number): void {
    if (this.#cpuMs !== undefined) this.#cpuMs += cpuMs;
    this.order.push(what);
  }
}

const LOAD = { rounds: 3, seconds: 60, fewestRounds: 2, receivers: 2, transactions: 1, warmUp: 1, outstanding: 1 };

test('each way is the first in turn, and CPU time is told for each', async () => {
  const subject = new FakeSubject(true);
  const results = await benchVerification(async () => subject, LOAD);
  const [a, b, c] = ['verified', 'put', 'once'];
  expect(subject.order).toEqual([...[a, b, c], ...[a, b, c], ...[b, c, a], ...[c, a, b]]);
  const cpuMsPerTransaction = { verified: 1000, plain: 800, plainOnce: 500 };
  expect(results).toMatchObject({ bytes: 456, rounds: 3, cpuMsPerTransaction });
  expect(verificationTable(results)).toContain('verified 1000, put 800, once 500');
  expect(subject.closed).toBe(true);
});

test('ends after the fewest rounds when the time is up; says nothing of CPU time that is not told', async () => {
  const results = await benchVerification(async () => new FakeSubject(false), { ...LOAD, seconds: 0 });
  expect(results.rounds).toBe(2);
  expect(results.cpuMsPerTransaction).toBeUndefined();
  expect(verificationTable(results)).not.toContain('CPU');
});
