import { setTimeout as delay } from 'node:timers/promises';

import { Backoff } from '../common/abort';
import { silentLogger } from '../common/log';
import { type EndorsedTransaction, type Ledger, LedgerError, type Transaction } from '../ledger';
import { type ItemOutcome, Relay, type Submission } from './relay';

interface Item {
  readonly id: string;
}

const ANSWERS = {
  c: { status: 'committed' },
  r: { status: 'refused', code: 'E_EXPIRED', message: 'too late' },
  m: { status: 'refused', code: 'E_SUBMISSION_MIXED', message: 'another is refused' },
} as const;

type Answer = (ids: readonly string[]) => EndorsedTransaction | Error;

const items = (text: string): Item[] => [...text].map((id) => ({ id }));

/** A scripted ledger: answers in turn, the last one for ever. */
class Scripted implements Pick<Ledger, 'endorse'> {
  readonly submissions: string[] = [];
  readonly #answers: Answer[];

  constructor(...answers: Answer[]) {
    this.#answers = answers;
  }

  async endorse(_: string, { args = [] }: Transaction): Promise<EndorsedTransaction> {
    this.submissions.push(args.join(''));
    const answer = this.#answers.length > 1 ? this.#answers.shift() : this.#answers[0];
    const result = (answer as Answer)(args.map(String));
    if (result instanceof Error) throw result;
    return result;
  }
}

function accepting(refused = '', submit?: () => Promise<never>): Answer {
  return (ids) => ({
    transactionId: 'tx',
    result: Buffer.from(ids.map((id) => (refused.includes(id) ? 'r' : 'c')).join('')),
    submit: submit ?? (async () => ({ transactionId: 'tx', blockNumber: 9n, result: new Uint8Array() })),
  });
}

const failing =
  (code: string): Answer =>
  () =>
    new LedgerError(code, 'as scripted');

const conflicting = accepting('', async () => {
  throw new LedgerError('E_MVCC', 'a key was changed');
});

function scene(ledger: Scripted): {
  relay: Relay<Item>;
  outcomes: Map<string, ItemOutcome>;
  seen: Set<string>;
  stop: AbortController;
} {
  const outcomes = new Map<string, ItemOutcome>();
  const seen = new Set<string>();
  const stop = new AbortController();
  const submission: Submission<Item> = {
    channel: 'datachain',
    transaction: (all) => ({ contract: 'c', name: 'n', args: all.map(({ id }) => id) }),
    outcomes: (result) => [...Buffer.from(result).toString()].map((letter) => ANSWERS[letter as keyof typeof ANSWERS]),
    settled: ({ id }) => seen.has(id) || outcomes.has(id),
    settle: async ({ id }, outcome) => void outcomes.set(id, outcome),
  };
  const options = { log: silentLogger(), stopping: stop.signal, backoff: () => new Backoff(1, 2) };
  return { relay: new Relay(ledger, submission, options), outcomes, seen, stop };
}

test('refused items are settled with their code and the rest is ordered', async () => {
  const ledger = new Scripted(accepting('b'));
  const { relay, outcomes } = scene(ledger);
  await relay.submit(items('abc'));
  expect(outcomes.get('a')).toEqual({ status: 'committed', transactionId: 'tx' });
  expect(outcomes.get('b')).toEqual({ status: 'refused', code: 'E_EXPIRED', message: 'too late' });
  expect(outcomes.get('c')?.status).toBe('committed');
});

/** As the chaincode judges σ: all of a submission or none. */
function whole(refused: string): Answer {
  return (ids) => ({
    ...(accepting()(ids) as EndorsedTransaction),
    result: Buffer.from(
      ids.map((id) => (refused.includes(id) ? 'r' : ids.some((other) => refused.includes(other)) ? 'm' : 'c')).join(''),
    ),
  });
}

test('items held back for the sake of a refused one are endorsed again without it, at once', async () => {
  const ledger = new Scripted(whole('bd'));
  const { relay, outcomes } = scene(ledger);
  await relay.submit(items('abcde'));
  expect(ledger.submissions).toEqual(['abcde', 'ace']);
  expect([...outcomes].map(([id, { status }]) => `${id} ${status}`).sort()).toEqual([
    'a committed',
    'b refused',
    'c committed',
    'd refused',
    'e committed',
  ]);
});

test('endorsers that hold everything back and refuse nothing are asked again later', async () => {
  const held: Answer = (ids) => ({ ...(accepting()(ids) as EndorsedTransaction), result: Buffer.from('mm') });
  const ledger = new Scripted(held, held, accepting());
  const { relay, outcomes } = scene(ledger);
  await relay.submit(items('ab'));
  expect(ledger.submissions).toEqual(['ab', 'ab', 'ab']);
  expect([...outcomes.values()].map(({ status }) => status)).toEqual(['committed', 'committed']);
});

test('a submission nobody accepts is not ordered', async () => {
  const ledger = new Scripted(accepting('ab', () => Promise.reject(new Error('must not be ordered'))));
  const { relay, outcomes } = scene(ledger);
  await relay.submit(items('ab'));
  expect([...outcomes.values()].map(({ status }) => status)).toEqual(['refused', 'refused']);
});

test('a conflict is endorsed anew without what is committed by now', async () => {
  const race = scene(
    new Scripted((ids) => {
      if (!ids.includes('b')) return accepting()(ids);
      race.seen.add('b');
      return conflicting(ids);
    }),
  );
  await race.relay.submit(items('abc'));
  expect([...race.outcomes.keys()]).toEqual(['a', 'c']);
});

test.each(['E_LEDGER_UNAVAILABLE', 'E_LEDGER_TIMEOUT', 'E_SUBMIT', 'E_COMMIT_UNKNOWN', 'E_NOT_INITIALISED'])(
  '%s is waited out, and nothing is lost',
  async (code) => {
    const ledger = new Scripted(failing(code), failing(code), failing(code), accepting());
    const { relay, outcomes } = scene(ledger);
    await relay.submit(items('ab'));
    expect(ledger.submissions).toEqual(['ab', 'ab', 'ab', 'ab']);
    expect([...outcomes.keys()]).toEqual(['a', 'b']);
  },
);

test('a submission refused as a whole is halved until the one at fault stands alone', async () => {
  const ledger = new Scripted((ids) => (ids.includes('c') ? new LedgerError('E_TOO_LARGE', 'no') : accepting()(ids)));
  const { relay, outcomes } = scene(ledger);
  await relay.submit(items('abcdefgh'));
  expect(outcomes.get('c')).toMatchObject({ status: 'refused', code: 'E_TOO_LARGE' });
  expect([...outcomes.values()].filter(({ status }) => status === 'committed')).toHaveLength(7);
});

test('an answer of another form is not taken for an acceptance', async () => {
  const ledger = new Scripted((ids) => ({ ...(accepting()(ids) as EndorsedTransaction), result: new Uint8Array() }));
  const { relay, outcomes } = scene(ledger);
  await relay.submit(items('a'));
  expect(outcomes.get('a')).toMatchObject({ status: 'refused', code: 'E_CHAINCODE' });
});

test('stopping ends the waiting and leaves the items unsettled', async () => {
  const { relay, outcomes, stop } = scene(new Scripted(failing('E_LEDGER_UNAVAILABLE')));
  const done = relay.submit(items('a'));
  await delay(5);
  stop.abort();
  await done;
  expect(outcomes.size).toBe(0);
});
