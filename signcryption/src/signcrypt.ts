/** Signcrypt, steps 1–7: one sender, n receivers, n messages, one σ. */
import { headerDigest } from './agreement';
import { frame, u64 } from './bytes';
import { type Credential } from './credential';
import { DistinctBytes } from './distinct';
import { sealEntries } from './entries';
import { type DurableSet, type Env } from './env';
import { ensure } from './errors';
import { hash } from './hash';
import { type HolderKey } from './holder';
import { isAllowed, type Limits } from './limits';
import { type Params } from './params';
import { GatheredReceivers, type Receiver } from './receivers';
import { PSEUDONYM_BYTES } from './record';
import { type Role } from './roles';
import { type Secret } from './secret';
import { commitSender, sealSender } from './sender';
import { sign } from './signature';
import { bodyDigest, idOf } from './verify';
import { encodeHeader, ENTRY_OVERHEAD, HEADER_BYTES, SENDER_BYTES, sigmaBytes, VERSION } from './wire';

/** notAfter shows no finer time than this, seconds. */
export const NOT_AFTER_STEP = 900;

export interface SigncryptInput {
  readonly params: Params;
  readonly limits: Limits;
  readonly sender: HolderKey;
  readonly credential: Credential;
  /** 32 secret bytes the sender stores: with a dead random source, different inputs still give different keys. */
  readonly hedge: Secret;
  readonly receivers: readonly Receiver[];
  /** Seconds the σ should live at least; rounded up to the next quarter of an hour within the limits' maxTtl. */
  readonly ttl: number;
  /** Marks Y spent on disk before anything is signed with it. */
  readonly spent: DurableSet;
}

export interface Signcrypted {
  readonly sigma: Uint8Array;
  /** sigmaId(σ). */
  readonly id: Uint8Array;
}

/**
 * A retry after success sends the same bytes again; after a crash in between, the credential is lost and the messages
 * are sealed anew under the same command ids.
 * @throws E_ARGUMENT, E_RECEIVER_TWICE, E_RECEIVER_COUNT, E_MESSAGE_SIZE, E_EPOCH, E_NOT_ALLOWED, E_TTL, E_CREDENTIAL_SPENT
 */
export async function signcrypt(env: Env, input: SigncryptInput): Promise<Signcrypted> {
  const { limits, credential, receivers, spent } = input;
  checkReceivers(input);
  const notAfter = roundNotAfter(env.now(), input.ttl, limits.maxTtl);
  const buckets = chooseBuckets(limits, receivers);
  ensure(await spent.add(credential.oneTimeKey), 'E_CREDENTIAL_SPENT', 'this credential was used; take another');
  const gathered = new GatheredReceivers(receivers);
  let keys: MessageKeys | undefined;
  try {
    keys = drawKeys(env, input, gathered, notAfter);
    return assemble(env, input, gathered, { ...buckets, notAfter }, keys);
  } finally {
    gathered.erase();
    for (const key of keys ? [keys.k, keys.K_S, keys.dummyKey] : []) key.fill(0);
  }
}

interface MessageKeys {
  /** Clamped ephemeral scalar. */
  readonly k: Uint8Array;
  readonly U: Uint8Array;
  /** The key every receiver gets, which opens the sender's name. */
  readonly K_S: Uint8Array;
  readonly dummyKey: Uint8Array;
}

interface Shape {
  readonly notAfter: number;
  readonly entryCount: number;
  readonly entryLength: number;
}

/** Step 2. */
function drawKeys(
  { primitives, random }: Env,
  { credential, hedge }: SigncryptInput,
  gathered: GatheredReceivers,
  notAfter: number,
): MessageKeys {
  const head = [random(32), hedge.reveal(), credential.y.reveal(), credential.oneTimeKey, u64(notAfter)];
  const framedHead = frame('seed', head);
  const seed = primitives.sha512(framedHead, gathered.framed);
  framedHead.fill(0);
  const k = hash(primitives, 'k', seed).subarray(0, 32);
  k[0] = (k[0] as number) & 0xf8;
  k[31] = ((k[31] as number) & 0x7f) | 0x40;
  const U = new Uint8Array(32);
  primitives.x25519Base(U, k);
  const K_S = hash(primitives, 'KS', seed).subarray(0, 32);
  const dummyKey = hash(primitives, 'dummy', seed).subarray(0, 32);
  seed.fill(0);
  return { k, U, K_S, dummyKey };
}

/** Steps 3–7. */
function assemble(
  env: Env,
  { params, limits, sender, credential }: SigncryptInput,
  gathered: GatheredReceivers,
  shape: Shape,
  { k, U, K_S, dummyKey }: MessageKeys,
): Signcrypted {
  const { primitives } = env;
  const { epoch, senderClass, oneTimeKey, certificate } = credential;
  const headerBytes = encodeHeader({
    version: VERSION,
    suite: params.suite,
    ctx: params.ctx,
    limitsVersion: limits.version,
    epoch,
    senderClass,
    ephemeral: U,
    oneTimeKey,
    certificate,
    commitment: commitSender(primitives, K_S, sender.record, oneTimeKey),
    ...shape,
  });
  const hh = headerDigest(primitives, headerBytes);
  const { entryCount, entryLength } = shape;
  const sigma = new Uint8Array(sigmaBytes(entryCount, entryLength));
  const body = sigma.subarray(HEADER_BYTES, HEADER_BYTES + entryCount * entryLength);
  sealEntries(primitives, { k, K_S, dummyKey, hh, gathered, entryCount, entryLength }, body);
  const tau = bodyDigest(primitives, headerBytes, body);
  const inner = sign(env, sender.q, 'in', params.ctx, tau, sender.record.f);
  const sealedSender = sealSender(primitives, K_S, hh, tau, { f: sender.record.f, signature: inner });
  const sealedDigest = hash(primitives, 'cs', sealedSender);
  const signature = sign(env, credential.y, 'out', params.ctx, tau, sealedDigest);
  sigma.set(headerBytes);
  sigma.set(sealedSender, HEADER_BYTES + body.length);
  sigma.set(signature, HEADER_BYTES + body.length + SENDER_BYTES);
  return { sigma, id: idOf(primitives, tau, sigma) };
}

/** Step 1. */
function checkReceivers({ limits, sender, credential, receivers }: SigncryptInput): void {
  const { epoch, role } = sender.record;
  ensure(credential.epoch === epoch, 'E_EPOCH', 'the credential is of another epoch than the sender’s record');
  const roles = new Set<Role>();
  const pseudonyms = new DistinctBytes(receivers.length);
  const publicKeys = new DistinctBytes(receivers.length);
  for (const { keys, bind } of receivers) {
    const { record, Q, u } = keys;
    const whole = record.f.length === PSEUDONYM_BYTES && Q.length === 32 && u.length === 32;
    ensure(whole, 'E_ARGUMENT', 'a receiver’s f, Q and u must be 16, 32 and 32 bytes; take them from verifyRecord');
    roles.add(record.role);
    ensure(record.epoch === epoch, 'E_EPOCH', 'a receiver’s record is of another epoch than the sender’s');
    ensure(bind === undefined || bind.length === 64, 'E_ARGUMENT', 'bind must be a sessionBinding');
    const first = pseudonyms.add(record.f) && publicKeys.add(Q);
    ensure(first, 'E_RECEIVER_TWICE', 'a receiver is listed twice; put its messages into one m');
  }
  for (const receiverRole of roles) {
    const allowed = isAllowed(limits, role, credential.senderClass, receiverRole);
    ensure(allowed, 'E_NOT_ALLOWED', 'the limits do not let this sender role and class address a receiver’s role');
  }
}

/** The next quarter of an hour at or after now + ttl; the last one within maxTtl if that is sooner. */
export function roundNotAfter(now: number, ttl: number, maxTtl: number): number {
  ensure(Number.isFinite(ttl) && ttl > 0 && ttl <= maxTtl, 'E_TTL', `ttl must be above 0 and at most ${maxTtl} s`);
  const wanted = Math.ceil((now + ttl) / NOT_AFTER_STEP);
  const latest = Math.floor((now + maxTtl) / NOT_AFTER_STEP);
  return Math.min(wanted, latest) * NOT_AFTER_STEP;
}

function chooseBuckets(limits: Limits, receivers: readonly Receiver[]): Omit<Shape, 'notAfter'> {
  const entryCount = limits.entryCounts.find((count) => count >= receivers.length);
  ensure(receivers.length > 0 && entryCount !== undefined, 'E_RECEIVER_COUNT', 'no entry count fits; split the list');
  const longest = receivers.reduce((length, { message }) => Math.max(length, message.length), 0);
  const entryLength = limits.entryLengths.find((length) => length >= longest + ENTRY_OVERHEAD);
  ensure(entryLength !== undefined, 'E_MESSAGE_SIZE', 'a message is longer than the largest bucket');
  const total = sigmaBytes(entryCount, entryLength);
  ensure(total <= limits.maxSigmaBytes, 'E_RECEIVER_COUNT', 'σ would exceed maxSigmaBytes; split the list');
  return { entryCount, entryLength };
}
