/** `bench throughput`: accepted and processed a second over what is offered a second, as the second paper plots it. */
import { ready } from '@chargecast/signcryption';
import { within } from '../end-to-end/gate';
import { holdPatiently } from '../end-to-end/rounds';
import { type EndToEndFactory, type EndToEndSubject, type SealedCommands } from '../end-to-end/subject';
import { type LineChart } from '../line-chart';
import { type RegistrationFactory, type RegistrationSubject } from '../registration/subject';
import { rounded } from '../statistics';
import { type OfferedLoad, offerSteadily } from './offer';

export interface ThroughputLoad {
  /** Vehicles a second; the paper's example is 500. */
  readonly vehiclesPerSecond: readonly number[];
  readonly sigmasPerSecond: readonly number[];
  /** Of one σ, one command each. */
  readonly receivers: number;
  /** Of each step. */
  readonly seconds: number;
}

export const THROUGHPUT_LOAD: ThroughputLoad = {
  vehiclesPerSecond: [100, 250, 500, 750, 1000],
  sigmasPerSecond: [1, 4, 8, 12, 16],
  receivers: 1024,
  seconds: 5,
};

/** A second, while it was offered. */
export interface Step {
  readonly offeredPerSecond: number;
  /** Checked and stored by who takes it in: the provider, or enough gateways. */
  readonly acceptedPerSecond: number;
  /** Committed by the chain; σ's also streamed to a pile. */
  readonly processedPerSecond: number;
  /** From the end of the offering until all of it was processed. */
  readonly drainedAfterSeconds: number;
}

export interface ThroughputResults {
  readonly ledger: string;
  readonly registrations: readonly Step[];
  /** Commands. */
  readonly commands: readonly Step[];
  readonly load: ThroughputLoad;
}

export interface ThroughputFactories {
  readonly registration: () => ReturnType<RegistrationFactory>;
  readonly endToEnd: EndToEndFactory;
}

const DRAIN_MS = 120_000;

export async function benchThroughput(
  make: ThroughputFactories,
  load: ThroughputLoad = THROUGHPUT_LOAD,
): Promise<ThroughputResults> {
  await ready();
  const registrations = await registrationSteps(make.registration, load);
  const subject = await make.endToEnd();
  try {
    return { ledger: subject.ledger, registrations, commands: await commandSteps(subject, load), load };
  } finally {
    await subject.close();
  }
}

/** Vehicles registered before the first step. */
export const WARM_UP = 128;

async function registrationSteps(
  make: ThroughputFactories['registration'],
  { vehiclesPerSecond, seconds }: ThroughputLoad,
): Promise<Step[]> {
  const subject = await make();
  if (!subject) throw new Error('the ledger asked for did not start');
  try {
    const vehicles = vehiclesPerSecond.reduce((sum, rate) => sum + rate * seconds, WARM_UP);
    await subject.prepare(vehicles);
    await subject.offer(WARM_UP).processed;
    const steps: Step[] = [];
    for (const rate of vehiclesPerSecond) steps.push(await registrationStep(subject, rate, seconds));
    return steps;
  } finally {
    await subject.close();
  }
}

function registrationStep(subject: RegistrationSubject, rate: number, seconds: number): Promise<Step> {
  return step({
    perSecond: rate,
    seconds,
    offer(count) {
      const { accepted, processed } = subject.offer(count);
      return { accepted: accepted.then(() => count), processed };
    },
  });
}

async function commandSteps(
  subject: EndToEndSubject,
  { sigmasPerSecond, receivers, seconds }: ThroughputLoad,
): Promise<Step[]> {
  const streamed = new Map<string, () => void>();
  subject.listen({ sigma: (id) => streamed.get(id)?.(), plain: () => undefined, block: () => undefined });
  try {
    const warmUp = await subject.seal(receivers);
    await sent(subject, warmUp, streamed).processed;
    const steps: Step[] = [];
    for (const rate of sigmasPerSecond) {
      const sealed: SealedCommands[] = [];
      for (let i = 0; i < rate * seconds; i++) sealed.push(await subject.seal(receivers));
      const { offeredPerSecond, acceptedPerSecond, processedPerSecond, drainedAfterSeconds } = await step({
        perSecond: rate,
        seconds,
        offer(count) {
          const each = sealed.splice(0, count).map((one) => sent(subject, one, streamed));
          return {
            accepted: all(each.map(({ accepted }) => accepted)),
            processed: all(each.map((one) => one.processed)),
          };
        },
      });
      steps.push({
        offeredPerSecond: offeredPerSecond * receivers,
        acceptedPerSecond: rounded(acceptedPerSecond * receivers),
        processedPerSecond: rounded(processedPerSecond * receivers),
        drainedAfterSeconds,
      });
    }
    return steps;
  } finally {
    subject.listen(undefined);
  }
}

/** One σ on its way; it counts as accepted when enough gateways have it on disk. */
function sent(
  subject: EndToEndSubject,
  sealed: SealedCommands,
  streamed: Map<string, () => void>,
): { accepted: Promise<number>; processed: Promise<number> } {
  const processed = new Promise<number>((resolve) =>
    streamed.set(sealed.id, () => {
      streamed.delete(sealed.id);
      resolve(1);
    }),
  );
  return { accepted: holdPatiently(subject, sealed).then(() => 1), processed };
}

const all = async (counts: readonly Promise<number>[]): Promise<number> =>
  (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);

async function step(load: OfferedLoad): Promise<Step> {
  const { accepted, processed, drained } = await offerSteadily(load);
  const ended = performance.now();
  await within(DRAIN_MS, 'what was offered to be processed', drained);
  return {
    offeredPerSecond: load.perSecond,
    acceptedPerSecond: rounded(accepted / load.seconds),
    processedPerSecond: rounded(processed / load.seconds),
    drainedAfterSeconds: rounded((performance.now() - ended) / 1000),
  };
}

/** Rows for a person. */
export function throughputTable({ ledger, registrations, commands, load }: ThroughputResults): string {
  const row = (what: string, step: Step): string =>
    what.padEnd(16) +
    [step.offeredPerSecond, step.acceptedPerSecond, step.processedPerSecond]
      .map((value) => `${value.toLocaleString('en')}/s`.padStart(14))
      .join('') +
    `${step.drainedAfterSeconds} s`.padStart(16);
  return [
    `accepted and processed a second, offered for ${load.seconds} s each, ledger: ${ledger}`,
    `${''.padEnd(16)}${['offered', 'accepted', 'processed'].map((name) => name.padStart(14)).join('')}${'drained after'.padStart(16)}`,
    ...registrations.map((each) => row('registrations', each)),
    ...commands.map((each) => row('commands', each)),
  ].join('\n');
}

export function throughputChart({ ledger, registrations, commands }: ThroughputResults): LineChart {
  const series = (label: string, steps: readonly Step[], of: (step: Step) => number): LineChart['series'][number] => ({
    label,
    points: steps.map((each) => [each.offeredPerSecond, of(each)] as const),
  });
  return {
    title: `Accepted and processed a second (${ledger})`,
    x: { label: 'offered a second', logarithmic: true },
    y: { label: 'a second', logarithmic: true },
    series: [
      series('registrations accepted', registrations, (each) => each.acceptedPerSecond),
      series('registrations processed', registrations, (each) => each.processedPerSecond),
      series('commands accepted', commands, (each) => each.acceptedPerSecond),
      series('commands processed', commands, (each) => each.processedPerSecond),
    ].map(({ label, points }) => ({ label, points: points.filter(([, y]) => y > 0) })),
  };
}
