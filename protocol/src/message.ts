/**
 * Commands, bills, notices, reports and receipts as bytes: what the scheme's m carries one or several of (docs/wire.md).
 *
 *   message = u8 version (2) ‖ CBOR [kind, action, payload] or, beside others in one m, [kind, action, payload, command id]
 *
 * Each has a random command id of its own that survives re-sealing; one that is alone in m lends m its id. Short, because
 * every machine of the network stores and verifies a command's bytes. One list of messages has one encoding; anything else
 * is refused.
 */
import { fromHex, toHex } from '@chargecast/signcryption/bytes';
import type { Messages } from '@chargecast/signcryption/messages';
import { createHash } from 'node:crypto';

import { ProtocolError } from './errors';
import { MAX_JSON_DEPTH } from './json';
import { type Cbor, decodeCbor, encodeCbor } from './message-cbor';
import { ACTIONS } from './message-names';
import { type Payload, payloadFromCbor, payloadToCbor } from './message-payload';

export type MessageKind = 'control' | 'billing' | 'notice' | 'report' | 'receipt';

export interface CommandMessage {
  /** 16 random bytes in lower-case hex. */
  readonly commandId: string;
  readonly kind: MessageKind;
  /** An OCPP 2.0.1 action, or one of {@link import('./reports')}. */
  readonly action: string;
  readonly payload: Payload;
}

const VERSION = 2;
const KINDS: readonly MessageKind[] = ['control', 'billing', 'notice', 'report', 'receipt'];
const ID_BYTES = 16;
const MAX_MESSAGES = 255;
const ACTION = /^[A-Za-z][A-Za-z0-9]{0,63}$/;

function refuse(reason: string): never {
  throw new ProtocolError('E_MESSAGE', reason);
}

/** Throws `E_MESSAGE` for an empty list, more than 255 messages, a repeated command id or a malformed member. */
export function encodeMessages(messages: readonly CommandMessage[]): Messages {
  checkList(messages);
  return {
    commandId: commonId(messages),
    messages: messages.map((message) => encodeMessage(message, messages.length === 1)),
  };
}

function checkList(messages: readonly CommandMessage[]): void {
  if (messages.length === 0 || messages.length > MAX_MESSAGES)
    refuse(`one receiver gets 1 to ${MAX_MESSAGES} messages`);
  if (messages.some(({ commandId }) => !/^[0-9a-f]{32}$/.test(commandId)))
    refuse('a command id is 16 bytes in lower-case hex');
  if (new Set(messages.map(({ commandId }) => commandId)).size !== messages.length) refuse('a command id is repeated');
}

/**
 * A single message lends its own id; several give the hash of theirs, so that sealing the same messages again gives the
 * same id, and another selection another.
 */
function commonId(messages: readonly CommandMessage[]): Uint8Array {
  const ids = Buffer.from(messages.map(({ commandId }) => commandId).join(''), 'hex');
  if (messages.length === 1) return Uint8Array.from(ids);
  return Uint8Array.from(createHash('sha256').update(ids).digest().subarray(0, ID_BYTES));
}

function encodeMessage({ commandId, kind, action, payload }: CommandMessage, isAlone: boolean): Uint8Array {
  const kindCode = KINDS.indexOf(kind) + 1;
  if (kindCode === 0) refuse(`a message is one of ${KINDS.join(', ')}`);
  if (!ACTION.test(action)) refuse('an action is 1 to 64 letters and digits and starts with a letter');
  const body: Cbor[] = [kindCode, ACTIONS.spell(action), payloadToCbor(payload)];
  if (!isAlone) body.push(fromHex(commandId, ID_BYTES));
  return Buffer.concat([Buffer.of(VERSION), encodeCbor(body)]);
}

/** Throws `E_MESSAGE` for anything {@link encodeMessages} does not write. */
export function decodeMessages({ commandId, messages }: Messages): CommandMessage[] {
  const lentId = messages.length === 1 ? commandId : undefined;
  const decoded = messages.map((message) => decodeMessage(message, lentId));
  checkList(decoded);
  if (Buffer.compare(commonId(decoded), commandId) !== 0) refuse('the id is not that of these messages together');
  return decoded;
}

function decodeMessage(encoded: Uint8Array, lentId: Uint8Array | undefined): CommandMessage {
  const body = bodyOf(encoded);
  if (body.length !== (lentId ? 3 : 4))
    refuse('a message is kind, action and payload, and its command id where m carries several');
  const [kind, action, payload, id = lentId] = body;
  const message = {
    commandId: idOf(id),
    kind: kindOf(kind),
    action: actionOf(action),
    payload: payload instanceof Map ? payloadFromCbor(payload) : refuse('a payload is not a map'),
  };
  // Known names as text, numbers in more bytes than needed, members unsorted or twice: all that is another spelling.
  if (Buffer.compare(encodeMessage(message, lentId !== undefined), encoded) !== 0)
    refuse('the message is not in its one encoding');
  return message;
}

function bodyOf(encoded: Uint8Array): readonly Cbor[] {
  const [version] = encoded;
  if (version === undefined) refuse('the message is empty');
  if (version !== VERSION)
    refuse(`the message has version ${version}, and only ${VERSION} is read here; let both ends run the same release`);
  const body = decodeCbor(encoded.subarray(1), MAX_JSON_DEPTH + 1);
  return Array.isArray(body) ? (body as readonly Cbor[]) : refuse('a message is an array');
}

function idOf(id: Cbor | undefined): string {
  return id instanceof Uint8Array && id.length === ID_BYTES ? toHex(id) : refuse('a command id is 16 bytes');
}

function kindOf(code: Cbor | undefined): MessageKind {
  return (typeof code === 'number' ? KINDS[code - 1] : undefined) ?? refuse('the message kind is unknown');
}

function actionOf(spelled: Cbor | undefined): string {
  const isName = typeof spelled === 'number' || typeof spelled === 'string';
  return (isName ? ACTIONS.read(spelled) : undefined) ?? refuse('the action is unknown');
}
