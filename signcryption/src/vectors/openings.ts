/**
 * openings.json: σ that everybody's public verification accepts and the receiver must refuse, each for one reason. Only
 * who holds the credential's y can make them, so they are forged here as a cheating sender would.
 */
import { agree, sessionBinding } from '../agreement';
import { utf8 } from '../bytes';
import { type Credential } from '../credential';
import { type HolderKey } from '../holder';
import { encodeMessages } from '../messages';
import { SigncryptionError } from '../errors';
import { encodeRecord } from '../record';
import { Role } from '../roles';
import { type SenderProof } from '../sender';
import { type ReplicaRecord, unsigncrypt } from '../unsigncrypt';
import { verifySigma } from '../verify';
import { decodeSigma } from '../wire';
import { type Cast } from './cast';
import { forge, type ForgedEntry, type Forgery, type Ground, innerProof, signOuter } from './forge';
import { type Json, recordingEnv, toJson } from './recorder';

const SESSION_ID = utf8('session-1');

/** What the receiver's replica answers for f_S. */
type Standing = 'counts' | 'does not count' | 'revoked' | 'unknown';

interface Case {
  readonly name: string;
  /** Where unsigncrypt stops; 0 opens. */
  readonly step: number;
  readonly sigma: Uint8Array;
  readonly key?: Uint8Array;
  readonly standing?: Standing;
  readonly role?: Role;
  /** The receiver's own clock, seconds. */
  readonly now?: number;
}

interface Stage {
  readonly ground: Ground;
  readonly entry: ForgedEntry;
  readonly make: (change: Partial<Forgery>) => Uint8Array;
  readonly resign: (sigma: Uint8Array, at: number) => Uint8Array;
}

export async function openingVectors(cast: Cast, credential: Credential): Promise<Json> {
  const { centre, pile, vehicles } = cast;
  const receiver = vehicles[0];
  const ground = { ...cast, env: recordingEnv(cast.env.primitives, 'openings') };
  const bind = sessionBinding(cast.env.primitives, pile.record.f, SESSION_ID);
  const commandId = new Uint8Array(16).fill(1);
  const entry = { keys: receiver, bind, message: encodeMessages({ commandId, messages: [utf8('limit to 11 kW')] }) };
  const honest: Forgery = { credential, sender: centre.record, signer: centre, entries: [entry] };
  const stage: Stage = {
    ground,
    entry,
    make: (change) => forge(ground, { ...honest, ...change }),
    resign: (sigma, at) => resigned(ground, credential, sigma, at),
  };
  const files: Json[] = [];
  for (const each of cases(cast, stage)) files.push(await written(cast, receiver, bind, each));
  return toJson({
    receiver: { f: receiver.record.f, q: receiver.q.reveal() },
    sender: encodeRecord(centre.record),
    bind,
    cases: files,
  });
}

function cases(cast: Cast, { ground, entry, make, resign }: Stage): Case[] {
  const { centre, gateway, vehicles } = cast;
  const good = make({});
  const { header } = decodeSigma(good);
  const clock = header.notAfter;
  const inEntry = (change: Partial<ForgedEntry>): Uint8Array => make({ entries: [{ ...entry, ...change }] });
  const noProof = (): SenderProof => ({
    f: centre.record.f,
    signature: new Uint8Array(64),
  });
  return [
    { name: 'opens', step: 0, sigma: good },
    { name: 'wrong entry key', step: 2, sigma: good, key: new Uint8Array(32) },
    { name: 'ciphertext changed, signed again', step: 2, sigma: resign(good, 223 + 40) },
    { name: 'another f inside', step: 2, sigma: inEntry({ f: vehicles[1].record.f }) },
    { name: 'padding not zero', step: 2, sigma: inEntry({ filler: 1 }) },
    { name: 'length beyond the entry', step: 2, sigma: inEntry({ length: 1000 }) },
    { name: 'another K_S inside', step: 4, sigma: inEntry({ K_S: new Uint8Array(32) }) },
    { name: 'C_S changed, signed again', step: 4, sigma: resign(good, good.length - 160) },
    { name: 'sender unknown', step: 5, sigma: good, standing: 'unknown' },
    { name: 'sender revoked', step: 5, sigma: good, standing: 'revoked' },
    { name: 'sender’s record does not count', step: 5, sigma: good, standing: 'does not count' },
    { name: 'sender’s role may not command this receiver', step: 5, sigma: good, role: Role.CSC },
    { name: 'com names another sender', step: 6, sigma: make({ sender: gateway.record }) },
    { name: 'σ_in is empty', step: 7, sigma: make({ proof: noProof }) },
    {
      name: 'σ_in made by another holder',
      step: 7,
      sigma: make({ proof: (tau): SenderProof => ({ ...innerProof(ground, gateway, tau), f: centre.record.f }) }),
    },
    { name: 'expired on the own clock', step: 8, sigma: good, now: clock },
    { name: 'm is no list of messages', step: 9, sigma: inEntry({ message: new Uint8Array(5) }) },
  ];
}

/** One byte changed and the whole signed again with the credential's y. */
function resigned(ground: Ground, credential: Credential, sigma: Uint8Array, at: number): Uint8Array {
  const changed = Uint8Array.from(sigma);
  changed[at] = (changed[at] as number) ^ 1;
  const { header, body, sealedSender } = decodeSigma(changed);
  return signOuter(ground, credential, header, body, sealedSender);
}

async function written(cast: Cast, receiver: HolderKey, bind: Uint8Array, each: Case): Promise<Json> {
  const { env, params, limits, centre } = cast;
  const { name, step, sigma, standing = 'counts', role = Role.EV, now = env.now() } = each;
  const verified = verifySigma(env.primitives, params, sigma);
  const { locator, key } = agree(env.primitives, receiver, verified.sigma.headerBytes, verified.header.ephemeral, bind);
  const entryKey = { locator, key: each.key ?? key };
  const found: ReplicaRecord = { keys: centre, counts: standing !== 'does not count', revoked: standing === 'revoked' };
  const stopped = await stepOf(
    unsigncrypt(
      { ...env, now: () => now },
      {
        params,
        limits,
        verified,
        receiver: { f: receiver.record.f, role },
        entryKey,
        findSender: () => (standing === 'unknown' ? undefined : found),
      },
    ),
  );
  if (stopped !== step) throw new RangeError(`the vector “${name}” stops at step ${stopped}, not at ${step}`);
  return toJson({
    name,
    sigma,
    locator,
    key: entryKey.key,
    receiverRole: role,
    senderRecord: standing,
    now,
    step,
    code: step === 0 ? null : 'E_OPEN',
  });
}

/** The step the refusal's cause names; 0 if it opened. */
async function stepOf(opening: Promise<unknown>): Promise<number> {
  try {
    if ((await opening) === null) throw new RangeError('the vector’s receiver finds no entry');
    return 0;
  } catch (error) {
    if (!(error instanceof SigncryptionError) || error.code !== 'E_OPEN') throw error;
    const { cause } = error;
    if (!(cause instanceof SigncryptionError)) throw error;
    return cause.code === 'E_MESSAGES' ? 9 : Number(/^step (\d):/.exec(cause.message)?.[1]);
  }
}
