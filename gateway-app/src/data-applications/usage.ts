/**
 * What a government sees of charging: figures over groups of vehicles, never over one. Every use is counted in at most one
 * figure ever published, and every figure covers a group: so there is nothing to subtract figures from.
 *
 *   grid      district × hour of the day over a calendar month, by the clocks of one zone
 *   group     at least k customers, none with more than half of the uses or of the energy
 *   coarser   where not every hour of a quarter of the day is a group, the quarter is shown whole; where not every quarter is,
 *             the day; where the day is none, nothing. An hour without use is no group either
 *   customers in steps of k, rounded down: how many were in two cells cannot be computed
 *   totals    only of what is shown: none over anything withheld
 */
import { localClock, localMonth } from '../common/zone-time';

/** One charging transaction at a pile. */
export interface PileUse {
  /** Whose: the same for all uses of a vehicle, whatever its pseudo-identity was. */
  readonly customer: string;
  readonly district: string;
  /** Unix seconds. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** Taken less given back. */
  readonly energyWh: number;
}

export interface UsageTotals {
  readonly sessions: number;
  readonly energyWh: number;
  readonly pluggedMinutes: number;
  /** A multiple of the minimum group's size. */
  readonly vehiclesAtLeast: number;
}

export interface UsageCell extends UsageTotals {
  readonly district: string;
  /** Hours of the day by local clocks in which charging began: `fromHour` ≤ h < `toHour`. */
  readonly fromHour: number;
  readonly toHour: number;
}

export interface Usage {
  readonly cells: readonly UsageCell[];
  readonly activity: readonly (UsageTotals & { readonly district: string })[];
  /** Districts with too few vehicles to say anything of, or none. */
  readonly withheld: readonly string[];
}

export interface UsageRules {
  /** k. */
  readonly minimumVehicles: number;
  /** IANA zone of months and hours. */
  readonly zone: string;
}

/** Hours of a day, a quarter and an hour: each divides the one before. */
const SPANS = [24, 6, 1] as const;

/**
 * @param uses of one month
 * @param districts all that are known, so that one without use looks like one with too little
 */
export function usageOf(uses: readonly PileUse[], districts: readonly string[], rules: UsageRules): Usage {
  const byDistrict = new Map<string, PileUse[]>([...districts].sort().map((district) => [district, []]));
  for (const use of uses) byDistrict.get(use.district)?.push(use);
  const cells: UsageCell[] = [];
  const activity: (UsageTotals & { district: string })[] = [];
  const withheld: string[] = [];
  for (const [district, own] of byDistrict) {
    if (isGroup(own, rules)) {
      cells.push(...finest(own, district, { from: 0, level: 0 }, rules));
      activity.push({ district, ...totals(own, rules) });
    } else withheld.push(district);
  }
  return { cells, activity, withheld };
}

/** `yyyy-mm` in which charging began. */
export const periodOf = ({ startedAt }: Pick<PileUse, 'startedAt'>, { zone }: UsageRules): string =>
  localMonth(zone, startedAt);

interface Span {
  readonly from: number;
  /** Index into {@link SPANS}. */
  readonly level: number;
}

/** A group as its finest cells that are groups all; what is split is split without a rest. */
function finest(uses: readonly PileUse[], district: string, { from, level }: Span, rules: UsageRules): UsageCell[] {
  const length = SPANS[level] as number;
  const step = SPANS[level + 1];
  if (step !== undefined) {
    const parts = Array.from({ length: length / step }, (_, part) => {
      const start = from + part * step;
      return { start, uses: uses.filter((use) => isWithin(hourOf(use, rules), start, step)) };
    });
    if (parts.every((part) => isGroup(part.uses, rules))) {
      return parts.flatMap((part) => finest(part.uses, district, { from: part.start, level: level + 1 }, rules));
    }
  }
  return [{ district, fromHour: from, toHour: from + length, ...totals(uses, rules) }];
}

const hourOf = ({ startedAt }: PileUse, { zone }: UsageRules): number =>
  Math.floor(localClock(zone, startedAt).minute / 60);
const isWithin = (hour: number, from: number, length: number): boolean => hour >= from && hour < from + length;

/** k customers or more, and nobody so large among them that the others could compute its part closely. */
export function isGroup(uses: readonly PileUse[], { minimumVehicles }: UsageRules): boolean {
  const sessions = new Map<string, number>();
  const energy = new Map<string, number>();
  for (const { customer, energyWh } of uses) {
    sessions.set(customer, (sessions.get(customer) ?? 0) + 1);
    energy.set(customer, (energy.get(customer) ?? 0) + Math.abs(energyWh));
  }
  return sessions.size >= minimumVehicles && isShared(sessions) && isShared(energy);
}

function isShared(parts: ReadonlyMap<string, number>): boolean {
  const values = [...parts.values()];
  return 2 * Math.max(...values) <= sum(values);
}

function totals(uses: readonly PileUse[], { minimumVehicles }: UsageRules): UsageTotals {
  const customers = new Set(uses.map(({ customer }) => customer)).size;
  return {
    sessions: uses.length,
    energyWh: sum(uses.map(({ energyWh }) => energyWh)),
    pluggedMinutes: Math.round(sum(uses.map(({ startedAt, endedAt }) => endedAt - startedAt)) / 60),
    vehiclesAtLeast: customers - (customers % minimumVehicles),
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
