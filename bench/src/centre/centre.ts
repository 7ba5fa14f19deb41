/** `bench centre`: what a command costs the centre that sends it, and how much of it is signcrypt. */
import { ready } from '@chargecast/signcryption';
import { type Chart } from '../chart';
import { env } from '../crypto/cases';
import { createFixture } from '../crypto/fixture';
import { type Case, Measurements, type Timing } from '../crypto/measure';
import { exponent } from '../growth/receivers';
import { type Fit, rounded, roundedFit } from '../statistics';
import { type CentreFactory, type CentreRun, type CentreSubject } from './subject';

export interface CentreLoad {
  /** Of one σ: three sizes or more, ascending. */
  readonly receivers: readonly number[];
  /** σ's of a timed block, unless it then has more commands than there are vehicles. */
  readonly sigmas: number;
  readonly vehicles: number;
  readonly rounds: number;
  /** Rounds until everything is compiled. */
  readonly warmUp: number;
}

export const CENTRE_LOAD: CentreLoad = {
  receivers: [1, 10, 100, 1000],
  sigmas: 40,
  vehicles: 1000,
  rounds: 11,
  warmUp: 3,
};

/** Of one command, microseconds of CPU time, all threads together. */
export interface CommandCost {
  readonly receivers: number;
  readonly steps: Readonly<Record<string, number>>;
  readonly all: number;
  /** Also in the steps: what sealing takes without the centre's books. */
  readonly signcrypt: number;
  /** signcrypt by all steps, of the same round. */
  readonly signcryptShare: Timing;
  /** That one core carries. */
  readonly commandsPerSecond: number;
}

export interface CentreResults {
  readonly costs: readonly CommandCost[];
  /** Of all commands of one σ over its receivers: 1 is linear. */
  readonly growth: Readonly<Record<string, Fit>>;
  readonly load: CentreLoad;
}

const SIGNCRYPT = 'signcrypt';
const ALL = 'all steps';

export async function benchCentre(make: CentreFactory, load: CentreLoad = CENTRE_LOAD): Promise<CentreResults> {
  await ready();
  const sigmas = load.receivers.reduce((sum, each) => sum + Math.ceil(commandsOf(load, each) / each), 0);
  // Each is sealed by the centre, and once more alone.
  const { limits, pile, vehicles, sealTo } = await createFixture(
    load.vehicles,
    2 * sigmas * (load.rounds + load.warmUp),
  );
  const subject = await make({ limits, pile, vehicles, seal: (receivers, ttl) => sealTo(env, receivers, ttl) });
  try {
    const cases = load.receivers.flatMap((receivers) => casesOf(subject, receivers, load));
    return summarise(subject.steps, await Measurements.run(cases, load.rounds, load.warmUp), load);
  } finally {
    await subject.close();
  }
}

/** In a timed block. */
const commandsOf = ({ vehicles, sigmas }: CentreLoad, receivers: number): number =>
  Math.min(vehicles, receivers * sigmas);

function casesOf(subject: CentreSubject, receivers: number, load: CentreLoad): Case[] {
  const operations = commandsOf(load, receivers);
  let run: CentreRun;
  const steps = subject.steps.map((name, index) => ({
    name: `${name} ${receivers}`,
    operations,
    block: async (): Promise<void> => {
      if (index === 0) run = subject.begin(operations, receivers);
      await run.step(index);
    },
  }));
  const block = (): Promise<void> => subject.signcrypt(operations, receivers);
  return [...steps, { name: `${SIGNCRYPT} ${receivers}`, operations, block }];
}

function summarise(steps: readonly string[], measured: Measurements, load: CentreLoad): CentreResults {
  const micro = (name: string): number => rounded(measured.timing(name).median);
  const costs = load.receivers.map((receivers) => {
    const named = (name: string): string => `${name} ${receivers}`;
    measured.sum(named(ALL), steps.map(named));
    const all = measured.timing(named(ALL)).median;
    return {
      receivers,
      steps: Object.fromEntries(steps.map((name) => [name, micro(named(name))])),
      all: rounded(all),
      signcrypt: micro(named(SIGNCRYPT)),
      signcryptShare: measured.ratio(named(SIGNCRYPT), named(ALL)),
      commandsPerSecond: rounded(1e6 / all),
    };
  });
  const growth = (of: (cost: CommandCost) => number): Fit =>
    roundedFit(costs.map((cost) => [cost.receivers, of(cost) * cost.receivers] as const));
  return {
    costs,
    growth: {
      ...Object.fromEntries(steps.map((name) => [name, growth((cost) => cost.steps[name] as number)])),
      [ALL]: growth(({ all }) => all),
      [SIGNCRYPT]: growth(({ signcrypt }) => signcrypt),
    },
    load,
  };
}

/** Rows for a person. */
export function centreTable({ costs, growth }: CentreResults): string {
  const row = (what: string, of: (cost: CommandCost) => string): string =>
    what.padEnd(24) + costs.map((cost) => of(cost).padStart(10)).join('');
  const fitted = (line: string, name: string): string => line + exponent(growth[name] as Fit).padStart(18);
  const { steps } = costs[0] as CommandCost;
  return [
    'a command at its centre, CPU time in µs; growth of all commands of one σ',
    row('receivers of a σ', ({ receivers }) => receivers.toLocaleString('en')) + '~ n^'.padStart(18),
    ...Object.keys(steps).map((name) =>
      fitted(
        row(name, (cost) => String(cost.steps[name])),
        name,
      ),
    ),
    fitted(
      row(ALL, ({ all }) => String(all)),
      ALL,
    ),
    fitted(
      row('of it signcrypt', ({ signcrypt }) => String(signcrypt)),
      SIGNCRYPT,
    ),
    row('share of signcrypt', ({ signcryptShare }) => signcryptShare.median.toFixed(2)),
    row('commands/s of a core', ({ commandsPerSecond }) => commandsPerSecond.toLocaleString('en')),
  ].join('\n');
}

export function centreChart({ costs }: CentreResults): Chart {
  const { receivers, steps, signcrypt } = costs.at(-1) as CommandCost;
  return {
    title: `A command at its centre, of a σ of ${receivers.toLocaleString('en')}, CPU time`,
    unit: 'µs',
    bars: Object.entries({ ...steps, 'of it signcrypt': signcrypt }).map(([label, value]) => ({ label, value })),
  };
}
