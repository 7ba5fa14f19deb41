/** Everybody the vectors speak of, with every value of their enrolment. */
import { clampedEquivalent } from '../clamping';
import { u8 } from '../bytes';
import { type DurableSet, type Env } from '../env';
import { hash } from '../hash';
import { beginEnrolment, finishEnrolment, type HolderKey } from '../holder';
import { issuePartialKey, type KgcKeys, setupKgc } from '../kgc';
import { createLimits, encodeLimits, type Limits } from '../limits';
import { createParams, encodeParams, type Params } from '../params';
import { type Primitives } from '../primitives/types';
import { aggregationCoefficient, encodeRecord, partialPublicKey, shareCoefficient } from '../record';
import { Role, roleName } from '../roles';
import { Secret } from '../secret';
import { generateKeyPair, type KeyPair } from '../statements';
import { type Json, type RecordingEnv, recordingEnv, toJson } from './recorder';

export const EPOCH = 3;

export interface Cast {
  readonly env: RecordingEnv;
  readonly params: Params;
  readonly limits: Limits;
  readonly kgc: KgcKeys;
  readonly organisations: Readonly<Record<'gateway' | 'provider', KeyPair>>;
  readonly centre: HolderKey;
  readonly gateway: HolderKey;
  readonly pile: HolderKey;
  readonly vehicles: readonly [HolderKey, HolderKey];
  /** keys.json. */
  readonly keysFile: Json;
}

export const everNew = (): DurableSet => ({ add: () => true });

export async function createCast(primitives: Primitives): Promise<Cast> {
  const env = recordingEnv(primitives, 'keys');
  const kgc = setupKgc(env);
  const organisations = { gateway: generateKeyPair(env), provider: generateKeyPair(env) };
  const params = createParams(primitives, {
    masterPublicKey: kgc.masterPublicKey,
    networkId: 'vectors',
    certchain: 'certchain',
    datachain: 'datachain',
    organisations: [
      { mspId: 'GatewayMSP', role: Role.CSS, publicKey: organisations.gateway.publicKey },
      { mspId: 'ProviderMSP', role: Role.ESP, publicKey: organisations.provider.publicKey },
    ],
  });
  const limits = createLimits({
    version: 1,
    maxTtl: 7200,
    entryCounts: [1, 2, 4, 8],
    entryLengths: [164, 228],
    maxSigmaBytes: 65_536,
    allowed: [Role.EV, Role.CP, Role.CSS].map((receiver) => ({
      sender: Role.CSC,
      senderClass: Role.CSC,
      receiver,
    })),
  });
  const cast: [string, Role][] = [
    ['centre', Role.CSC],
    ['gateway', Role.CSS],
    ['pile', Role.CP],
    ['vehicle-1', Role.EV],
    ['vehicle-2', Role.EV],
  ];
  const enrolled: { holder: HolderKey; values: Json }[] = [];
  for (const [realId, role] of cast) enrolled.push(await enrol(env, params, kgc, realId, role));
  const [centre, gateway, pile, first, second] = enrolled.map(({ holder }) => holder) as [
    HolderKey,
    HolderKey,
    HolderKey,
    HolderKey,
    HolderKey,
  ];
  const keysFile = toJson({
    params: encodeParams(params),
    limits: encodeLimits(limits),
    kgc: {
      s: kgc.masterSecret.reveal(),
      k_f: kgc.pseudonymSecret.reveal(),
      k_r: kgc.nonceSecret.reveal(),
      P: kgc.masterPublicKey,
    },
    organisations: Object.entries(organisations).map(([name, pair]) => ({
      name,
      secret: pair.secret.reveal(),
      publicKey: pair.publicKey,
    })),
    holders: enrolled.map(({ values }) => values),
  });
  return { env, params, limits, kgc, organisations, centre, gateway, pile, vehicles: [first, second], keysFile };
}

async function enrol(
  env: RecordingEnv,
  params: Params,
  kgc: KgcKeys,
  realId: string,
  role: Role,
): Promise<{ holder: HolderKey; values: Json }> {
  const { primitives } = env;
  const seed = new Secret(hash(primitives, 'vector-device-seed', u8(role)).slice(0, 32));
  env.drawn();
  const pending = beginEnrolment(env, params, { realId, role, epoch: EPOCH }, seed);
  const x = Uint8Array.from(pending.x.reveal());
  const [xRandom, popRandom] = env.drawn();
  const answer = await issuePartialKey(env, params, kgc, pending.request, 0, everNew());
  const [rRandom] = env.drawn();
  const holder = finishEnrolment(env, params, pending, answer);
  const [recRandom] = env.drawn();
  const { record, Q, u, q } = holder;
  const D = partialPublicKey(primitives, params, record);
  const values = {
    realId,
    role: roleName(role),
    roleCode: role,
    epoch: EPOCH,
    counter: 0,
    deviceSeed: seed.reveal(),
    random: { x: xRandom, pop: popRandom, r: rRandom, rec: recRandom },
    x,
    X: record.X,
    pop: pending.request.pop,
    f: record.f,
    R: record.R,
    h: shareCoefficient(primitives, params, record),
    d: answer.d.reveal(),
    D,
    b: aggregationCoefficient(primitives, params, record, D),
    q: q.reveal(),
    qClamped: clampedEquivalent(q.reveal()),
    Q,
    u,
    rec: record.rec,
    record: encodeRecord(record),
    recordDigest: hash(primitives, 'rec', encodeRecord(record)),
  };
  return { holder, values: toJson(values) };
}

/** z, which the library never shows. */
export function sharedValue(env: Env, holder: HolderKey, ephemeral: Uint8Array): Uint8Array {
  const z = new Uint8Array(32);
  env.primitives.x25519(z, clampedEquivalent(holder.q.reveal()), ephemeral);
  return z;
}
