/**
 * What stands inside one sealed m: a command id that survives re-sealing, and one or more messages to the same
 * receiver.
 */
import { concat, ensureLength, u32 } from './bytes';
import { ensure } from './errors';
import { Reader } from './reader';

export const COMMAND_ID_BYTES = 16;
export const MAX_MESSAGES = 255;

export interface Messages {
  /** 16 random bytes: a σ dropped and sealed anew must not act twice. */
  readonly commandId: Uint8Array;
  readonly messages: readonly Uint8Array[];
}

/** commandId ‖ u32 count ‖ (u32 length ‖ bytes)*. */
export function encodeMessages({ commandId, messages }: Messages): Uint8Array {
  ensureLength(commandId, COMMAND_ID_BYTES, 'commandId');
  ensure(messages.length >= 1 && messages.length <= MAX_MESSAGES, 'E_MESSAGES', `1 to ${MAX_MESSAGES} messages`);
  return concat(commandId, u32(messages.length), ...messages.flatMap((message) => [u32(message.length), message]));
}

/** @throws E_MESSAGES for anything {@link encodeMessages} cannot write */
export function decodeMessages(bytes: Uint8Array): Messages {
  const reader = new Reader(bytes, 'E_MESSAGES');
  const commandId = reader.copy(COMMAND_ID_BYTES);
  const count = reader.u32();
  ensure(count >= 1 && count <= MAX_MESSAGES, 'E_MESSAGES', `1 to ${MAX_MESSAGES} messages`);
  const messages = Array.from({ length: count }, () => reader.copy(reader.u32()));
  reader.end();
  return { commandId, messages };
}
