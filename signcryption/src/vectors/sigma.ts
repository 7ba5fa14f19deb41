/** credentials.json, sigma.json and refusals.json. */
import { agree, headerDigest, sessionBinding } from '../agreement';
import { u32, utf8 } from '../bytes';
import { acceptCredentials, batchLeaf, type Credential, issueCredentials, prepareCredentials } from '../credential';
import { SigncryptionError } from '../errors';
import { hash } from '../hash';
import { type HolderKey } from '../holder';
import { encodeMessages } from '../messages';
import { encodeOpening, openCredential, verifyOpening } from '../opening';
import { createParams } from '../params';
import { decodeRecord, encodeRecord, verifyRecord } from '../record';
import { Role } from '../roles';
import { Secret } from '../secret';
import { type Receiver } from '../receivers';
import { signcrypt } from '../signcrypt';
import { unsigncrypt } from '../unsigncrypt';
import { ensureWithinLimits, verifySigma } from '../verify';
import { decodeSigma } from '../wire';
import { type Cast, EPOCH, everNew, sharedValue } from './cast';
import { type Json, recordingEnv, toJson, VECTOR_TIME } from './recorder';

const COUNT = 3;

export async function credentialVectors(cast: Cast): Promise<{ credentials: Credential[]; file: Json }> {
  const { params, kgc, centre } = cast;
  const { primitives } = cast.env;
  const env = recordingEnv(primitives, 'credentials');
  const batch = { senderClass: Role.CSC, count: COUNT, firstCounter: 40 };
  const pending = prepareCredentials(env, params, centre, batch);
  const holderDraws = env.drawn();
  const certificates = await issueCredentials(env, params, kgc, centre, pending.request, everNew());
  const issuerDraws = env.drawn();
  const credentials = acceptCredentials(env, params, pending, certificates);
  const { statement, leaves } = pending.request;
  const opened = (leaves[1] as (typeof leaves)[0]).oneTimeKey;
  const opening = openCredential(primitives, pending.request, opened);
  verifyOpening(primitives, params, centre, opened, opening);
  const file = toJson({
    holder: centre.record.f,
    epoch: EPOCH,
    senderClass: Role.CSC,
    firstCounter: batch.firstCounter,
    leaves: leaves.map((leaf, j) => ({
      random: { y: holderDraws[3 * j], popY: holderDraws[3 * j + 1], cert: issuerDraws[j] },
      y: (credentials[j] as Credential).y.reveal(),
      Y: leaf.oneTimeKey,
      salt: leaf.salt,
      popY: leaf.popY,
      leaf: batchLeaf(primitives, leaf),
      cert: certificates[j],
    })),
    root: statement.root,
    reqRandom: holderDraws[3 * COUNT],
    req: statement.req,
    opening: { Y: opened, index: opening.index, path: opening.path, encoded: encodeOpening(opening) },
  });
  return { credentials, file };
}

const SESSION_ID = utf8('session-1');

export async function sigmaVectors(cast: Cast, credential: Credential): Promise<{ sigma: Uint8Array; file: Json }> {
  const { params, limits, centre, gateway, pile, vehicles } = cast;
  const { primitives } = cast.env;
  const env = recordingEnv(primitives, 'sigma');
  const bind = sessionBinding(primitives, pile.record.f, SESSION_ID);
  const message = (text: string): Uint8Array =>
    encodeMessages({ commandId: hash(primitives, 'vector-command', utf8(text)).slice(0, 16), messages: [utf8(text)] });
  const receivers: (Receiver & { keys: HolderKey })[] = [
    { keys: vehicles[0], bind, message: message('limit to 11 kW') },
    { keys: vehicles[1], bind, message: message('bill 12.40 EUR') },
    { keys: gateway, message: message('report load') },
  ];
  const hedge = new Secret(hash(primitives, 'vector-hedge').slice(0, 32));
  const common = { params, limits, sender: centre, credential, hedge, receivers, ttl: 1800 };
  const { sigma, id } = await signcrypt(env, { ...common, spent: everNew() });
  const [seedRandom, inRandom, outRandom] = env.drawn();
  const { header, headerBytes, sealedSender, signature, body } = decodeSigma(sigma);
  const verified = verifySigma(primitives, params, sigma);
  const openings = await Promise.all(receivers.map((each) => openingOf(cast, verified, each)));
  const file = toJson({
    now: VECTOR_TIME,
    sender: { record: encodeRecord(centre.record), q: centre.q.reveal() },
    credential: { y: credential.y.reveal(), Y: credential.oneTimeKey, cert: credential.certificate },
    hedge: hedge.reveal(),
    random: { seed: seedRandom, in: inRandom, out: outRandom },
    pile: pile.record.f,
    sessionId: SESSION_ID,
    bind,
    header,
    headerBytes,
    hh: headerDigest(primitives, headerBytes),
    entries: Array.from({ length: header.entryCount }, (_, i) =>
      body.subarray(i * header.entryLength, (i + 1) * header.entryLength),
    ),
    tau: verified.tau,
    sealedSender,
    signature,
    sigma,
    id,
    openings,
  });
  return { sigma, file };
}

async function openingOf(
  cast: Cast,
  verified: ReturnType<typeof verifySigma>,
  { keys, bind, message }: Receiver & { keys: HolderKey },
): Promise<Json> {
  const { env, params, limits, centre } = cast;
  const { header, sigma } = verified;
  const entryKey = agree(env.primitives, keys, sigma.headerBytes, header.ephemeral, bind);
  const opened = await unsigncrypt(env, {
    params,
    limits,
    verified,
    receiver: keys.record,
    entryKey,
    findSender: () => ({ keys: centre, counts: true, revoked: false }),
  });
  if (!opened) throw new SigncryptionError('E_OPEN', 'a vector’s receiver finds no entry');
  return toJson({
    f: keys.record.f,
    q: keys.q.reveal(),
    Q: keys.Q,
    u: keys.u,
    bind: bind ?? '',
    z: sharedValue(env, keys, header.ephemeral),
    locator: entryKey.locator,
    key: entryKey.key,
    index: verified.locate(entryKey.locator) as number,
    m: message,
    commandId: opened.commandId,
    messages: opened.messages,
    sender: opened.sender.f,
    actKeys: opened.actKeys,
  });
}

/** σ and records that must be refused, with the code of the check that refuses them first. */
export function refusalVectors(cast: Cast, sigma: Uint8Array): Json {
  const { params, limits } = cast;
  const { primitives } = cast.env;
  const elsewhere = createParams(primitives, { ...params, datachain: 'elsewhere' });
  const { header } = decodeSigma(sigma);
  const changes: [string, Uint8Array][] = [
    ['cut by one byte', sigma.slice(0, -1)],
    ['one byte longer', Uint8Array.of(...sigma, 0)],
    ['shorter than a header', sigma.slice(0, 100)],
    ['version 2', patched(sigma, 0, 2)],
    ['suite 2', patched(sigma, 1, 2)],
    ['another ctx', patched(sigma, 2, (sigma[2] as number) ^ 1)],
    ['epoch 2^53', patched(sigma, 38, 0, 0, 0, 0, 0, 0, 0x20, 0)],
    ['another epoch', patched(sigma, 38, EPOCH + 1)],
    ['another class', patched(sigma, 46, Role.CSS)],
    ['another notAfter', patched(sigma, 47, (sigma[47] as number) ^ 4)],
    ['U = 0', patched(sigma, 55, ...new Uint8Array(32))],
    ['U = p', patched(sigma, 55, 0xed, ...new Array<number>(30).fill(0xff), 0x7f)],
    ['Y is the identity', patched(sigma, 87, 1, ...new Uint8Array(31))],
    ['Y with y = p + 1', patched(sigma, 87, 0xee, ...new Array<number>(30).fill(0xff), 0x7f)],
    ['cert changed', patched(sigma, 119, (sigma[119] as number) ^ 1)],
    ['com changed', patched(sigma, 183, (sigma[183] as number) ^ 1)],
    ['no entries', patched(sigma, 215, 0)],
    ['entry count above the format’s bound', patched(sigma, 215, ...u32(8193))],
    ['entry length below the overhead', patched(sigma, 219, ...u32(99))],
    ['a locator changed', patched(sigma, 254, (sigma[254] as number) ^ 1)],
    ['first two entries swapped', swapped(sigma, header.entryLength)],
    ['C_S changed', patched(sigma, sigma.length - 160, (sigma[sigma.length - 160] as number) ^ 1)],
    ['σ_out changed', patched(sigma, sigma.length - 1, (sigma[sigma.length - 1] as number) ^ 1)],
  ];
  const verified = verifySigma(primitives, params, sigma);
  const at = (name: string, time: number): object => ({
    name,
    at: time,
    code: codeOf(() => ensureWithinLimits(verified, limits, time)),
  });
  return toJson({
    sigmas: changes.map(([name, bytes]) => ({
      name,
      sigma: bytes,
      code: codeOf(() => verifySigma(primitives, params, bytes)),
    })),
    otherParams: { datachain: 'elsewhere', sigma, code: codeOf(() => verifySigma(primitives, elsewhere, sigma)) },
    times: [at('expired', header.notAfter), at('too long-lived', header.notAfter - limits.maxTtl - 1)],
    records: recordRefusals(cast),
  });
}

function recordRefusals({ env, params, centre }: Cast): object[] {
  const encoded = encodeRecord(centre.record);
  const cases: [string, Uint8Array][] = [
    ['cut by one byte', encoded.slice(0, -1)],
    ['unknown role', patched(encoded, 16, 9)],
    ['another role', patched(encoded, 16, Role.EV)],
    ['another f', patched(encoded, 0, (encoded[0] as number) ^ 1)],
    ['X is the identity', patched(encoded, 25, 1, ...new Uint8Array(31))],
    ['R has order 2', patched(encoded, 57, 0xec, ...new Array<number>(30).fill(0xff), 0x7f)],
    ['rec changed', patched(encoded, 152, (encoded[152] as number) ^ 1)],
  ];
  return cases.map(([name, record]) => ({
    name,
    record,
    code: codeOf(() => verifyRecord(env.primitives, params, decodeRecord(record))),
  }));
}

function patched(bytes: Uint8Array, at: number, ...values: number[]): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy.set(values, at);
  return copy;
}

function swapped(sigma: Uint8Array, entryLength: number): Uint8Array {
  const first = sigma.slice(223, 223 + entryLength);
  const second = sigma.slice(223 + entryLength, 223 + 2 * entryLength);
  return patched(sigma, 223, ...second, ...first);
}

function codeOf(operation: () => unknown): string {
  try {
    operation();
  } catch (error) {
    if (error instanceof SigncryptionError) return error.code;
    throw error;
  }
  throw new RangeError('a vector that must be refused is accepted');
}
