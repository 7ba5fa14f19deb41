import type { StationAnswer } from '@chargecast/protocol';

import type { Dispatch } from './dispatch-log';
import type { StationSettings } from './settings';

/** Errors and statuses that stay what they are however often the station is asked. */
const FINAL = new Set([
  'NotImplemented',
  'NotSupported',
  'SecurityError',
  'ProtocolError',
  'FormatViolation',
  'FormationViolation',
  'PropertyConstraintViolation',
  'OccurenceConstraintViolation',
  'OccurrenceConstraintViolation',
  'TypeConstraintViolation',
  'InvalidProfile',
  'Unverified',
  'Superseded',
  'ForeignTransaction',
]);

/** Whether a command that was not accepted is tried again. @param now Unix milliseconds */
export function isWorthTrying(
  { calls, since }: Pick<Dispatch, 'calls' | 'since'>,
  { answer, reason }: StationAnswer,
  { attempts, patienceSeconds }: Pick<StationSettings, 'attempts' | 'patienceSeconds'>,
  now: number,
): boolean {
  if (answer === 'accepted' || FINAL.has(reason)) return false;
  return calls < attempts && now - since < patienceSeconds * 1000;
}
