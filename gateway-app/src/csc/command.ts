import { type Json, type StationAnswer } from '@chargecast/protocol';
import { type CommandKind } from '../ocpp';

/**
 * waiting → sealed → acknowledged → committed → delivered, or failed. A command falls back to waiting when its σ was not
 * included, not answered or not routable in time; it is then sealed anew under the same id.
 */
export type CommandStage = 'waiting' | 'sealed' | 'acknowledged' | 'committed' | 'delivered' | 'failed';

/** A step of a command's way. */
export interface CommandStep {
  readonly stage: CommandStage;
  /** Unix milliseconds. */
  readonly at: number;
  readonly code: string;
  readonly sigmaId: string;
}

/** Steps remembered of one command: its first, and the newest. */
export const MOST_STEPS = 24;

/** One command in the outbox. Ids and pseudo-identities are lower-case hex, times Unix milliseconds. */
export interface OutboxCommand {
  /** 16 random bytes; survives re-sealing, so that receivers act once. */
  readonly id: string;
  /** Order of arrival. */
  readonly sequence: number;
  readonly customer: string;
  readonly kind: CommandKind;
  readonly action: string;
  readonly payload: { readonly [member: string]: Json };
  readonly createdAt: number;
  readonly stage: CommandStage;
  /** Why it waits or failed; empty when nothing is wrong. */
  readonly code: string;
  /** What the pile's charging station answered, by the receipt that closed it. */
  readonly station?: StationAnswer;
  /** The newest σ it was sealed in. */
  readonly sigmaId: string;
  /** When it was delivered or failed; 0 before. */
  readonly closedAt: number;
  /** Not sealed again before. */
  readonly retryAt: number;
  /** Its way so far, in order; absent until it has taken a step. */
  readonly way?: readonly CommandStep[];
  /** How often it was sealed. */
  readonly attempts: number;
  /** Whose receipts are believed: every pile, or receiver, it was ever sealed for. */
  readonly actors: readonly string[];
  /** f of the newest σ's receiver; empty while none was found. */
  readonly receiver: string;
  /** The charging session of the newest σ; empty for holders that open for themselves. */
  readonly session: string;
}

/** The command with its newest step, if its stage, its σ or the reason it waits has changed. */
export function withStep(before: OutboxCommand | undefined, command: OutboxCommand, at: number): OutboxCommand {
  const { stage, code, sigmaId, way = [] } = command;
  if (before && before.stage === stage && before.code === code && before.sigmaId === sigmaId) return command;
  const [first, ...rest] = way;
  const kept = first ? [first, ...rest.slice(-(MOST_STEPS - 2))] : [];
  return { ...command, way: [...kept, { stage, at, code, sigmaId }] };
}

const WAY_OF_SIGMA: readonly CommandStage[] = ['sealed', 'acknowledged', 'committed'];

/** The command after a step of the σ it follows; itself if it has taken that one, does not follow σ, or is closed. */
export function followed(command: OutboxCommand, sigmaId: string, { stage, at }: SigmaStep): OutboxCommand {
  const taken = WAY_OF_SIGMA.indexOf(command.stage);
  if (command.sigmaId !== sigmaId || taken < 0 || taken >= WAY_OF_SIGMA.indexOf(stage)) return command;
  return withStep(command, { ...command, stage }, at);
}

export const isOpen = (command: OutboxCommand): boolean => command.stage !== 'delivered' && command.stage !== 'failed';

/** A step that σ took, and with it all commands that followed it. */
export interface SigmaStep {
  readonly stage: 'acknowledged' | 'committed';
  /** Unix milliseconds. */
  readonly at: number;
}

/** One σ on its way. */
export interface OutboxSigma {
  readonly id: string;
  readonly stage: 'sealed' | SigmaStep['stage'];
  /** Its steps since it was sealed, in order; absent until it has taken one. */
  readonly way?: readonly SigmaStep[];
  /** f of each receiver, for the KGC. */
  readonly receivers: readonly string[];
  readonly commands: readonly string[];
  readonly sealedAt: number;
  /** Unix seconds: from then on no gateway takes it. */
  readonly notAfter: number;
  /** When the acknowledging gateways promised inclusion by, Unix seconds; 0 before. */
  readonly deadline: number;
  readonly acks: readonly { readonly mspId: string; readonly deadline: number; readonly signature: string }[];
  /** When inclusion was seen; 0 before. */
  readonly committedAt: number;
}
