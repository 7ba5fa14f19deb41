import { type CommandMessage, decodeMessages, encodeMessages as encodeEach } from '@chargecast/protocol';
import { COMMAND_ID_BYTES, encodeMessages, fromHex, type Unsigncrypted } from '@chargecast/signcryption';
import { createHash } from 'node:crypto';

/**
 * m of one receiver: all its messages, under one id. A single message lends its own id; several give the
 * hash of theirs, so that sealing the same messages again gives the same id, and another selection another.
 */
export function encodePayload(messages: readonly CommandMessage[]): Uint8Array {
  return encodeMessages({ commandId: payloadId(messages), messages: encodeEach(messages) });
}

/** @throws ProtocolError E_MESSAGE for anything {@link encodePayload} does not write */
export function decodePayload(opened: Pick<Unsigncrypted, 'messages'>): CommandMessage[] {
  return decodeMessages(opened.messages);
}

function payloadId(messages: readonly CommandMessage[]): Uint8Array {
  const [first] = messages;
  if (first !== undefined && messages.length === 1) return fromHex(first.commandId, COMMAND_ID_BYTES);
  const digest = createHash('sha256');
  for (const { commandId } of messages) digest.update(commandId, 'hex');
  return Uint8Array.from(digest.digest().subarray(0, COMMAND_ID_BYTES));
}
