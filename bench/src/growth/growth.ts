/** `bench growth`: how costs grow with receivers, with the chain's length and with organisations. */
import { ready } from '@chargecast/signcryption';
import { type LineChart } from '../line-chart';
import { CHAIN_COSTS, type ChainCost, chainCosts, type ChainResults } from './chain';
import { type OrganisationCosts, organisationCosts, organisationsTable } from './organisations';
import { exponent, receiverCosts, type ReceiversResults, receiversTable } from './receivers';
import { type GrowthSubjects, type LedgerName } from './subject';

export interface GrowthLoad {
  readonly receivers: readonly number[];
  readonly receiverRounds: number;
  /** Lengths of chain up to what the subjects ask for. */
  readonly lengths: number;
  readonly samples: number;
  readonly chainSeconds: number;
  readonly organisations: Readonly<Record<LedgerName, readonly number[]>>;
  readonly gathered: number;
}

export const GROWTH_LOAD: GrowthLoad = {
  receivers: [1, 10, 100, 1000, 10_000],
  receiverRounds: 9,
  lengths: 5,
  samples: 40,
  chainSeconds: 480,
  organisations: { embedded: [4, 7, 10], fabric: [4, 7] },
  gathered: 512,
};

export interface GrowthResults {
  readonly receivers: ReceiversResults;
  readonly chain: ChainResults;
  readonly organisations: readonly OrganisationCosts[];
  readonly load: GrowthLoad;
}

const ORGANISATIONS = 4;
/** Between one length of the chain and the next. */
const FACTOR = Math.sqrt(10);

export async function benchGrowth(subjects: GrowthSubjects, load: GrowthLoad = GROWTH_LOAD): Promise<GrowthResults> {
  await ready();
  const receivers = await receiverCosts(load.receivers, load.receiverRounds);
  const [ledger = 'embedded'] = subjects.ledgers;
  const subject = await subjects.chain(ledger, ORGANISATIONS);
  let chain: ChainResults;
  try {
    chain = await chainCosts(subject, ledger, { messages: lengthsTo(subjects.messages, load.lengths), ...load });
  } finally {
    await subject.close();
  }
  return { receivers, chain, organisations: await organisationCosts(subjects, load), load };
}

/** Evenly by powers, ascending, the last one `most`. */
export function lengthsTo(most: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => Math.round(most / FACTOR ** (count - 1 - i)));
}

const NAMES: Readonly<Record<ChainCost, string>> = {
  commit: 'one more σ committed',
  gateway: 'a gateway applies it',
  pile: 'a pile applies it',
  query: 'a query of one σ',
  restartLedger: 'restart of the ledger',
  restartGateway: 'restart of a gateway',
  restartPile: 'restart of a pile',
};

/** Rows for a person. */
export function growthTable({ receivers, chain, organisations }: GrowthResults): string {
  const row = (what: string, cells: readonly string[]): string =>
    what.padEnd(28) + cells.map((cell) => cell.padStart(12)).join('');
  const { lengths, growth, ledger, wanted } = chain;
  const reached = lengths.at(-1)?.messages ?? 0;
  return [
    ...receiversTable(receivers),
    '',
    `milliseconds over σ on the chain, ledger: ${ledger}`,
    `${row(
      '',
      lengths.map(({ messages }) => messages.toLocaleString('en')),
    )}${'~ length^'.padStart(20)}`,
    ...CHAIN_COSTS.map(
      (cost) =>
        `${row(
          NAMES[cost],
          lengths.map(({ milliseconds }) => String(milliseconds[cost])),
        )}${exponent(growth[cost]).padStart(20)}`,
    ),
    ...(growth.ledgerCpu
      ? [
          `${row(
            'CPU of the ledger, one σ',
            lengths.map(({ ledgerCpuMs }) => String(ledgerCpuMs)),
          )}${exponent(growth.ledgerCpu).padStart(20)}`,
        ]
      : []),
    ...(reached < wanted ? [`${wanted.toLocaleString('en')} σ were not reached in time on this machine`] : []),
    '',
    ...organisationsTable(organisations),
  ].join('\n');
}

export function growthChart({ chain, receivers }: GrowthResults): LineChart {
  return {
    title: 'Costs over the chain’s length, and of a message over its receivers',
    x: { label: 'σ on the chain, or receivers', logarithmic: true },
    y: { label: 'ms', logarithmic: true },
    series: [
      ...CHAIN_COSTS.map((cost) => ({
        label: NAMES[cost],
        points: chain.lengths.map(({ messages, milliseconds }) => [messages, milliseconds[cost]] as const),
      })),
      {
        label: 'sealing for n receivers',
        points: receivers.costs.map((cost) => [cost.receivers, cost.microseconds.seal / 1000] as const),
      },
    ],
  };
}
