/**
 * Tracing: the KGC opens one one-time key to its holder, with evidence the holder signed. Anyone with the holder's
 * record checks it; the path's salted leaves show nothing of the rest of the batch.
 */
import { concat, equal, u32, u64, u8 } from './bytes';
import { ensure } from './errors';
import {
  batchLeaf,
  type BatchStatement,
  type CredentialLeaf,
  type CredentialRequest,
  popParts,
  reqParts,
} from './credential';
import { climb, siblings } from './merkle';
import { type Params } from './params';
import { type VerifierPrimitives } from './primitives/types';
import { PSEUDONYM_BYTES, type RecordKeys } from './record';
import { Reader } from './reader';
import { verify } from './signature';

export interface Opening {
  readonly statement: BatchStatement;
  readonly leaf: CredentialLeaf;
  readonly index: number;
  readonly path: readonly Uint8Array[];
}

/** @throws E_OPENING if the request does not hold that one-time key */
export function openCredential(
  primitives: VerifierPrimitives,
  request: CredentialRequest,
  oneTimeKey: Uint8Array,
): Opening {
  const index = request.leaves.findIndex((leaf) => equal(leaf.oneTimeKey, oneTimeKey));
  const leaf = request.leaves[index];
  ensure(leaf !== undefined, 'E_OPENING', 'the one-time key is not of this batch');
  const nodes = request.leaves.map((each) => batchLeaf(primitives, each));
  return { statement: request.statement, leaf, index, path: siblings(primitives, 'node', nodes, index) };
}

/**
 * @param holder the accused's verified record
 * @param oneTimeKey Y of the σ in question
 * @throws E_OPENING unless the holder itself asked for this one-time key and knew its secret
 */
export function verifyOpening(
  primitives: VerifierPrimitives,
  params: Params,
  holder: RecordKeys,
  oneTimeKey: Uint8Array,
  { statement, leaf, index, path }: Opening,
): void {
  const refuse = (condition: boolean, message: string): void => ensure(condition, 'E_OPENING', message);
  refuse(equal(leaf.oneTimeKey, oneTimeKey), 'the evidence is for another one-time key');
  refuse(equal(statement.f, holder.record.f), 'the evidence is for another holder');
  refuse(statement.epoch === holder.record.epoch, 'the evidence is of another epoch');
  const parts = popParts(statement, oneTimeKey);
  refuse(verify(primitives, oneTimeKey, leaf.popY, 'popY', params.ctx, ...parts), 'popY does not hold');
  const top = climb(primitives, 'node', batchLeaf(primitives, leaf), index, statement.count, path);
  refuse(equal(top, statement.root), 'the path does not lead to the signed root');
  refuse(verify(primitives, holder.Q, statement.req, 'req', params.ctx, ...reqParts(statement)), 'req does not hold');
}

export function encodeOpening({ statement, leaf, index, path }: Opening): Uint8Array {
  return concat(
    statement.f,
    u64(statement.epoch),
    u8(statement.senderClass),
    statement.root,
    u32(statement.count),
    statement.req,
    leaf.oneTimeKey,
    leaf.salt,
    leaf.popY,
    u32(index),
    u8(path.length),
    ...path,
  );
}

/** @throws E_OPENING for anything {@link encodeOpening} cannot write */
export function decodeOpening(bytes: Uint8Array): Opening {
  const reader = new Reader(bytes, 'E_OPENING');
  const statement = {
    f: reader.copy(PSEUDONYM_BYTES),
    epoch: reader.u64(),
    senderClass: reader.u8(),
    root: reader.copy(64),
    count: reader.u32(),
    req: reader.copy(64),
  };
  const leaf = { oneTimeKey: reader.copy(32), salt: reader.copy(32), popY: reader.copy(64) };
  const index = reader.u32();
  const path = Array.from({ length: reader.u8() }, () => reader.copy(64));
  reader.end();
  return { statement, leaf, index, path };
}
