import { type CommandMessage, decodeMessages as decodeEach, encodeMessages as encodeEach } from '@chargecast/protocol';
import { encodeMessages, type Unsigncrypted } from '@chargecast/signcryption';

/** m of one receiver: all its messages, under one id. */
export function encodePayload(messages: readonly CommandMessage[]): Uint8Array {
  return encodeMessages(encodeEach(messages));
}

/** @throws ProtocolError E_MESSAGE for anything {@link encodePayload} does not write */
export function decodePayload(opened: Pick<Unsigncrypted, 'commandId' | 'messages'>): CommandMessage[] {
  return decodeEach(opened);
}
