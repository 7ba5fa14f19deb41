/**
 * The plaintext m_i of one receiver: one or several messages, each with the random command id that survives re-sealing.
 *
 *   m     = u8 version (1) ‖ u8 count ‖ count × frame
 *   frame = u8 kind ‖ command id (16) ‖ u8 a ‖ action (a ASCII bytes) ‖ u32le n ‖ payload (n bytes, canonical JSON object)
 *
 * One message list has one encoding; anything else is refused.
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
const ACTION = /^[A-Za-z][A-Za-z0-9]{0,63}$/;
const utf8 = new TextDecoder('utf-8', { fatal: true });

function refuse(reason: string, cause?: unknown): never {
  throw new ProtocolError('E_MESSAGE', reason, { cause });
}

function encodeFrame({ commandId, kind, action, payload }: CommandMessage): Buffer {
  const kindCode = KINDS.indexOf(kind) + 1;
  if (kindCode === 0) refuse(`a message is one of ${KINDS.join(', ')}`);
  if (!/^[0-9a-f]{32}$/.test(commandId)) refuse('a command id is 16 bytes in lower-case hex');
  if (!ACTION.test(action)) refuse('an action is 1 to 64 letters and digits and starts with a letter');
  const body = Buffer.from(canonicalJson(payload), 'utf8');
  const head = Buffer.concat([
    Buffer.of(kindCode),
    fromHex(commandId, ID_BYTES),
    Buffer.of(action.length),
    Buffer.from(action, 'ascii'),
    Buffer.alloc(4),
  ]);
  head.writeUInt32LE(body.length, head.length - 4);
  return Buffer.concat([head, body]);
}

/** Throws `E_MESSAGE` for an empty list, more than 255 messages, a repeated command id or a malformed member. */
export function encodeMessages(messages: readonly CommandMessage[]): Uint8Array {
  checkList(messages);
  return Buffer.concat([Buffer.of(VERSION, messages.length), ...messages.map(encodeFrame)]);
}

function checkList(messages: readonly CommandMessage[]): void {
  if (messages.length === 0 || messages.length > MAX_MESSAGES)
    refuse(`one receiver gets 1 to ${MAX_MESSAGES} messages`);
  if (new Set(messages.map(({ commandId }) => commandId)).size !== messages.length) refuse('a command id is repeated');
}

class Reader {
  #at = 0;

  constructor(readonly bytes: Buffer) {}

  take(length: number): Buffer {
    if (length > this.bytes.length - this.#at) refuse('the message ends too early');
    const part = this.bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return part;
  }

  byte(): number {
    return this.take(1).readUInt8();
  }

  finish(): void {
    if (this.#at !== this.bytes.length) refuse('bytes follow the last message');
  }
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

function decodeFrame(reader: Reader): CommandMessage {
  const kind = KINDS[reader.byte() - 1] ?? refuse('the message kind is unknown');
  const commandId = toHex(reader.take(ID_BYTES));
  const action = reader.take(reader.byte()).toString('latin1');
  if (!ACTION.test(action)) refuse('the action is malformed');
  const payload = decodePayload(reader.take(reader.take(4).readUInt32LE()));
  return { commandId, kind, action, payload };
}

/** Throws `E_MESSAGE` (or `E_DECODE` for JSON nested beyond reason) for anything {@link encodeMessages} does not write. */
export function decodeMessages(bytes: Uint8Array): CommandMessage[] {
  const reader = new Reader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  if (reader.byte() !== VERSION) refuse(`only message version ${VERSION} is known`);
  const messages = Array.from({ length: reader.byte() }, () => decodeFrame(reader));
  reader.finish();
  checkList(messages);
  return messages;
}
