/** The members of OCPP 2.0.1's ChargingProfileType that a station acts on. */
export interface ChargingProfile {
  readonly id: number;
  readonly stackLevel: number;
  readonly chargingProfilePurpose:
    'ChargingStationExternalConstraints' | 'ChargingStationMaxProfile' | 'TxDefaultProfile' | 'TxProfile';
  readonly chargingProfileKind: 'Absolute' | 'Recurring' | 'Relative';
  readonly recurrencyKind?: 'Daily' | 'Weekly';
  /** RFC 3339. */
  readonly validFrom?: string;
  readonly validTo?: string;
  readonly transactionId?: string;
  readonly chargingSchedule: readonly ChargingSchedule[];
}

export interface ChargingSchedule {
  readonly startSchedule?: string;
  /** Seconds. */
  readonly duration?: number;
  readonly chargingRateUnit: 'W' | 'A';
  readonly chargingSchedulePeriod: readonly {
    /** Seconds from the schedule's start. */
    readonly startPeriod: number;
    readonly limit: number;
    readonly numberPhases?: number;
  }[];
}

/** A profile and where it holds; EVSE 0 is the whole station. */
export interface HeldProfile {
  readonly evseId: number;
  readonly profile: ChargingProfile;
}

/** What the limit is asked for. */
export interface LimitQuestion {
  readonly evseId: number;
  /** Unix milliseconds. */
  readonly at: number;
  readonly transaction: { readonly transactionId: string; readonly startedAt: number };
  /** EVSEs that charge: the station's own limit is shared by them. */
  readonly charging: number;
}

const VOLTS = 230;
const PHASES = 3;
const RECURRENCE_MS = { Daily: 86_400_000, Weekly: 604_800_000 } as const;

/**
 * The composite limit of a transaction, W (OCPP 2.0.1 part 2, K01): its own profile, else the default one, and never
 * more than the station's share. Of profiles with one purpose the highest stack level that has a limit now counts.
 */
export function limitAt(held: readonly HeldProfile[], question: LimitQuestion): number {
  const { evseId, transaction, charging } = question;
  const own = pick(held, question, 'TxProfile', (each) => {
    const { transactionId } = each.profile;
    return each.evseId === evseId && (transactionId === undefined || transactionId === transaction.transactionId);
  });
  const standard = pick(held, question, 'TxDefaultProfile', (each) => each.evseId === evseId || each.evseId === 0);
  const whole = pick(held, question, 'ChargingStationMaxProfile', () => true);
  const external = pick(held, question, 'ChargingStationExternalConstraints', () => true);
  const share = Math.min(whole ?? Infinity, external ?? Infinity) / Math.max(charging, 1);
  return Math.max(0, Math.min(own ?? standard ?? Infinity, share));
}

/** Takes a profile's place: its id's, or that of the same purpose, level and EVSE (K01.FR.05, K01.FR.06). */
export function withProfile(held: readonly HeldProfile[], added: HeldProfile): HeldProfile[] {
  const { id, chargingProfilePurpose, stackLevel, transactionId } = added.profile;
  const stays = ({ evseId, profile }: HeldProfile): boolean =>
    profile.id !== id &&
    !(
      evseId === added.evseId &&
      profile.chargingProfilePurpose === chargingProfilePurpose &&
      profile.stackLevel === stackLevel &&
      profile.transactionId === transactionId
    );
  return [...held.filter(stays), added];
}

/** Which profiles a ClearChargingProfile names when it gives no id; every member left out matches all. */
export interface ClearCriteria {
  readonly evseId?: number;
  readonly chargingProfilePurpose?: string;
  readonly stackLevel?: number;
}

/** @param id of the one to clear; the criteria count without one */
export function withoutProfiles(
  held: readonly HeldProfile[],
  id: number | undefined,
  criteria: ClearCriteria,
): HeldProfile[] {
  const isNamed = ({ evseId, profile }: HeldProfile): boolean =>
    id === undefined
      ? (criteria.evseId ?? evseId) === evseId &&
        (criteria.chargingProfilePurpose ?? profile.chargingProfilePurpose) === profile.chargingProfilePurpose &&
        (criteria.stackLevel ?? profile.stackLevel) === profile.stackLevel
      : profile.id === id;
  return held.filter((each) => !isNamed(each));
}

function pick(
  held: readonly HeldProfile[],
  question: LimitQuestion,
  purpose: ChargingProfile['chargingProfilePurpose'],
  applies: (held: HeldProfile) => boolean,
): number | undefined {
  const candidates = held
    .filter((each) => each.profile.chargingProfilePurpose === purpose && applies(each))
    .sort((a, b) => b.profile.stackLevel - a.profile.stackLevel || b.evseId - a.evseId);
  for (const { profile } of candidates) {
    const limit = limitOf(profile, question);
    if (limit !== undefined) return limit;
  }
  return undefined;
}

function limitOf(profile: ChargingProfile, { at, transaction }: LimitQuestion): number | undefined {
  const { validFrom, validTo, chargingSchedule } = profile;
  if (validFrom !== undefined && at < Date.parse(validFrom)) return undefined;
  if (validTo !== undefined && at >= Date.parse(validTo)) return undefined;
  const [schedule] = chargingSchedule;
  if (schedule === undefined) return undefined;
  const seconds = (at - startOf(profile, schedule, at, transaction.startedAt)) / 1000;
  if (seconds < 0 || (schedule.duration !== undefined && seconds >= schedule.duration)) return undefined;
  const period = schedule.chargingSchedulePeriod.filter(({ startPeriod }) => startPeriod <= seconds).at(-1);
  if (period === undefined) return undefined;
  const { limit, numberPhases = PHASES } = period;
  return schedule.chargingRateUnit === 'W' ? limit : limit * VOLTS * numberPhases;
}

function startOf(profile: ChargingProfile, schedule: ChargingSchedule, at: number, startedAt: number): number {
  if (profile.chargingProfileKind === 'Relative' || schedule.startSchedule === undefined) return startedAt;
  const start = Date.parse(schedule.startSchedule);
  if (profile.chargingProfileKind === 'Absolute' || profile.recurrencyKind === undefined || at < start) return start;
  const every = RECURRENCE_MS[profile.recurrencyKind];
  return start + Math.floor((at - start) / every) * every;
}
