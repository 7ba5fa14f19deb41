import { type CommandMessage } from '@chargecast/protocol';
import { ENTRY_OVERHEAD, type Limits } from '@chargecast/signcryption';

import { encodePayload } from './payload';

/** Splits one receiver's messages, in order, so that each part fits the longest entry the limits allow. */
export function fittingParts(
  messages: readonly CommandMessage[],
  { entryLengths }: Pick<Limits, 'entryLengths'>,
): readonly (readonly CommandMessage[])[] {
  const room = Math.max(...entryLengths) - ENTRY_OVERHEAD;
  const parts: CommandMessage[][] = [];
  for (const message of messages) {
    const last = parts.at(-1);
    if (last && encodePayload([...last, message]).length <= room) last.push(message);
    else parts.push([message]);
  }
  return parts;
}
