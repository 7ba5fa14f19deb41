/**
 * Unsigncrypt, steps 1–8. Step 0 is in the type: a VerifiedSigma, its block's time within the limits, the carrying
 * transaction's endorsements and the slot head checked by the caller. Step 9 is the caller's database: it stores
 * `actKeys` as pending in one transaction, acts, and stores done.
 */
import { type EntryKey, headerDigest } from './agreement';
import { concat, equal } from './bytes';
import { type EntryPlaintext, openEntry } from './entries';
import { type Env } from './env';
import { SigncryptionError } from './errors';
import { isAllowed, type Limits } from './limits';
import { decodeMessages } from './messages';
import { type Params } from './params';
import { type RecordKeys } from './record';
import { type Role } from './roles';
import { commitSender, openSender } from './sender';
import { verify } from './signature';
import { type VerifiedSigma } from './verify';

/** What the receiver's own whole replica knows of a sender. */
export interface ReplicaRecord {
  readonly keys: RecordKeys;
  /** Whether enough organisations stand behind it: support.ts. */
  readonly counts: boolean;
  readonly revoked: boolean;
}

export interface UnsigncryptInput {
  readonly params: Params;
  readonly limits: Limits;
  readonly verified: VerifiedSigma;
  /** Whose entry it is: the receiver itself, or the vehicle that lent the key. */
  readonly receiver: { readonly f: Uint8Array; readonly role: Role };
  readonly entryKey: EntryKey;
  /** A look-up in the local replica: asking a peer would tell whom it is about. */
  readonly findSender: (f: Uint8Array) => ReplicaRecord | undefined | Promise<ReplicaRecord | undefined>;
}

export interface Unsigncrypted {
  /** f_S and role of the authenticated sender. */
  readonly sender: { readonly f: Uint8Array; readonly role: Role };
  readonly commandId: Uint8Array;
  readonly messages: readonly Uint8Array[];
  /**
   * Step 9: act once for each of these keys. `entry` = Y ‖ f stops the same σ, `command` = f_S ‖ f ‖ command id its
   * re-sealed twin.
   */
  readonly actKeys: { readonly entry: Uint8Array; readonly command: Uint8Array };
}

/**
 * @returns null if σ holds nothing for this receiver
 * @throws E_OPEN, the same for every failure past the locator; the `cause` is for the receiver's own eyes. What
 *   `findSender` throws comes through: a broken replica is no verdict on σ
 */
export async function unsigncrypt(env: Env, input: UnsigncryptInput): Promise<Unsigncrypted | null> {
  const index = input.verified.locate(input.entryKey.locator);
  if (index === undefined) return null;
  try {
    return await open(env, input, index);
  } catch (error) {
    if (!(error instanceof SigncryptionError)) throw error;
    throw new SigncryptionError('E_OPEN', 'the entry does not open to an authentic message', { cause: error });
  }
}

function ensureStep(step: number, condition: boolean, what: string): asserts condition {
  if (!condition) throw new SigncryptionError('E_OPEN', `step ${step}: ${what}`);
}

async function open(env: Env, input: UnsigncryptInput, index: number): Promise<Unsigncrypted> {
  const { verified, receiver, entryKey } = input;
  const hh = headerDigest(env.primitives, verified.sigma.headerBytes);
  const entry = openEntry(env.primitives, verified.sigma, index, entryKey.key, hh, receiver.f);
  ensureStep(2, entry !== undefined, 'entry, pseudo-identity or padding');
  try {
    return await authenticate(env, input, entry, hh);
  } finally {
    entry.K_S.fill(0);
  }
}

/** Steps 4–8. */
async function authenticate(
  { primitives, now }: Env,
  { params, limits, verified, receiver, findSender }: UnsigncryptInput,
  entry: EntryPlaintext,
  hh: Uint8Array,
): Promise<Unsigncrypted> {
  const { sigma, header, tau } = verified;
  const proof = openSender(primitives, entry.K_S, hh, tau, sigma.sealedSender);
  ensureStep(4, proof !== undefined, 'sealed sender');
  const found = await findSender(proof.f);
  ensureStep(5, found !== undefined && found.counts && !found.revoked, 'the sender’s record does not count');
  const { record, Q } = found.keys;
  ensureStep(5, equal(record.f, proof.f) && record.epoch === header.epoch, 'the sender’s record is another one');
  ensureStep(5, isAllowed(limits, record.role, header.senderClass, receiver.role), 'sender may not command receiver');
  const commitment = commitSender(primitives, entry.K_S, record, header.oneTimeKey);
  ensureStep(6, equal(commitment, header.commitment), 'the header commits to another sender');
  ensureStep(7, verify(primitives, Q, proof.signature, 'in', params.ctx, tau, proof.f), 'inner signature');
  ensureStep(8, now() < header.notAfter, 'expired on the own clock');
  const { commandId, messages } = decodeMessages(entry.message);
  return {
    sender: { f: record.f, role: record.role },
    commandId,
    messages,
    actKeys: { entry: concat(header.oneTimeKey, receiver.f), command: concat(proof.f, receiver.f, commandId) },
  };
}
