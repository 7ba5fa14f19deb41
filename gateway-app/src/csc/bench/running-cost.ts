import { type CommandMessage } from '@chargecast/protocol';
import { randomBytes } from 'node:crypto';

/** What a session costs so far: the message a centre sends most. */
export function runningCost(): CommandMessage {
  return {
    commandId: randomBytes(16).toString('hex'),
    kind: 'billing',
    action: 'CostUpdated',
    payload: { totalCost: 42.5, transactionId: randomBytes(16).toString('hex') },
  };
}
