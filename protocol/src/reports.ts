/** Payloads of the project's own actions; control and billing carry OCPP 2.0.1 bodies, which have their own schemas. */
import { hex, integer, object, oneOf, optional, text, type Decoder } from './json';

export const PSEUDONYM_BYTES = 16;
/** A charging session's id: random, chosen by the pile. */
export const SESSION_BYTES = 16;
export const COMMAND_ID_BYTES = 16;

/** Actions of kind `report`, vehicle to CSC. */
export const REPORT_ACTIONS = ['PlugIn', 'PowerReport', 'Unplug'] as const;
export type ReportAction = (typeof REPORT_ACTIONS)[number];

/** The one action of kind `receipt`, pile to CSC. */
export const RECEIPT_ACTION = 'Receipt';

export interface PlugReport {
  /** f of the pile, hex. */
  readonly pile: string;
  /** Session id, hex. */
  readonly session: string;
  /** Unix seconds. */
  readonly at: number;
}

export interface PowerReport {
  readonly session: string;
  readonly powerWatts: number;
  readonly energyWh: number;
  readonly at: number;
}

export interface UnplugReport {
  readonly session: string;
  readonly at: number;
}

/** What a charging station made of the call a command became. */
export interface StationAnswer {
  /** `unanswered`: whether it acted is not known. */
  readonly answer: 'accepted' | 'rejected' | 'unanswered';
  /** The standard's status or error code, or why there is no answer; a single word. */
  readonly reason: string;
}

export interface Receipt {
  /** The command it answers, hex. */
  readonly commandId: string;
  /** `done`: acted upon, now or before; `refused`: opened and checked, yet not acted upon. */
  readonly outcome: 'done' | 'refused';
  /** Why it was refused. */
  readonly code?: string;
  /** Of the pile's station, when the command became a call to one. */
  readonly station?: StationAnswer;
  /** The σ it was taken from, hex. */
  readonly sigmaId: string;
  readonly at: number;
}

const session = hex(SESSION_BYTES);
const time = integer(0);

export const decodePlugReport: Decoder<PlugReport> = object<PlugReport>({
  pile: hex(PSEUDONYM_BYTES),
  session,
  at: time,
});

export const decodePowerReport: Decoder<PowerReport> = object<PowerReport>({
  session,
  powerWatts: integer(-1_000_000_000, 1_000_000_000),
  energyWh: integer(-1_000_000_000, 1_000_000_000),
  at: time,
});

export const decodeUnplugReport: Decoder<UnplugReport> = object<UnplugReport>({ session, at: time });

const decodeStationAnswer: Decoder<StationAnswer> = object<StationAnswer>({
  answer: oneOf('accepted', 'rejected', 'unanswered'),
  reason: text(32, /^[A-Za-z]+$/, 'a word'),
});

export const decodeReceipt: Decoder<Receipt> = object<Receipt>({
  commandId: hex(COMMAND_ID_BYTES),
  outcome: oneOf('done', 'refused'),
  code: optional(text(64, /^E_[A-Z0-9_]+$/, 'a code of the form E_…')),
  station: optional(decodeStationAnswer),
  sigmaId: hex(32),
  at: time,
});
