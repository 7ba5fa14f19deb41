import { table } from '../demo/table';
import { type KillCounts } from './kills';

/** What `./chargecast replay --json` prints; members are stable, new ones may be added. Money in integer minor units. */
export interface ReplaySummary {
  readonly ledger: 'embedded' | 'fabric';
  readonly currency: string;
  readonly tariff: string;
  readonly vehicles: number;
  readonly piles: number;
  /** Usable rows of the file, others, and how many were played. */
  readonly sessionsRead: number;
  readonly sessionsSkipped: number;
  readonly sessionsPlayed: number;
  /** The played rows' kWh, each rounded to the watt-hour. */
  readonly fileEnergyWh: number;
  /** Charging records on the data chain, and the energy by their meters' registers. */
  readonly records: number;
  readonly energyWh: number;
  /** Bills of the centres, bills the piles charged their users, bookings in the centres' accounts. */
  readonly billedMinor: number;
  readonly chargedMinor: number;
  readonly settledMinor: number;
  /** From records and tariff alone. */
  readonly recomputedMinor: number;
  readonly bills: number;
  readonly settlements: number;
  readonly disputed: number;
  /** That the stations told and their agents acknowledged. */
  readonly meterValues: number;
  /** Where processes were killed in the middle. */
  readonly kills?: KillCounts;
  readonly seconds: number;
  /** Of this process, user and system: all roles and stations, without the ledger's own processes. */
  readonly cpuSeconds: number;
  /** The most this process held, MiB. */
  readonly peakMemoryMb: number;
}

/** Every session has one record, one bill and one settlement; energy and money agree everywhere. */
export function agrees(summary: ReplaySummary): boolean {
  const { sessionsPlayed, records, bills, settlements, disputed } = summary;
  const { fileEnergyWh, energyWh, billedMinor, chargedMinor, settledMinor, recomputedMinor } = summary;
  return (
    disputed === 0 &&
    [records, bills, settlements].every((count) => count === sessionsPlayed) &&
    energyWh === fileEnergyWh &&
    [chargedMinor, settledMinor, recomputedMinor].every((minor) => minor === billedMinor)
  );
}

export function replayTable(summary: ReplaySummary): string {
  return table([
    ['ledger', summary.ledger],
    ['vehicles, piles', `${summary.vehicles}, ${summary.piles}`],
    [
      'sessions read / skipped / played',
      [summary.sessionsRead, summary.sessionsSkipped, summary.sessionsPlayed].join(' / '),
    ],
    ['charging records', summary.records],
    ['energy by the records / by the file, Wh', `${summary.energyWh} / ${summary.fileEnergyWh}`],
    [`billed, ${summary.currency} minor units`, summary.billedMinor],
    ['charged at the piles', summary.chargedMinor],
    ['settled', summary.settledMinor],
    ['recomputed from records and tariff', summary.recomputedMinor],
    ['disputed', summary.disputed],
    ['meter values', summary.meterValues],
    ...(summary.kills ? [['killed in the middle', killsLine(summary.kills)] as const] : []),
    ['seconds / CPU seconds without the ledger', `${Math.round(summary.seconds)} / ${Math.round(summary.cpuSeconds)}`],
    ['peak memory, MiB', summary.peakMemoryMb],
  ]);
}

const killsLine = (kills: KillCounts): string =>
  Object.entries(kills)
    .map(([victim, count]) => `${count} ${victim}`)
    .join(', ');
