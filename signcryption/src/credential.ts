/**
 * One-time sender credentials, issued in batches: the KGC certifies (epoch, class, Y) without learning y, and keeps
 * what opens Y to its holder: see opening.ts.
 */
import { ensureLength, toHex, u32, u64, u8 } from './bytes';
import { ensure } from './errors';
import { type DurableSet, type Env } from './env';
import { hash, hashToScalar } from './hash';
import { type HolderKey } from './holder';
import { type KgcKeys } from './kgc';
import { topNode } from './merkle';
import { type Params } from './params';
import { type VerifierPrimitives } from './primitives/types';
import { type RecordKeys } from './record';
import { Secret } from './secret';
import { isAcceptableKey, publicKeyOf, sign, verify } from './signature';
import { credentialParts } from './verify';

export const MAX_BATCH = 4096;

/** One leaf of a batch, as the KGC gets it. */
export interface CredentialLeaf {
  /** Y_j = y_j·B. */
  readonly oneTimeKey: Uint8Array;
  /** 32 random bytes: a path shows nothing of the other leaves. */
  readonly salt: Uint8Array;
  /** Sign_y("popY"; f, epoch, class, Y): without it an accomplice could be blamed. */
  readonly popY: Uint8Array;
}

/** What the holder signs of a batch. */
export interface BatchStatement {
  readonly f: Uint8Array;
  readonly epoch: number;
  readonly senderClass: number;
  /** The node above all leaves, 64 bytes. */
  readonly root: Uint8Array;
  readonly count: number;
  /** Sign_q("req"; epoch, class, root, n). */
  readonly req: Uint8Array;
}

export interface CredentialRequest {
  readonly statement: BatchStatement;
  readonly leaves: readonly CredentialLeaf[];
}

export interface PendingCredentials {
  readonly request: CredentialRequest;
  /** y_j, in the order of the leaves. */
  readonly secrets: readonly Secret[];
}

/** One σ can be signed with it, and shows of its sender the class alone. */
export interface Credential {
  readonly epoch: number;
  readonly senderClass: number;
  readonly oneTimeKey: Uint8Array;
  readonly y: Secret;
  /** Sign_s("cred"; epoch, class, Y). */
  readonly certificate: Uint8Array;
}

/**
 * @param batch `firstCounter` comes from a durable counter of the holder that never repeats; `count` of them are used
 */
export function prepareCredentials(
  env: Env,
  params: Params,
  holder: HolderKey,
  batch: { readonly senderClass: number; readonly count: number; readonly firstCounter: number },
): PendingCredentials {
  const { senderClass, count, firstCounter } = batch;
  ensure(Number.isInteger(count) && count >= 1 && count <= MAX_BATCH, 'E_ARGUMENT', `count must be 1 to ${MAX_BATCH}`);
  const { primitives, random } = env;
  const { f, epoch } = holder.record;
  const secrets: Secret[] = [];
  const leaves: CredentialLeaf[] = [];
  for (let j = 0; j < count; j++) {
    const parts = [holder.q.reveal(), random(32), u64(epoch), u8(senderClass), u64(firstCounter + j)];
    const y = Secret.of(hashToScalar(primitives, 'y', ...parts));
    const oneTimeKey = publicKeyOf(primitives, y);
    const popY = sign(env, y, 'popY', params.ctx, ...popParts({ f, epoch, senderClass }, oneTimeKey));
    leaves.push({ oneTimeKey, salt: Uint8Array.from(random(32)), popY });
    secrets.push(y);
  }
  const root = batchRoot(primitives, leaves);
  const req = sign(env, holder.q, 'req', params.ctx, ...reqParts({ epoch, senderClass, root, count }));
  return { request: { statement: { f, epoch, senderClass, root, count, req }, leaves }, secrets };
}

/**
 * The KGC's side. The whole request is stored with the answer: it is what a later opening consists of.
 * @param holder the requester's verified record, looked up by the caller; that it counts is checked there
 * @param certified every Y ever certified
 * @returns the certificates, in the order of the leaves
 * @throws E_CREDENTIAL_REQUEST, E_CREDENTIAL_REPEATED
 */
export async function issueCredentials(
  env: Env,
  params: Params,
  keys: KgcKeys,
  holder: RecordKeys,
  request: CredentialRequest,
  certified: DurableSet,
): Promise<Uint8Array[]> {
  verifyCredentialRequest(env.primitives, params, holder, request);
  const { epoch, senderClass } = request.statement;
  for (const { oneTimeKey } of request.leaves) {
    ensure(await certified.add(oneTimeKey), 'E_CREDENTIAL_REPEATED', 'a one-time key was certified before; draw anew');
  }
  return request.leaves.map(({ oneTimeKey }) =>
    sign(env, keys.masterSecret, 'cred', params.ctx, ...credentialParts({ epoch, senderClass, oneTimeKey })),
  );
}

/** @throws E_CREDENTIAL_REQUEST */
export function verifyCredentialRequest(
  primitives: VerifierPrimitives,
  params: Params,
  holder: RecordKeys,
  { statement, leaves }: CredentialRequest,
): void {
  const { epoch, count, root, req } = statement;
  const refuse = (condition: boolean, message: string): void => ensure(condition, 'E_CREDENTIAL_REQUEST', message);
  refuse(count === leaves.length && count >= 1 && count <= MAX_BATCH, `a batch holds 1 to ${MAX_BATCH} leaves`);
  refuse(epoch === holder.record.epoch, 'the batch is for another epoch than the record');
  refuse(toHex(statement.f) === toHex(holder.record.f), 'the batch is another holder’s');
  refuse(new Set(leaves.map((leaf) => toHex(leaf.oneTimeKey))).size === count, 'a one-time key is listed twice');
  for (const leaf of leaves) {
    refuse(leaf.salt.length === 32 && isAcceptableKey(leaf.oneTimeKey), 'a leaf is malformed');
    const parts = popParts(statement, leaf.oneTimeKey);
    refuse(verify(primitives, leaf.oneTimeKey, leaf.popY, 'popY', params.ctx, ...parts), 'a popY does not hold');
  }
  refuse(toHex(batchRoot(primitives, leaves)) === toHex(root), 'the root is not that of the leaves');
  refuse(verify(primitives, holder.Q, req, 'req', params.ctx, ...reqParts(statement)), 'req does not hold under Q');
}

/**
 * The holder's check of the answer.
 * @throws E_CREDENTIAL_RESPONSE
 */
export function acceptCredentials(
  { primitives }: Pick<Env, 'primitives'>,
  params: Params,
  pending: PendingCredentials,
  certificates: readonly Uint8Array[],
): Credential[] {
  const { statement, leaves } = pending.request;
  const { epoch, senderClass } = statement;
  ensure(certificates.length === leaves.length, 'E_CREDENTIAL_RESPONSE', 'one certificate for each leaf is expected');
  return leaves.map(({ oneTimeKey }, j) => {
    const certificate = Uint8Array.from(certificates[j] as Uint8Array);
    const parts = credentialParts({ epoch, senderClass, oneTimeKey });
    const holds = verify(primitives, params.masterPublicKey, certificate, 'cred', params.ctx, ...parts);
    ensure(holds, 'E_CREDENTIAL_RESPONSE', 'a certificate does not hold under the master public key');
    return { epoch, senderClass, oneTimeKey, y: pending.secrets[j] as Secret, certificate };
  });
}

/** H("leaf", salt, Y, popY). */
export function batchLeaf(primitives: VerifierPrimitives, leaf: CredentialLeaf): Uint8Array {
  ensureLength(leaf.salt, 32, 'salt');
  return hash(primitives, 'leaf', leaf.salt, leaf.oneTimeKey, leaf.popY);
}

const batchRoot = (primitives: VerifierPrimitives, leaves: readonly CredentialLeaf[]): Uint8Array =>
  topNode(
    primitives,
    'node',
    leaves.map((leaf) => batchLeaf(primitives, leaf)),
  );

export const reqParts = (s: Pick<BatchStatement, 'epoch' | 'senderClass' | 'root' | 'count'>): Uint8Array[] => [
  u64(s.epoch),
  u8(s.senderClass),
  s.root,
  u32(s.count),
];

export const popParts = (
  s: Pick<BatchStatement, 'f' | 'epoch' | 'senderClass'>,
  oneTimeKey: Uint8Array,
): Uint8Array[] => [s.f, u64(s.epoch), u8(s.senderClass), oneTimeKey];
