/** `bench region`: plans past one machine, from what was measured on one. */
import { type Chart } from '../chart';
import { rounded } from '../statistics';
import { readUnitCosts } from './measured';
import { type Assumptions, planRegion, type RegionPlan, type UnitCosts } from './plan';

export interface RegionResults {
  readonly assumptions: Assumptions;
  readonly unitCosts: UnitCosts;
  readonly plan: RegionPlan;
}

/** @throws NotMeasuredError for a suite that has not run; RangeError for an assumption that cannot be */
export async function benchRegion(assumptions: Assumptions, costs = readUnitCosts()): Promise<RegionResults> {
  return { assumptions, unitCosts: costs, plan: planRegion(assumptions, costs) };
}

const figure = (value: number): string => rounded(value).toLocaleString('en', { maximumSignificantDigits: 3 });

/** Rows for a person. */
export function regionTable({ assumptions, unitCosts, plan }: RegionResults): string {
  const { channels, hosts, centres, mbit, terabytesAYear: terabytes, registration, bytesPerCommand } = plan;
  const lines: [string, string][] = [
    [
      'commands',
      `${figure(plan.commandsPerSecond.mean)}/s on average, ${figure(plan.commandsPerSecond.peak)}/s at the peak`,
    ],
    [
      '',
      `${figure(plan.sigmasPerSecondAtPeak)} σ/s at the peak, ${figure(bytesPerCommand.blocks)} bytes a command in blocks`,
    ],
    [
      'channels',
      `${channels.count}: ${channels.neededByRate} by their rate (${figure(channels.commandsPerSecondEach)} commands/s each, ` +
        `planned to ${assumptions.utilisation}), ${channels.neededByAgentsLinks} by the agents’ links`,
    ],
    [
      'hosts',
      `${hosts.perOrganisation} of ${assumptions.cores} cores for each organisation, ${hosts.all} in all ` +
        `(${figure(hosts.cpuMillisecondsPerCommandAndOrganisation)} ms of CPU a command and organisation)`,
    ],
    [
      'centres',
      `${centres.processes.toLocaleString('en')} of one thread each (${figure(centres.cpuMicrosecondsPerCommand)} µs of CPU a command)`,
    ],
    [
      'bandwidth',
      `Mbit/s of an organisation at the peak: ${figure(mbit.fromKeyCentre)} from the key centre, ${figure(mbit.ordering)} ` +
        `for ordering, ${figure(mbit.toAgents)} to agents`,
    ],
    ['', `${figure(mbit.eachAgent)} Mbit/s to each of ${plan.agents.toLocaleString('en')} agents`],
    [
      'storage',
      `${figure(terabytes.perOrganisation)} TB a year for each organisation, ${figure(terabytes.all)} TB in all: commands ` +
        `${figure(terabytes.commands)}, charging records ${figure(terabytes.chargingRecords)}, certificates ${figure(terabytes.certificates)}`,
    ],
    [
      'registration',
      `${figure(registration.hoursForAll)} h for all vehicles at one provider; ${figure(registration.renewalsPerSecond)} renewals/s thereafter`,
    ],
  ];
  return [
    `a region of ${assumptions.vehicles.toLocaleString('en')} vehicles`,
    ...lines.map(([what, text]) => what.padEnd(14) + text),
    `supposed      ${entries(assumptions)}`,
    `measured      ${unitCosts.ledger}, ${unitCosts.organisations} organisations on one machine of ${unitCosts.machineCores} cores: ` +
      `${figure(unitCosts.commandsPerSecond)} commands/s at ${unitCosts.receivers} receivers a σ, ` +
      `${figure(unitCosts.registrationsPerSecond)} registrations/s`,
  ].join('\n');
}

const entries = (assumptions: Assumptions): string =>
  Object.entries(assumptions)
    .map(([name, value]) => `${name} ${(value as number).toLocaleString('en')}`)
    .join(', ');

export function regionChart({ assumptions, plan }: RegionResults): Chart {
  const { commands, chargingRecords, certificates } = plan.terabytesAYear;
  return {
    title: `Storage of ${assumptions.vehicles.toLocaleString('en')} vehicles, a year and organisation`,
    unit: 'TB',
    bars: [
      { label: 'commands', value: rounded(commands) },
      { label: 'charging records', value: rounded(chargingRecords) },
      { label: 'certificates', value: rounded(certificates) },
    ],
  };
}
