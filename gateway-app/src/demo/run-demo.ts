import { type LedgerKind } from '@chargecast/network';

import { pause } from '../common/abort';
import { CodedError } from '../common/errors';
import { Deployment, type DeploymentOptions } from '../deployment/deployment';
import { type ExistingNetwork, gatewayCount, readExistingNetwork } from '../deployment/existing-network';
import { contractOf, fleetOf, type FleetVehicle } from '../deployment/fleet';
import { pileAddresses } from '../deployment/role-places';
import { type Client } from '../rpc';
import { type PlacedSession } from '../sessions';
import { type Attack, type AttackOutcome, refusalLine } from './attacks/attack';
import { chainAttacks } from './attacks/on-the-chain';
import { receiverAttacks } from './attacks/on-the-receivers';
import { registryAttacks } from './attacks/on-the-registry';
import { roleAttacks } from './attacks/on-the-roles';
import { handshakeAttacks } from './attacks/on-the-handshake';
import { vehicleAttacks } from './attacks/on-the-vehicle';
import { AttackStage, ATTACKERS } from './attacks/stage';
import { auditChain } from './audit';
import { freshFolder } from './folder';
import { type DemoInput, readInput } from './input';
import { type Played, playSessions } from './play';
import { type DemoProgress } from './progress';
import { type RoleTotals, roleTotals } from './role-totals';
import { type AttackResult, type DemoSummary } from './summary';

export interface DemoOptions {
  readonly directory: string;
  readonly ledger: LedgerKind | 'auto';
  /** An existing Fabric network to play on, as `--profile` names it. */
  readonly profile?: string;
  /** File in the published Trondheim format. */
  readonly sessions?: string;
  readonly vehicles?: number;
  /** Ends the demo early; everything it started is stopped. */
  readonly signal: AbortSignal;
}

const COMPANIES = ['csc1', 'csc2'];
const PROVIDERS = ['esp1', 'esp2'];
const OWN_GATEWAYS = 4;
const CONCURRENCY = 256;
const ATTACK_DEADLINE = 60_000;

/** The whole story: fleet, sessions, attackers, audit. Whatever happens, nothing is left running. */
export async function runDemo(options: DemoOptions, progress: DemoProgress): Promise<DemoSummary> {
  const started = Date.now();
  const existing = options.profile === undefined ? undefined : await readExistingNetwork(options.profile);
  await freshFolder(options.directory);
  const input = await readInput(options);
  tellInput(input, progress);
  const fleet = fleetOf(input.sessions, { css: gatewayNames(existing), providers: PROVIDERS, cscs: COMPANIES });
  const deployment = await openDeployment({ ...options, fleet, ...(existing && { existing }) }, progress);
  try {
    await startRoles(deployment, options.signal, progress);
    const played = await play(deployment, input, options.signal, progress);
    const totals = await roleTotals(deployment);
    tellFlow(played, totals, progress);
    const attacks = await attack(deployment, input, progress);
    await deployment.stopRoles();
    return await audited(deployment, { input, played, totals, attacks, started }, progress);
  } finally {
    await deployment.stop();
  }
}

function gatewayNames(existing: ExistingNetwork | undefined): string[] {
  return Array.from({ length: existing ? gatewayCount(existing) : OWN_GATEWAYS }, (_, index) => `css${index + 1}`);
}

function tellInput({ file, synthetic, read, skipped, skipReasons, sessions }: DemoInput, progress: DemoProgress): void {
  progress.line(`${synthetic ? 'Synthetic sessions' : 'Sessions'}: ${file}`);
  progress.line(
    `  ${read} usable rows, ${skipped} skipped${skipReasons.length > 0 ? ` (${skipReasons.join('; ')})` : ''}`,
  );
  if (sessions.length < read) progress.line(`  ${sessions.length} of them are played`);
}

async function openDeployment(options: DeploymentOptions, progress: DemoProgress): Promise<Deployment> {
  const step = progress.step('Ledger, params, genesis');
  const deployment = await Deployment.open({ ...options, guests: ATTACKERS });
  step.done(`${deployment.manifest.ledger}, ${deployment.manifest.organisations} organisations`);
  return deployment;
}

async function startRoles(deployment: Deployment, signal: AbortSignal, progress: DemoProgress): Promise<void> {
  const { vehicles, piles } = deployment.manifest.fleet;
  const step = progress.step('Roles started, fleet enrolled');
  const total = deployment.places.filter(({ guest }) => !guest).length;
  let done = 0;
  await deployment.startRoles('threads', () => {
    if (signal.aborted) throw new CodedError('E_CANCELLED', 'the demo was interrupted');
    step.update(++done, total);
  });
  step.done(`${total} roles, ${vehicles.length} vehicles, ${piles.length} piles`);
}

async function play(
  deployment: Deployment,
  input: DemoInput,
  signal: AbortSignal,
  progress: DemoProgress,
): Promise<Played> {
  const { sessions } = input;
  const step = progress.step('Sessions');
  const clients: { close(): void }[] = [];
  const opened = <T extends { close(): void }>(client: T): T => {
    clients.push(client);
    return client;
  };
  try {
    const ev = { role: 'ev', name: 'ev1' } as const;
    const companies = new Map<string, Client<'Csc'>>();
    for (const name of COMPANIES) {
      companies.set(name, opened(await deployment.client('Csc', name, { role: 'csc', name })));
    }
    const addresses = pileAddresses(deployment.manifest);
    const stage = {
      vehicles: opened(await deployment.client('Vehicle', ev.name, ev)),
      companies,
      fleet: fleetByUser(deployment, sessions),
      pileAddress: (pile: string): string => addresses.get(pile) as string,
    };
    const onSession = (done: number): void => step.update(done, sessions.length);
    const played = await playSessions(stage, { sessions, concurrency: CONCURRENCY, onSession, signal });
    step.done(`${sessions.length} played, ${played.messages} messages sent, ${played.delivered} delivered`);
    return played;
  } finally {
    for (const client of clients) client.close();
  }
}

function fleetByUser({ manifest }: Deployment, sessions: readonly PlacedSession[]): Map<string, FleetVehicle> {
  const byContract = new Map(manifest.fleet.vehicles.map((vehicle) => [vehicle.contract, vehicle]));
  const users = new Set(sessions.map(({ vehicle }) => vehicle));
  return new Map([...users].map((user) => [user, byContract.get(contractOf(user)) as FleetVehicle]));
}

function tellFlow({ messages, delivered }: Played, totals: RoleTotals, progress: DemoProgress): void {
  progress.line(`  verified and committed: ${totals.committed} σ; opened at a pile: ${totals.opened} entries`);
  progress.line(`  acted upon: ${totals.effects} of ${messages} commands; receipted: ${delivered}`);
}

async function attack(deployment: Deployment, input: DemoInput, progress: DemoProgress): Promise<AttackResult[]> {
  const step = progress.step('Attackers');
  const results: AttackResult[] = [];
  const [first] = input.sessions as [PlacedSession];
  const stage = await AttackStage.open({
    deployment,
    victim: deployment.manifest.fleet.vehicles[0] as FleetVehicle,
    pile: pileAddresses(deployment.manifest).get(first.pile) as string,
  });
  try {
    const { world } = stage;
    const groups = [chainAttacks(world), registryAttacks(world), roleAttacks(world), receiverAttacks(world)];
    for (const group of groups) await playAll(group, results, progress);
    const trap = await stage.trap();
    await playAll(vehicleAttacks(world, trap), results, progress);
    await playAll(handshakeAttacks(world, trap), results, progress);
  } finally {
    await stage.close();
  }
  step.done(`${results.filter(({ refused }) => refused).length} of ${results.length} refused`);
  return results;
}

async function playAll(attacks: readonly Attack[], results: AttackResult[], progress: DemoProgress): Promise<void> {
  for (const each of attacks) {
    const result = { name: each.name, ...(await inTime(each)) };
    results.push(result);
    progress.line(refusalLine(result));
  }
}

async function inTime(attack: Attack): Promise<AttackOutcome> {
  const over = new AbortController();
  const late = pause(ATTACK_DEADLINE, over.signal).then(() => ({ refused: false, code: 'E_ATTACK_TIMEOUT' }));
  try {
    return await Promise.race([attack.run(), late]);
  } finally {
    over.abort();
  }
}

interface Story {
  readonly input: DemoInput;
  readonly played: Played;
  readonly totals: RoleTotals;
  readonly attacks: AttackResult[];
  readonly started: number;
}

async function audited(deployment: Deployment, story: Story, progress: DemoProgress): Promise<DemoSummary> {
  const { input, played, totals, attacks, started } = story;
  const { manifest, consortium } = deployment;
  const step = progress.step('Audit of the whole chain from params and trust alone');
  const report = await auditChain(deployment, played, async ({ tamperings }) => playAll(tamperings, attacks, progress));
  step.done(`${report.blocks} blocks, ${report.sigmas} σ, ${report.faults.length} faults, ${report.hits} in clear`);
  for (const { channel, block, code, message } of report.faults)
    progress.line(`  ${channel} ${block}: ${code}: ${message}`);
  return {
    ledger: manifest.ledger,
    organisations: manifest.organisations,
    channels: Object.values(consortium.topology.channels),
    companies: manifest.fleet.cscs.length,
    vehicles: manifest.fleet.vehicles.length,
    piles: manifest.fleet.piles.length,
    sigmas: report.sigmas,
    messages: played.messages,
    delivered: played.delivered,
    deliveredTwice: Math.max(0, totals.effects - played.messages),
    lost: played.messages - played.delivered,
    duplicatesSuppressed: totals.duplicatesSuppressed,
    blocks: report.blocks,
    sessionsRead: input.read,
    sessionsSkipped: input.skipped,
    sessionsPlayed: input.sessions.length,
    billedMinor: played.billedMinor,
    chargedMinor: totals.chargedMinor,
    attacks,
    plaintextHits: report.hits,
    chainVerified: report.faults.length === 0,
    seconds: (Date.now() - started) / 1000,
  };
}
