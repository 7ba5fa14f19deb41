/** Size of a synthetic sessions file; the same options give the same bytes. */
export interface SyntheticOptions {
  readonly vehicles: number;
  readonly garages: number;
  readonly sessionsPerVehicle: number;
  /** Every so many rows one is made unusable, in turn by each fault the published file or a careless export shows. */
  readonly faultEvery: number;
  readonly seed: number;
}

/** What the committed `data/synthetic-sessions.csv` was made with. */
export const SMALL_SYNTHETIC: SyntheticOptions = {
  vehicles: 12,
  garages: 4,
  sessionsPerVehicle: 3,
  faultEvery: 9,
  seed: 20260101,
};

const HEADER =
  'session_ID;Garage_ID;User_ID;User_type;Shared_ID;Start_plugin;Start_plugin_hour;End_plugout;End_plugout_hour;El_kWh;Duration_hours';
const FIRST_DAY = Date.UTC(2026, 0, 5);
const DAY = 86_400_000;
const MINUTE = 60_000;

interface Draft {
  readonly garage: string;
  readonly vehicle: string;
  /** Local time written as if it were UTC. */
  readonly start: number;
  readonly end: number;
  readonly kWh: string;
}

/** Invented sessions in the published Trondheim format: evening to morning, one vehicle in one garage, no real person. */
export function syntheticSessions(options: SyntheticOptions): string {
  const random = mulberry32(options.seed);
  const drafts: Draft[] = [];
  for (let vehicle = 0; vehicle < options.vehicles; vehicle++) {
    const garage = `SYN${(vehicle % options.garages) + 1}`;
    for (let night = 0; night < options.sessionsPerVehicle; night++) {
      const start = FIRST_DAY + night * 2 * DAY + (15 * 60 + Math.floor(random() * 480)) * MINUTE;
      const end = start + (30 + Math.floor(random() * 840)) * MINUTE;
      const kWh = (1 + random() * 40).toFixed(2).replace('.', ',');
      drafts.push({ garage, vehicle: `${garage}-${Math.floor(vehicle / options.garages) + 1}`, start, end, kWh });
    }
  }
  drafts.sort((a, b) => a.start - b.start);
  const rows = drafts.map((draft, index) => row(index + 1, draft));
  return `${[HEADER, ...withFaults(rows, options.faultEvery)].join('\r\n')}\r\n`;
}

function row(id: number, { garage, vehicle, start, end, kWh }: Draft): string {
  const hours = ((end - start) / (60 * MINUTE)).toFixed(4).replace('.', ',');
  return [
    id,
    garage,
    vehicle,
    'Private',
    'NA',
    published(start),
    new Date(start).getUTCHours(),
    published(end),
    new Date(end).getUTCHours(),
    kWh,
    hours,
  ].join(';');
}

const FAULTS: readonly ((cells: string[]) => Record<number, string>)[] = [
  () => ({ 7: 'NA', 8: 'NA', 10: 'NA' }),
  () => ({ 9: 'NA' }),
  (cells) => ({ 5: cells[7] as string, 7: cells[5] as string }),
  () => ({ 5: '' }),
];

/** Unusable rows are added, so that every vehicle keeps its sessions. */
function withFaults(rows: readonly string[], every: number): string[] {
  let faults = 0;
  return rows.flatMap((line, index) => {
    if (index % every !== every - 1) return [line];
    const cells = line.split(';');
    const change = FAULTS[faults % FAULTS.length]?.(cells) ?? {};
    faults++;
    return [line, Object.assign(cells, change, { 0: String(rows.length + faults) }).join(';')];
  });
}

function published(time: number): string {
  const [date, clock] = new Date(time).toISOString().slice(0, 16).split('T') as [string, string];
  return `${date.split('-').reverse().join('.')} ${clock}`;
}

/** Tommy Ettinger's 32-bit generator: small, and the same everywhere. Not for secrets. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
