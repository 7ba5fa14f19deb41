/** A centre, vehicles at one pile, and as many credentials as the run needs. */
import {
  acceptCredentials,
  beginEnrolment,
  createLimits,
  createParams,
  type Credential,
  type DurableSet,
  encodeMessages,
  finishEnrolment,
  type HolderKey,
  issueCredentials,
  issuePartialKey,
  type KgcKeys,
  type Limits,
  type Params,
  prepareCredentials,
  type Receiver,
  Role,
  Secret,
  sessionBinding,
  setupKgc,
  type Signcrypted,
  toHex,
} from '@chargecast/signcryption';
import { type Env } from '@chargecast/signcryption/env';
import { signcrypt } from '@chargecast/signcryption/signcrypt';

export const EPOCH = 1;
export const MESSAGE_BYTES = 128;
export const SESSION_ID = Uint8Array.of(1);
/** The largest σ the limits allow; a longer list is split, as a centre does. */
export const MAX_RECEIVERS = 1000;
/** One a σ; as many as all rounds of all cases of `bench crypto` seal. */
const CREDENTIALS = 1000;

export class MemorySet implements DurableSet {
  readonly #keys = new Set<string>();

  add(key: Uint8Array): boolean {
    const text = toHex(key);
    if (this.#keys.has(text)) return false;
    this.#keys.add(text);
    return true;
  }
}

export interface Fixture {
  readonly params: Params;
  readonly limits: Limits;
  readonly centre: HolderKey;
  readonly pile: HolderKey;
  readonly vehicles: readonly HolderKey[];
  /** Seals one 128-byte message to each of n vehicles, from the one at `first` on, with a fresh credential. */
  readonly seal: (env: Env, n: number, first?: number) => Promise<Uint8Array>;
  /** Seals what is given, with a fresh credential. */
  readonly sealTo: (env: Env, receivers: readonly Receiver[], ttlSeconds: number) => Promise<Signcrypted>;
}

/** @param credentials how many σ's can be sealed */
export async function createFixture(vehicleCount: number, credentials = CREDENTIALS): Promise<Fixture> {
  const kgc = setupKgc();
  const { masterPublicKey } = kgc;
  const params = createParams({
    masterPublicKey,
    networkId: 'bench',
    certchain: 'certchain',
    datachain: 'datachain',
    organisations: [],
  });
  const limits = createLimits({
    version: 1,
    maxTtl: 7200,
    entryCounts: [1, 10, 100, MAX_RECEIVERS],
    entryLengths: [100 + MESSAGE_BYTES],
    maxSigmaBytes: 1_048_576,
    allowed: [{ sender: Role.CSC, senderClass: Role.CSC, receiver: Role.EV }],
  });
  const enrol = enroller(params, kgc);
  const centre = await enrol('centre', Role.CSC);
  const pile = await enrol('pile', Role.CP);
  const vehicles: HolderKey[] = [];
  for (let i = 0; i < vehicleCount; i++) vehicles.push(await enrol(`vehicle ${i}`, Role.EV));
  const bind = sessionBinding(pile.record.f, SESSION_ID);
  const commandId = new Uint8Array(16);
  const message = encodeMessages({ commandId, messages: [new Uint8Array(MESSAGE_BYTES - 24)] });
  const receivers: Receiver[] = vehicles.map((keys) => ({ keys, bind, message }));
  const nextCredential = credentialSource(params, kgc, centre);
  const hedge = new Secret(new Uint8Array(32).fill(1));
  const spent = new MemorySet();
  const common = { params, limits, sender: centre, hedge, spent };
  const sealTo: Fixture['sealTo'] = (env, addressed, ttl) =>
    signcrypt(env, { ...common, credential: nextCredential(), receivers: addressed, ttl });
  const seal = async (env: Env, n: number, first = 0): Promise<Uint8Array> =>
    (await sealTo(env, receivers.slice(first, first + n), 1800)).sigma;
  await nextCredential.refill(credentials);
  return { params, limits, centre, pile, vehicles, seal, sealTo };
}

function enroller(params: Params, kgc: KgcKeys): (realId: string, role: Role) => Promise<HolderKey> {
  const issued = new MemorySet();
  const seed = new Secret(new Uint8Array(32).fill(2));
  return async (realId, role) => {
    const pending = beginEnrolment(params, { realId, role, epoch: EPOCH }, seed);
    return finishEnrolment(params, pending, await issuePartialKey(params, kgc, pending.request, 0, issued));
  };
}

interface CredentialSource {
  (): Credential;
  refill(count: number): Promise<void>;
}

function credentialSource(params: Params, kgc: KgcKeys, centre: HolderKey): CredentialSource {
  const pool: Credential[] = [];
  let counter = 0;
  const take = (): Credential => {
    const credential = pool.pop();
    if (!credential) throw new RangeError('the fixture holds too few credentials');
    return credential;
  };
  const refill = async (count: number): Promise<void> => {
    const pending = prepareCredentials(params, centre, { senderClass: Role.CSC, count, firstCounter: counter });
    counter += count;
    const certificates = await issueCredentials(params, kgc, centre, pending.request, new MemorySet());
    pool.push(...acceptCredentials(params, pending, certificates));
  };
  return Object.assign(take, { refill });
}
