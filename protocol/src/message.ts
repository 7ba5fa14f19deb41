/**
 * One command, bill, notice, report or receipt as bytes: what the scheme's m carries one or several of (docs/wire.md).
 *
 *   message = u8 version (1) ‖ u8 kind ‖ command id (16) ‖ u8 a ‖ action (a ASCII bytes) ‖ payload (canonical JSON object)
 *
 * Each has a random command id of its own that survives re-sealing. One message has one encoding; anything else is
 * refused.
 */
import { fromHex, toHex } from '@chargecast/signcryption/bytes';
import { ProtocolError } from './errors';
import { canonicalJson, type Json } from './json';

export type MessageKind = 'control' | 'billing' | 'notice' | 'report' | 'receipt';

export interface CommandMessage {
  /** 16 random bytes in lower-case hex. */
  readonly commandId: string;
  readonly kind: MessageKind;
  /** An OCPP 2.0.1 action, or one of {@link import('./reports')}. */
  readonly action: string;
  readonly payload: { readonly [member: string]: Json };
}

const VERSION = 1;
const KINDS: readonly MessageKind[] = ['control', 'billing', 'notice', 'report', 'receipt'];
const ID_BYTES = 16;
const MAX_MESSAGES = 255;
/** Behind version, kind, command id and the action's length. */
const ACTION_AT = 3 + ID_BYTES;
const ACTION = /^[A-Za-z][A-Za-z0-9]{0,63}$/;
const utf8 = new TextDecoder('utf-8', { fatal: true });

function refuse(reason: string, cause?: unknown): never {
  throw new ProtocolError('E_MESSAGE', reason, { cause });
}

function encodeMessage({ commandId, kind, action, payload }: CommandMessage): Uint8Array {
  const kindCode = KINDS.indexOf(kind) + 1;
  if (kindCode === 0) refuse(`a message is one of ${KINDS.join(', ')}`);
  if (!/^[0-9a-f]{32}$/.test(commandId)) refuse('a command id is 16 bytes in lower-case hex');
  if (!ACTION.test(action)) refuse('an action is 1 to 64 letters and digits and starts with a letter');
  return Buffer.concat([
    Buffer.of(VERSION, kindCode),
    fromHex(commandId, ID_BYTES),
    Buffer.of(action.length),
    Buffer.from(action, 'ascii'),
    Buffer.from(canonicalJson(payload), 'utf8'),
  ]);
}

/** Throws `E_MESSAGE` for an empty list, more than 255 messages, a repeated command id or a malformed member. */
export function encodeMessages(messages: readonly CommandMessage[]): Uint8Array[] {
  checkList(messages);
  return messages.map(encodeMessage);
}

function checkList(messages: readonly CommandMessage[]): void {
  if (messages.length === 0 || messages.length > MAX_MESSAGES)
    refuse(`one receiver gets 1 to ${MAX_MESSAGES} messages`);
  if (new Set(messages.map(({ commandId }) => commandId)).size !== messages.length) refuse('a command id is repeated');
}

function decodePayload(bytes: Buffer): { readonly [member: string]: Json } {
  let source: string;
  let value: Json;
  try {
    source = utf8.decode(bytes);
    value = JSON.parse(source) as Json;
  } catch (cause) {
    return refuse('a payload is not JSON', cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse('a payload is not an object');
  if (canonicalJson(value) !== source) return refuse('a payload is not canonical JSON');
  return value as { readonly [member: string]: Json };
}

function decodeMessage(encoded: Uint8Array): CommandMessage {
  const bytes = Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength);
  if (bytes.length < ACTION_AT) refuse('the message ends too early');
  if (bytes.readUInt8(0) !== VERSION) refuse(`only message version ${VERSION} is known`);
  const kind = KINDS[bytes.readUInt8(1) - 1] ?? refuse('the message kind is unknown');
  const commandId = toHex(bytes.subarray(2, 2 + ID_BYTES));
  const payloadAt = ACTION_AT + bytes.readUInt8(ACTION_AT - 1);
  if (payloadAt > bytes.length) refuse('the message ends too early');
  const action = bytes.subarray(ACTION_AT, payloadAt).toString('latin1');
  if (!ACTION.test(action)) refuse('the action is malformed');
  return { commandId, kind, action, payload: decodePayload(bytes.subarray(payloadAt)) };
}

/** Throws `E_MESSAGE` (or `E_DECODE` for JSON nested beyond reason) for anything {@link encodeMessages} does not write. */
export function decodeMessages(encoded: readonly Uint8Array[]): CommandMessage[] {
  const messages = encoded.map(decodeMessage);
  checkList(messages);
  return messages;
}
