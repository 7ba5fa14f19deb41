/** Clock changes of every zone in use fall on full quarters of an hour, UTC. */
const QUARTER = 900;

class Zone {
  readonly #format: Intl.DateTimeFormat;
  readonly #known = new Map<number, number>();

  constructor(name: string) {
    this.#format = new Intl.DateTimeFormat('en-GB', { timeZone: name, timeZoneName: 'longOffset', hour: 'numeric' });
  }

  offset(unixSeconds: number): number {
    const quarter = Math.floor(unixSeconds / QUARTER);
    const known = this.#known.get(quarter);
    if (known !== undefined) return known;
    const parts = this.#format.formatToParts(quarter * QUARTER * 1000);
    const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
    const match = /^GMT([+-])(\d{2}):(\d{2})$/.exec(name);
    const minutes = match ? Number(match[2]) * 60 + Number(match[3]) : 0;
    const offset = match?.[1] === '-' ? -minutes : minutes;
    this.#known.set(quarter, offset);
    return offset;
  }
}

const zones = new Map<string, Zone>();

/** Minutes the zone's clocks are ahead of UTC at that moment. @throws RangeError for a zone IANA does not list */
export function zoneOffset(name: string, unixSeconds: number): number {
  const zone = zones.get(name) ?? new Zone(name);
  zones.set(name, zone);
  return zone.offset(unixSeconds);
}

/** What the zone's clocks show. */
export interface LocalClock {
  /** ISO: Monday is 1, Sunday 7. */
  readonly weekday: number;
  /** Minutes since midnight. */
  readonly minute: number;
}

export function localClock(name: string, unixSeconds: number): LocalClock {
  const local = new Date((unixSeconds + zoneOffset(name, unixSeconds) * 60) * 1000);
  return { weekday: local.getUTCDay() || 7, minute: local.getUTCHours() * 60 + local.getUTCMinutes() };
}

/** `yyyy-mm` by the zone's clocks. */
export function localMonth(name: string, unixSeconds: number): string {
  return new Date((unixSeconds + zoneOffset(name, unixSeconds) * 60) * 1000).toISOString().slice(0, 7);
}
