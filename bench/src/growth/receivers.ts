/** What a message to n receivers costs: all of it in as many σ as the limits demand. */
import {
  lendEntryKey,
  Role,
  type Unsigncrypted,
  unsigncrypt,
  type VerifiedSigma,
  verifySigma,
} from '@chargecast/signcryption';
import { LocatorIndex } from '@chargecast/signcryption/locate';
import { env } from '../crypto/cases';
import { createFixture, type Fixture, MAX_RECEIVERS, SESSION_ID } from '../crypto/fixture';
import { type Case, Measurements } from '../crypto/measure';
import { type Fit, rounded, roundedFit } from '../statistics';

const STEPS = ['seal', 'verify', 'index', 'locate', 'open'] as const;

/** `seal`, `verify`, `index`: all σ of the message; `locate`: one receiver's entry among them; `open`: that entry. */
export type ReceiverStep = (typeof STEPS)[number];

export interface ReceiverCosts {
  readonly receivers: number;
  readonly sigmas: number;
  readonly bytes: number;
  /** CPU time. */
  readonly microseconds: Readonly<Record<ReceiverStep, number>>;
}

export interface ReceiversResults {
  readonly costs: readonly ReceiverCosts[];
  /** Over receivers: 1 is linear, 0 constant. */
  readonly growth: Readonly<Record<ReceiverStep | 'bytes', Fit>>;
}

/** Repetitions in a timed block, so that it lasts some milliseconds. */
const REPETITIONS: Readonly<Record<ReceiverStep, (receivers: number) => number>> = {
  seal: (n) => Math.max(1, Math.ceil(10 / n)),
  verify: (n) => Math.max(1, Math.min(20, Math.ceil(1000 / n))),
  index: (n) => Math.max(1, Math.ceil(10_000 / n)),
  locate: () => 2_000,
  open: () => 40,
};

/** @param receivers three sizes or more, ascending */
export async function receiverCosts(receivers: readonly number[], rounds: number): Promise<ReceiversResults> {
  const fixture = await createFixture(Math.max(...receivers));
  const bytes = new Map<number, number>();
  const sigmas = new Map<number, number>();
  const cases: Case[] = [];
  for (const n of receivers) {
    const message = await sealed(fixture, n);
    sigmas.set(n, message.length);
    bytes.set(
      n,
      message.reduce((sum, sigma) => sum + sigma.length, 0),
    );
    cases.push(...casesOf(fixture, n, message));
  }
  const measured = await Measurements.run(cases, rounds, 1);
  const costs = receivers.map((n) => ({
    receivers: n,
    sigmas: sigmas.get(n) ?? 0,
    bytes: bytes.get(n) ?? 0,
    microseconds: byStep((step) => rounded(measured.timing(`${step} ${n}`).median)),
  }));
  const growth = (of: (cost: ReceiverCosts) => number): Fit =>
    roundedFit(costs.map((cost) => [cost.receivers, of(cost)] as const));
  return {
    costs,
    growth: {
      ...byStep((step) => growth(({ microseconds }) => microseconds[step])),
      bytes: growth((cost) => cost.bytes),
    },
  };
}

async function sealed(fixture: Fixture, n: number): Promise<Uint8Array[]> {
  const sigmas: Uint8Array[] = [];
  for (let first = 0; first < n; first += MAX_RECEIVERS) {
    sigmas.push(await fixture.seal(env, Math.min(n, MAX_RECEIVERS), first));
  }
  return sigmas;
}

function casesOf(fixture: Fixture, n: number, message: readonly Uint8Array[]): Case[] {
  const { params } = fixture;
  const verified = message.map((sigma) => verifySigma(params, sigma));
  const [first] = verified as [VerifiedSigma];
  const locator = first.sigma.body.slice(0, 32);
  const work: Record<ReceiverStep, () => unknown> = {
    seal: () => sealed(fixture, n),
    verify: () => message.map((sigma) => verifySigma(params, sigma).id),
    index: () => verified.map(({ sigma }) => new LocatorIndex(sigma)),
    locate: () => {
      if (!verified.some((each) => each.locate(locator) !== undefined)) throw new Error('a locator was not found');
    },
    open: opening(fixture, first),
  };
  return STEPS.map((step) => repeated(`${step} ${n}`, REPETITIONS[step](n), work[step]));
}

/** As the last σ's receiver has looked for it: vehicle and pile together. */
function opening({ params, limits, centre, pile, vehicles }: Fixture, verified: VerifiedSigma): () => Promise<void> {
  const [vehicle] = vehicles as [Fixture['centre']];
  const session = { pile: pile.record.f, sessionId: SESSION_ID, open: true, answered: 0, maxAnswers: 1 };
  const receiver = { f: vehicle.record.f, role: Role.EV };
  const findSender = (): { keys: typeof centre; counts: true; revoked: false } => ({
    keys: centre,
    counts: true,
    revoked: false,
  });
  return async () => {
    const entryKey = lendEntryKey(params, limits, vehicle, session, verified.sigma.headerBytes);
    const opened: Unsigncrypted | null = await unsigncrypt({
      params,
      limits,
      verified,
      receiver,
      entryKey,
      findSender,
    });
    if (!opened) throw new Error('an entry did not open for its receiver');
  };
}

function repeated(name: string, operations: number, work: () => unknown): Case {
  return {
    name,
    operations,
    block: async () => {
      for (let i = 0; i < operations; i++) {
        const result = work();
        if (result instanceof Promise) await result;
      }
    },
  };
}

const byStep = <T>(of: (step: ReceiverStep) => T): Record<ReceiverStep, T> =>
  Object.fromEntries(STEPS.map((step) => [step, of(step)])) as Record<ReceiverStep, T>;

/** Rows for a person. */
export function receiversTable({ costs, growth }: ReceiversResults): string[] {
  const row = (what: string, cells: readonly string[]): string =>
    what.padEnd(12) + cells.map((cell) => cell.padStart(18)).join('');
  return [
    'a message to n receivers, CPU time in µs: sealing, verifying, indexing all of it; finding and opening one entry',
    row('n', [...STEPS, 'bytes']),
    ...costs.map(({ receivers, bytes, microseconds }) =>
      row(
        receivers.toLocaleString('en'),
        [...STEPS.map((step) => microseconds[step]), bytes].map((value) => value.toLocaleString('en')),
      ),
    ),
    row(
      '~ n^',
      [...STEPS, 'bytes' as const].map((step) => exponent(growth[step])),
    ),
  ];
}

export const exponent = ({ exponent: b, plusMinus }: Fit): string => `${b} ± ${plusMinus}`;
