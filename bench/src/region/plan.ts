/** What a region needs, from what this project's parts were measured to cost. Arithmetic only. */

/** What is supposed of the region; each can be given on the command line. */
export interface Assumptions {
  readonly vehicles: number;
  /** Of one vehicle, control and billing together. */
  readonly commandsPerDay: number;
  /** Of one vehicle. */
  readonly chargesPerDay: number;
  /** Of one σ, on average. */
  readonly receivers: number;
  readonly organisations: number;
  /** Busiest hour by mean hour. */
  readonly peak: number;
  readonly vehiclesPerPile: number;
  /** Piles behind one agent, which follows one channel's stream. */
  readonly pilesPerAgent: number;
  /** What an agent's link may carry of the stream, Mbit/s. */
  readonly agentMbit: number;
  /** Of a host. */
  readonly cores: number;
  /** Share of a host, or of a channel's measured rate, that is planned with. */
  readonly utilisation: number;
  /** Days for which a certificate holds. */
  readonly certificateDays: number;
}

export const ASSUMPTIONS: Assumptions = {
  vehicles: 1_000_000,
  commandsPerDay: 24,
  chargesPerDay: 0.5,
  receivers: 100,
  organisations: 4,
  peak: 4,
  vehiclesPerPile: 10,
  pilesPerAgent: 20,
  agentMbit: 2,
  cores: 8,
  utilisation: 0.5,
  certificateDays: 365,
};

/** Bytes that one of it takes on one peer. */
export interface Bytes {
  readonly blocks: number;
  readonly state: number;
}

/** Measured, on a machine that carried all organisations of one channel. */
export interface UnitCosts {
  readonly ledger: string;
  readonly machineCores: number;
  readonly organisations: number;
  readonly commandsPerSecond: number;
  /** At which that rate was measured. */
  readonly receivers: number;
  /** Vehicles registered a second. */
  readonly registrationsPerSecond: number;
  /** One σ in a transaction of its own, by receivers, ascending. */
  readonly sigma: readonly (Bytes & { readonly receivers: number })[];
  /** CPU time of a centre for all commands of one σ, by receivers, ascending. */
  readonly centre: readonly { readonly receivers: number; readonly microseconds: number }[];
  readonly certificate: Bytes;
  readonly chargingRecord: Bytes;
}

export interface RegionPlan {
  readonly commandsPerSecond: { readonly mean: number; readonly peak: number };
  readonly sigmasPerSecondAtPeak: number;
  readonly bytesPerCommand: Bytes;
  readonly channels: {
    readonly count: number;
    /** Commands a second that one carries, of which `utilisation` is planned with. */
    readonly commandsPerSecondEach: number;
    readonly neededByRate: number;
    readonly neededByAgentsLinks: number;
  };
  readonly hosts: {
    readonly cpuMillisecondsPerCommandAndOrganisation: number;
    readonly perOrganisation: number;
    readonly all: number;
  };
  /** Processes of one thread each, of all operators together. */
  readonly centres: { readonly cpuMicrosecondsPerCommand: number; readonly processes: number };
  /** Mbit/s of one organisation at the peak, to and from others. */
  readonly mbit: {
    readonly fromKeyCentre: number;
    readonly ordering: number;
    readonly toAgents: number;
    readonly eachAgent: number;
  };
  /** Terabytes a year of one organisation: its peer, its orderer and its gateway keep the blocks, its peer the state. */
  readonly terabytesAYear: {
    readonly commands: number;
    readonly chargingRecords: number;
    readonly certificates: number;
    readonly perOrganisation: number;
    readonly all: number;
  };
  readonly registration: { readonly hoursForAll: number; readonly renewalsPerSecond: number };
  readonly agents: number;
}

const DAY = 86_400;
const DAYS_A_YEAR = 365;
const TERA = 1e12;
/** Peer, orderer, gateway. */
const COPIES_OF_BLOCKS = 3;

/** Organisations that must acknowledge a σ, so that one of them is honest: the key centre hands it to no more. */
const holdersOf = (organisations: number): number => Math.floor((organisations - 1) / 3) + 1;

/** @throws RangeError for an assumption that is not positive, or costs of σ without two sizes */
export function planRegion(given: Assumptions, costs: UnitCosts): RegionPlan {
  for (const [name, value] of Object.entries(given) as [string, number][]) {
    if (!(value > 0)) throw new RangeError(`${name} must be more than 0, not ${value}`);
  }
  const mean = (given.vehicles * given.commandsPerDay) / DAY;
  const peak = mean * given.peak;
  const bytesPerCommand = perCommand(costs.sigma, given.receivers);
  const mbitAtPeak = (peak * bytesPerCommand.blocks * 8) / 1e6;
  const channels = channelsFor(given, costs, { peak, mbitAtPeak, bytesPerCommand });
  const cpuSeconds = costs.machineCores / (channels.measuredRate * costs.organisations);
  const perOrganisation = Math.max(1, Math.ceil((peak * cpuSeconds) / (given.cores * given.utilisation)));
  const agents = Math.ceil(given.vehicles / given.vehiclesPerPile / given.pilesPerAgent);
  const eachAgent = mbitAtPeak / channels.count;
  const atCentre = onLine(costs.centre, given.receivers, ({ microseconds }) => microseconds) / given.receivers;
  return {
    commandsPerSecond: { mean, peak },
    sigmasPerSecondAtPeak: peak / given.receivers,
    bytesPerCommand,
    channels: {
      count: channels.count,
      commandsPerSecondEach: channels.measuredRate,
      neededByRate: channels.byRate,
      neededByAgentsLinks: channels.byLinks,
    },
    hosts: {
      cpuMillisecondsPerCommandAndOrganisation: cpuSeconds * 1000,
      perOrganisation,
      all: perOrganisation * given.organisations,
    },
    centres: {
      cpuMicrosecondsPerCommand: atCentre,
      processes: Math.max(1, Math.ceil((peak * atCentre) / 1e6 / given.utilisation)),
    },
    mbit: {
      fromKeyCentre: mbitAtPeak * (holdersOf(given.organisations) / given.organisations),
      // A transaction goes to every orderer, and the leader's proposal to every other one.
      ordering: 2 * mbitAtPeak,
      toAgents: (agents / given.organisations) * eachAgent,
      eachAgent,
    },
    terabytesAYear: storageOf(given, costs, bytesPerCommand),
    registration: {
      hoursForAll: given.vehicles / costs.registrationsPerSecond / 3600,
      renewalsPerSecond: given.vehicles / given.certificateDays / DAY,
    },
    agents,
  };
}

/** The measured rate was one of bytes: with fewer receivers a σ, a command takes more of them. */
function channelsFor(
  { receivers, utilisation, agentMbit }: Assumptions,
  costs: UnitCosts,
  { peak, mbitAtPeak, bytesPerCommand }: { peak: number; mbitAtPeak: number; bytesPerCommand: Bytes },
): { count: number; measuredRate: number; byRate: number; byLinks: number } {
  const whenMeasured = perCommand(costs.sigma, costs.receivers).blocks;
  const heavier = receivers < costs.receivers ? bytesPerCommand.blocks / whenMeasured : 1;
  const measuredRate = costs.commandsPerSecond / heavier;
  const byRate = Math.ceil(peak / (measuredRate * utilisation));
  const byLinks = Math.ceil(mbitAtPeak / agentMbit);
  return { count: Math.max(1, byRate, byLinks), measuredRate, byRate, byLinks };
}

function perCommand(sigma: UnitCosts['sigma'], receivers: number): Bytes {
  const of = (which: keyof Bytes): number => onLine(sigma, receivers, (size) => size[which]) / receivers;
  return { blocks: of('blocks'), state: of('state') };
}

/** What one σ costs, on the straight line between the sizes measured next to it. */
function onLine<Size extends { readonly receivers: number }>(
  sizes: readonly Size[],
  receivers: number,
  of: (size: Size) => number,
): number {
  const above = sizes.findIndex((size) => size.receivers >= receivers);
  const next = above < 0 ? sizes.length - 1 : Math.max(1, above);
  const [low, high] = [sizes[next - 1], sizes[next]];
  if (!low || !high) throw new RangeError('costs of σ must be measured at two sizes or more');
  const share = (receivers - low.receivers) / (high.receivers - low.receivers);
  return of(low) + share * (of(high) - of(low));
}

function storageOf(
  given: Assumptions,
  { certificate, chargingRecord }: UnitCosts,
  command: Bytes,
): RegionPlan['terabytesAYear'] {
  const kept = ({ blocks, state }: Bytes, aYear: number): number =>
    ((COPIES_OF_BLOCKS * blocks + state) * aYear) / TERA;
  const aYear = given.vehicles * DAYS_A_YEAR;
  const commands = kept(command, aYear * given.commandsPerDay);
  const chargingRecords = kept(chargingRecord, aYear * given.chargesPerDay);
  const certificates = kept(certificate, aYear / given.certificateDays);
  const perOrganisation = commands + chargingRecords + certificates;
  return { commands, chargingRecords, certificates, perOrganisation, all: perOrganisation * given.organisations };
}
