import { type LedgerKind } from '@chargecast/network';

import { pause } from '../common/abort';
import { CodedError } from '../common/errors';
import { writePrivateFile } from '../common/files';
import { freshFolder } from '../demo/folder';
import { type DemoInput, readInput } from '../demo/input';
import { type DemoProgress } from '../demo/progress';
import { Deployment, type RoleMode } from '../deployment/deployment';
import { contractOf, fleetOf, type FleetVehicle } from '../deployment/fleet';
import { pileAddresses } from '../deployment/role-places';
import { connectLedger } from '../ledger';
import { type Tariff } from '../pricing';
import { type BilledTransaction, type Client } from '../rpc';
import { type Totals } from '../settlement/account';
import { chargedAtPiles } from './pile-accounts';
import { type KillCounts, Kills, striker } from './kills';
import { MOMENTS, replaySessions } from './play';
import { ledgerRecords, recomputation } from './recomputation';
import { ReplayStations } from './stations';
import { type ReplaySummary } from './summary';

export interface ReplayOptions {
  readonly directory: string;
  readonly ledger: LedgerKind | 'auto';
  /** File in the published Trondheim format. */
  readonly sessions?: string;
  readonly vehicles?: number;
  /** How many times as fast as the wall's clock, or as fast as it goes. */
  readonly speed: number | 'max';
  readonly tariff: Tariff;
  /** Default: roles in threads, or in processes of their own where some are killed. */
  readonly mode?: RoleMode;
  /** So many processes are killed in the middle; stations then run in processes of their own. */
  readonly kill?: number;
  /** Services serve people over HTTPS while the sessions are played. Default: no. */
  readonly people?: boolean;
  /** What roles write to their logs; default `warn`. */
  readonly logLevel?: string;
  readonly signal: AbortSignal;
  /** Runs beside the sessions: for tests that look on. */
  readonly disturb?: (deployment: Deployment) => Promise<void>;
  /** Called when all is settled and every role still runs. */
  readonly observe?: (deployment: Deployment) => Promise<void>;
  /** Called when all is settled and every role has ended, the ledger still running. */
  readonly inspect?: (deployment: Deployment, stated: readonly BilledTransaction[]) => Promise<void>;
}

const COMPANIES = ['csc1', 'csc2'];
const PROVIDERS = ['esp1', 'esp2'];
const GATEWAYS = ['css1', 'css2', 'css3', 'css4'];
const CONCURRENCY = 256;
const POLL_MS = 500;
/** A σ that fell with a process before it was ordered is sealed anew once its 900 s are over; a receipt takes 60 s more. */
const STALLED_MS = 1_000_000;

/** The whole flow for every session of a file. Whatever happens, nothing is left running. */
export async function runReplay(options: ReplayOptions, progress: DemoProgress): Promise<ReplaySummary> {
  const started = Date.now();
  await freshFolder(options.directory);
  const input = await readInput(options);
  progress.line(`Sessions: ${input.file}: ${input.read} usable rows, ${input.skipped} skipped`);
  const fleet = fleetOf(input.sessions, { css: GATEWAYS, providers: PROVIDERS, cscs: COMPANIES });
  const step = progress.step('Ledger, params, genesis');
  const deployment = await Deployment.open({ ...options, fleet, charging: { tariff: options.tariff } });
  step.done(deployment.manifest.ledger);
  try {
    await startRoles(deployment, options, progress);
    const played = await play(deployment, input, options, progress);
    return await summarised(deployment, input, { options, started, ...played }, progress);
  } finally {
    await deployment.stop();
  }
}

async function startRoles(
  deployment: Deployment,
  { kill = 0, mode = kill > 0 ? 'processes' : 'threads', signal }: ReplayOptions,
  progress: DemoProgress,
): Promise<void> {
  const step = progress.step('Roles started, fleet enrolled');
  const total = deployment.places.length;
  let done = 0;
  await deployment.startRoles(mode, () => {
    if (signal.aborted) throw new CodedError('E_CANCELLED', 'the replay was interrupted');
    step.update(++done, total);
  });
  step.done(`${total} roles`);
  const { services, layout } = deployment;
  if (services.length === 0) return;
  for (const { role, name, url } of services) progress.line(`${role} ${name}: ${url}/`);
  progress.line(`To look on: ./chargecast pages --data ${layout.directory} --as operator-csc1-1`);
}

async function play(
  deployment: Deployment,
  { sessions }: DemoInput,
  { speed, signal, kill = 0, disturb, observe }: ReplayOptions,
  progress: DemoProgress,
): Promise<Played> {
  const start = sessions[0]?.start ?? 0;
  const stations = await ReplayStations.start(deployment, { start, speed, processes: kill > 0 });
  const ev = { role: 'ev', name: 'ev1' } as const;
  const vehicles = await deployment.client('Vehicle', ev.name, ev);
  try {
    const kills = new Kills(kill, sessions.length * MOMENTS, striker(deployment, stations), signal);
    const disturbing = disturb?.(deployment);
    const addresses = pileAddresses(deployment.manifest);
    const stage = {
      vehicles,
      fleet: fleetByUser(deployment),
      pileAddress: (pile: string): string => addresses.get(pile) as string,
      stations,
      moment: () => kills.moment(),
    };
    const step = progress.step('Sessions');
    const onSession = (done: number): void => step.update(done, sessions.length);
    await replaySessions(stage, { sessions, concurrency: CONCURRENCY, onSession, signal });
    step.done(`${sessions.length} played`);
    await Promise.all([kills.done(), disturbing]);
    const totals = await settled(deployment, sessions.length, signal, progress);
    await observe?.(deployment);
    return { totals, meterValues: await stations.meterValues(), ...(kill > 0 && { kills: kills.counts }) };
  } finally {
    vehicles.close();
    await stations.stop();
  }
}

/** By `User_ID` of the sessions file. */
function fleetByUser({ manifest }: Deployment): Map<string, FleetVehicle> {
  const prefix = contractOf('').length;
  return new Map(manifest.fleet.vehicles.map((vehicle) => [vehicle.contract.slice(prefix), vehicle]));
}

/** Waits until every session is settled. @throws CodedError E_REPLAY_STALLED */
async function settled(
  deployment: Deployment,
  sessions: number,
  signal: AbortSignal,
  progress: DemoProgress,
): Promise<Totals> {
  const step = progress.step('Bills settled');
  let moved = Date.now();
  let before = -1;
  for (;;) {
    const totals = await centreTotals(deployment);
    step.update(totals.settled, sessions);
    if (totals.settled + totals.disputed >= sessions) {
      step.done(`${totals.settled} of ${sessions}`);
      return totals;
    }
    if (totals.settled !== before) moved = Date.now();
    before = totals.settled;
    if (signal.aborted) throw new CodedError('E_CANCELLED', 'the replay was interrupted');
    if (Date.now() - moved > STALLED_MS) {
      throw new CodedError(
        'E_REPLAY_STALLED',
        `${totals.settled} of ${sessions} sessions are settled and no more come: read roles/*/role.log`,
      );
    }
    await pause(POLL_MS, signal);
  }
}

/** Over all centres, from their books. */
async function centreTotals(deployment: Deployment): Promise<Totals> {
  const sum: Record<keyof Totals, number> = {
    transactions: 0,
    billed: 0,
    settled: 0,
    disputed: 0,
    energyWh: 0,
    billedMinor: 0,
    settledMinor: 0,
  };
  for (const { bill, state, settledMinor } of await statements(deployment)) {
    const { totalMinor = 0, energyWh = 0 } = bill === '' ? {} : (JSON.parse(bill) as Partial<Record<string, number>>);
    sum.transactions += 1;
    sum.disputed += state === 'disputed' ? 1 : 0;
    sum.billed += bill === '' ? 0 : 1;
    sum.energyWh += energyWh;
    sum.billedMinor += totalMinor;
    if (state !== 'settled') continue;
    sum.settled += 1;
    sum.settledMinor += settledMinor;
  }
  return sum;
}

async function statements(deployment: Deployment): Promise<BilledTransaction[]> {
  const all: BilledTransaction[] = [];
  for (const name of COMPANIES) {
    const centre: Client<'Csc'> = await deployment.client('Csc', name, { role: 'csc', name });
    try {
      all.push(...(await centre.statement({ month: '' }, { deadline: 60_000 })).transactions);
    } finally {
      centre.close();
    }
  }
  return all;
}

interface Played {
  readonly totals: Totals;
  readonly meterValues: number;
  readonly kills?: KillCounts;
}

interface Story extends Played {
  readonly options: ReplayOptions;
  readonly started: number;
}

async function summarised(
  deployment: Deployment,
  input: DemoInput,
  { options, totals, meterValues, kills, started }: Story,
  progress: DemoProgress,
): Promise<ReplaySummary> {
  const step = progress.step('Recomputed from records and tariff');
  const { consortium, manifest } = deployment;
  const [organisation] = consortium.topology.organisations;
  const ledger = await connectLedger(consortium.ledger.profileFile, {
    mspId: organisation?.mspId ?? '',
    name: 'relay',
  });
  try {
    const records = await ledgerRecords(ledger);
    const stated = await statements(deployment);
    const recomputed = recomputation(options.tariff, records, stated);
    await deployment.stopRoles();
    await options.inspect?.(deployment, stated);
    await writePrivateFile(deployment.layout.records, `${JSON.stringify(records)}\n`);
    await writePrivateFile(deployment.layout.statement, `${JSON.stringify(stated)}\n`);
    step.done(`${records.length} records`);
    return {
      ledger: manifest.ledger,
      currency: options.tariff.currency,
      tariff: options.tariff.id,
      vehicles: manifest.fleet.vehicles.length,
      piles: manifest.fleet.piles.length,
      sessionsRead: input.read,
      sessionsSkipped: input.skipped,
      sessionsPlayed: input.sessions.length,
      fileEnergyWh: input.sessions.reduce((sum, { energyWh }) => sum + energyWh, 0),
      ...recomputed,
      billedMinor: totals.billedMinor,
      chargedMinor: await chargedAtPiles(deployment),
      settledMinor: totals.settledMinor,
      bills: totals.billed,
      settlements: totals.settled,
      disputed: totals.disputed,
      meterValues,
      ...(kills && { kills }),
      seconds: (Date.now() - started) / 1000,
      ...spent(),
    };
  } finally {
    ledger.close();
  }
}

function spent(): Pick<ReplaySummary, 'cpuSeconds' | 'peakMemoryMb'> {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  return { cpuSeconds: Math.round((userCPUTime + systemCPUTime) / 1e6), peakMemoryMb: Math.round(maxRSS / 1024) };
}
