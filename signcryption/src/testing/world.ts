/** A small consortium for tests: deterministic randomness, a clock to set, every party enrolled. */
import { createHash } from 'node:crypto';
import { concat, u32, utf8 } from '../bytes';
import {
  acceptCredentials,
  type Credential,
  type CredentialRequest,
  issueCredentials,
  prepareCredentials,
} from '../credential';
import { type DurableSet, type Env } from '../env';
import { beginEnrolment, finishEnrolment, type HolderKey } from '../holder';
import { issuePartialKey, type KgcKeys, setupKgc } from '../kgc';
import { createLimits, type Limits } from '../limits';
import { encodeMessages } from '../messages';
import { createParams, type Params } from '../params';
import { nativePrimitives } from '../primitives/native';
import { type Primitives } from '../primitives/types';
import { type RecordKeys } from '../record';
import { Role } from '../roles';
import { Secret } from '../secret';
import { type Receiver } from '../receivers';
import { signcrypt, type Signcrypted } from '../signcrypt';
import { generateKeyPair, type KeyPair } from '../statements';
import { type ReplicaRecord } from '../unsigncrypt';

/** 2026-01-01T00:00:00Z, a multiple of 900. */
export const NOW = 1_767_225_600;
export const EPOCH = 7;

/** SHA-512 in counter mode: repeatable, never twice the same. */
export function seededRandom(seed: string): (length: number) => Uint8Array {
  let counter = 0;
  return (length) => {
    const blocks: Uint8Array[] = [];
    for (let have = 0; have < length; have += 64) {
      blocks.push(createHash('sha512').update(`${seed} ${counter++}`).digest());
    }
    return concat(...blocks).slice(0, length);
  };
}

export class MemorySet implements DurableSet {
  readonly #keys = new Set<string>();

  add(key: Uint8Array): boolean {
    const text = Buffer.from(key).toString('hex');
    const fresh = !this.#keys.has(text);
    this.#keys.add(text);
    return fresh;
  }
}

export interface TestEnv extends Env {
  primitives: Primitives;
  random: Env['random'];
  time: number;
}

export function testEnv(seed: string, primitives: Primitives = nativePrimitives): TestEnv {
  const env = { primitives, random: seededRandom(seed), time: NOW, now: (): number => env.time };
  return env;
}

const ORGANISATIONS = [
  ['CSS1MSP', Role.CSS],
  ['CSS2MSP', Role.CSS],
  ['CSS3MSP', Role.CSS],
  ['CSS4MSP', Role.CSS],
  ['ESP1MSP', Role.ESP],
  ['KGCMSP', Role.KGC],
] as const;

export const TEST_LIMITS: Limits = createLimits({
  version: 1,
  maxTtl: 7200,
  entryCounts: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024],
  entryLengths: [164, 228, 356, 612, 1124],
  maxSigmaBytes: 1_048_576,
  allowed: [
    { sender: Role.CSC, senderClass: Role.CSC, receiver: Role.EV },
    { sender: Role.CSC, senderClass: Role.CSC, receiver: Role.CP },
    { sender: Role.CSC, senderClass: Role.CSC, receiver: Role.CSS },
    { sender: Role.CSS, senderClass: Role.CSS, receiver: Role.CP },
    { sender: Role.EV, senderClass: Role.EV, receiver: Role.CSC },
  ],
});

export class World {
  readonly env: TestEnv;
  readonly kgc: KgcKeys;
  readonly params: Params;
  readonly limits = TEST_LIMITS;
  readonly organisations = new Map<string, KeyPair>();
  readonly issued = new MemorySet();
  readonly certified = new MemorySet();
  readonly spent = new MemorySet();
  readonly replica = new Map<string, ReplicaRecord>();
  #counter = 0;

  constructor(seed = 'world', primitives: Primitives = nativePrimitives, networkId = 'test-network') {
    this.env = testEnv(seed, primitives);
    this.kgc = setupKgc(this.env);
    for (const [mspId] of ORGANISATIONS) this.organisations.set(mspId, generateKeyPair(this.env));
    this.params = createParams(primitives, {
      masterPublicKey: this.kgc.masterPublicKey,
      networkId,
      certchain: 'certchain',
      datachain: 'datachain',
      organisations: ORGANISATIONS.map(([mspId, role]) => ({
        mspId,
        role,
        publicKey: this.organisation(mspId).publicKey,
      })),
    });
  }

  organisation(mspId: string): KeyPair {
    const pair = this.organisations.get(mspId);
    if (!pair) throw new Error(`no organisation ${mspId}`);
    return pair;
  }

  /** Enrols a holder and puts its record into the replica as one that counts. */
  async enrol(realId: string, role: Role, epoch = EPOCH, counter = 0): Promise<HolderKey> {
    const seed = new Secret(this.env.random(32));
    const pending = beginEnrolment(this.env, this.params, { realId, role, epoch }, seed);
    const answer = await issuePartialKey(this.env, this.params, this.kgc, pending.request, counter, this.issued);
    const holder = finishEnrolment(this.env, this.params, pending, answer);
    this.replica.set(hex(holder.record.f), { keys: publicKeys(holder), counts: true, revoked: false });
    return holder;
  }

  async credentials(
    holder: HolderKey,
    count = 1,
    senderClass: number = holder.record.role,
  ): Promise<{ credentials: Credential[]; request: CredentialRequest }> {
    const batch = { senderClass, count, firstCounter: this.#counter };
    this.#counter += count;
    const pending = prepareCredentials(this.env, this.params, holder, batch);
    const keys = publicKeys(holder);
    const certificates = await issueCredentials(this.env, this.params, this.kgc, keys, pending.request, this.certified);
    const credentials = acceptCredentials(this.env, this.params, pending, certificates);
    return { credentials, request: pending.request };
  }

  async credential(holder: HolderKey, senderClass: number = holder.record.role): Promise<Credential> {
    const { credentials } = await this.credentials(holder, 1, senderClass);
    return credentials[0] as Credential;
  }

  async seal(sender: HolderKey, receivers: readonly Receiver[], credential?: Credential): Promise<Signcrypted> {
    return signcrypt(this.env, {
      params: this.params,
      limits: this.limits,
      sender,
      credential: credential ?? (await this.credential(sender)),
      hedge: new Secret(new Uint8Array(32).fill(3)),
      receivers,
      ttl: 1800,
      spent: this.spent,
    });
  }

  readonly findSender = (f: Uint8Array): ReplicaRecord | undefined => this.replica.get(hex(f));
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

export const publicKeys = ({ record, Q, u }: RecordKeys): RecordKeys => ({ record, Q, u });

/** A one-message m whose command id is derived from its text. */
export const message = (text: string): Uint8Array =>
  encodeMessages({
    commandId: Uint8Array.from(createHash('sha256').update(text).digest().subarray(0, 16)),
    messages: [utf8(text)],
  });

export const numbered = (n: number): Uint8Array => concat(u32(n), new Uint8Array(12));
