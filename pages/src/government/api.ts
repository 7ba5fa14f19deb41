/** What a centre publishes of charging: `/v1/government…`, figures over groups of vehicles alone. */

export interface PublishedPeriod {
  /** `yyyy-mm`. */
  readonly period: string;
  readonly publishedAt: string;
  /** SHA-256 over the publication's canonical JSON, hex. */
  readonly digest: string;
}

export interface UsageTotals {
  readonly sessions: number;
  readonly energyWh: number;
  readonly pluggedMinutes: number;
  /** A multiple of the minimum group's size, rounded down. */
  readonly vehiclesAtLeast: number;
}

export interface UsageCell extends UsageTotals {
  readonly district: string;
  /** Hours of the day in which charging began: `fromHour` ≤ h < `toHour`. */
  readonly fromHour: number;
  readonly toHour: number;
}

export interface Publication {
  readonly period: string;
  /** IANA zone of months and hours. */
  readonly zone: string;
  readonly minimumVehicles: number;
  readonly publishedAt: string;
  readonly cells: readonly UsageCell[];
  readonly activity: readonly (UsageTotals & { readonly district: string })[];
  /** Districts with too few vehicles to say anything of. */
  readonly withheld: readonly string[];
}

export const periodPath = (period: string): string => `/v1/government/periods/${encodeURIComponent(period)}`;
