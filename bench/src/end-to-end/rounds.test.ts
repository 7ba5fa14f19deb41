import { gatheredRound, loneCommand, openedOf, plainRound } from './rounds';
import { SealedBox } from './sealed-box';
import { type EndToEndSubject, type SealedCommands, type StreamListener } from './subject';

/** Commits what it is given at the next turn of the event loop. */
class FakeSubject implements EndToEndSubject {
  readonly ledger = 'embedded';
  readonly organisations = 4;
  readonly plaintext = Uint8Array.from({ length: 51 }, (_, i) => i);
  readonly opened: [string, number][] = [];
  readonly refusals: string[] = [];
  underWay = 0;
  mostUnderWay = 0;
  #listener: StreamListener | undefined;
  #sealed = 0;

  async seal(receivers: number): Promise<SealedCommands> {
    return { id: `sigma-${this.#sealed++}`, bytes: receivers * 164, commands: receivers };
  }

  async hold({ id }: SealedCommands): Promise<void> {
    const code = this.refusals.pop();
    if (code) throw Object.assign(new Error('refused'), { code });
    this.#commit(() => this.#listener?.sigma(id));
  }

  async open(id: string, count: number): Promise<void> {
    this.opened.push([id, count]);
  }

  async put(key: string, value: string): Promise<void> {
    this.#commit(() => this.#listener?.plain(key, value));
  }

  listen(listener: StreamListener | undefined): void {
    this.#listener = listener;
  }

  async cpuMs(): Promise<undefined> {}

  async close(): Promise<void> {}

  #commit(tell: () => void): void {
    this.underWay += 1;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    setImmediate(() => {
      this.underWay -= 1;
      this.#listener?.block(1);
      tell();
    });
  }
}

async function sealed(subject: FakeSubject, count: number, receivers: number): Promise<SealedCommands[]> {
  return Promise.all(Array.from({ length: count }, () => subject.seal(receivers)));
}

const ONE = { seconds: 60, outstanding: 1 };

test('counts every command of every σ, opens a hundredth, keeps to the bound', async () => {
  const subject = new FakeSubject();
  const round = await gatheredRound(subject, await sealed(subject, 10, 300), { seconds: 60, outstanding: 3 });
  expect(round).toMatchObject({ commands: 3000, transactions: 10, blocks: 10 });
  expect(round.perSecond).toBeGreaterThan(0);
  expect(round.latencies).toHaveLength(10);
  expect(subject.opened.map(([, count]) => count)).toEqual(Array.from({ length: 10 }, () => 3));
  expect(subject.mostUnderWay).toBeLessThanOrEqual(3);
});

test('comes again when the gateways are full, and ends on any other refusal', async () => {
  const subject = new FakeSubject();
  subject.refusals.push('E_CSS_FULL', 'E_CSS_FULL');
  expect((await gatheredRound(subject, await sealed(subject, 3, 1), ONE)).commands).toBe(3);
  subject.refusals.push('E_EPOCH');
  await expect(gatheredRound(subject, await sealed(subject, 1, 1), ONE)).rejects.toMatchObject({ code: 'E_EPOCH' });
});

test('nothing is sent after the time; the rest stays in the pool', async () => {
  const subject = new FakeSubject();
  const pool = await sealed(subject, 5, 1);
  expect(await gatheredRound(subject, pool, { seconds: 0, outstanding: 2 })).toMatchObject({ commands: 0 });
  expect(pool).toHaveLength(5);
});

test('a round of sealed boxes opens one in a hundred', async () => {
  const subject = new FakeSubject();
  const round = await plainRound(subject, 250, { seconds: 60, outstanding: 8 });
  expect(round.commands).toBe(250);
  expect(round.latencies).toHaveLength(3);
  expect(subject.mostUnderWay).toBeLessThanOrEqual(8);
});

test('a lone command is one receiver in one σ, opened', async () => {
  const subject = new FakeSubject();
  const { p50, p95 } = await loneCommand(subject, 5);
  expect(p50).toBeLessThanOrEqual(p95);
  expect(subject.opened).toHaveLength(5);
});

test.each([
  [1, 1],
  [100, 1],
  [1024, 10],
])('of %i commands %i are opened', (commands, opened) => expect(openedOf(commands)).toBe(opened));

test('a sealed box opens for its receiver alone', () => {
  const box = new SealedBox();
  const text = box.seal(Uint8Array.of(1, 2, 3));
  expect([...box.open(text)]).toEqual([1, 2, 3]);
  expect(() => new SealedBox().open(text)).toThrow('does not open');
});
