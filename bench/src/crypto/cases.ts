/** What `bench crypto` times, grouped by what is compared with what. */
import {
  ENTRY_OVERHEAD,
  lendEntryKey,
  nodePrimitives,
  Role,
  type Unsigncrypted,
  unsigncrypt,
  type VerifiedSigma,
  verifyRecord,
  verifySigma,
} from '@chargecast/signcryption';
import { frame } from '@chargecast/signcryption/bytes';
import { type Env } from '@chargecast/signcryption/env';
import { LocatorIndex } from '@chargecast/signcryption/locate';
import { nativePrimitives, systemRandom } from '@chargecast/signcryption/primitives/native';
import { portablePrimitives } from '@chargecast/signcryption/primitives/portable';
import { verifyRecord as verifyRecordWith } from '@chargecast/signcryption/record';
import { verifySigma as verifySigmaWith } from '@chargecast/signcryption/verify';
import { randomBytes } from 'node:crypto';
import { agreementCases, encryptionCases, shapedHpkeCases, signedHpkeCase, verificationCases } from './baselines';
import { type Fixture, MAX_RECEIVERS, MESSAGE_BYTES, SESSION_ID } from './fixture';
import { type Case } from './measure';

export const RECEIVERS = [1, 10, 100, 1000, 10_000] as const;
export const VERIFIED_RECEIVERS = [1, 10, 100, 1000] as const;

export const PRIMITIVES = 'agreement, KDF and AEAD';
const LOCATOR_BYTES = 32;
const TAG_BYTES = 16;

/** Over the list of locators, in one timed block. */
const PASSES = 50;

export const env: Env = {
  primitives: nativePrimitives,
  random: systemRandom,
  now: () => Math.floor(Date.now() / 1000),
};
const portableEnv: Env = { ...env, primitives: portablePrimitives };

/** Blocks of about equal length: 1,000 agreements, one σ for 1,000. */
export function coreCases(fixture: Fixture): Case[] {
  return [...agreementCases(1000), sealing(fixture, 1000, 1), primitivesCase(1000)];
}

/**
 * One σ for 1,000, and 300 or 400 messages by standard means. These leave key objects by the hundred, which outlive a
 * collection of the young and are paid for by whatever runs later: nothing else is measured beside them.
 */
export function standardCases(fixture: Fixture): Case[] {
  return [sealing(fixture, 1000, 1), primitivesCase(1000), signedHpkeCase(400), ...shapedHpkeCases(300)];
}

/** What no way of writing signcrypt can do without: an entry's agreement, KDF and AEAD, on operands of its sizes. */
function primitivesCase(operations: number): Case {
  const { x25519, keyedBlake2b, aeadSeal } = nativePrimitives;
  const bytes = (length: number): Uint8Array => Uint8Array.from(randomBytes(length));
  const [scalar, u, z, derived] = [bytes(32), bytes(32), bytes(32), bytes(64)];
  const key = derived.subarray(32);
  const preimage = frame('entry', [bytes(64), bytes(16), bytes(32), bytes(64)]);
  const plaintext = bytes(ENTRY_OVERHEAD + MESSAGE_BYTES - LOCATOR_BYTES - TAG_BYTES);
  const sealed = bytes(plaintext.length + TAG_BYTES);
  const associatedData = bytes(64 + LOCATOR_BYTES);
  const block = (): void => {
    for (let i = 0; i < operations; i++) {
      x25519(z, scalar, u);
      keyedBlake2b(derived, z, preimage);
      aeadSeal(sealed, key, associatedData, plaintext);
    }
  };
  return { name: PRIMITIVES, operations, block };
}

/** One σ, or as many as the limits demand, for each size. */
export function growthCases(fixture: Fixture): Case[] {
  const repetitions: Readonly<Record<number, number>> = { 1: 30, 10: 10, 100: 3 };
  return [...agreementCases(1000), ...RECEIVERS.map((n) => sealing(fixture, n, repetitions[n] ?? 1))];
}

function sealing(fixture: Fixture, n: number, operations: number): Case {
  const block = async (): Promise<void> => {
    for (let i = 0; i < operations; i++) {
      for (let first = 0; first < n; first += MAX_RECEIVERS) {
        await fixture.seal(env, Math.min(n, MAX_RECEIVERS), first);
      }
    }
  };
  return { name: `signcrypt ${n}`, operations, block };
}

/** What is verified and opened, natively and as the chaincode does it. */
export async function checkingCases(fixture: Fixture): Promise<Case[]> {
  const { params } = fixture;
  const sigma = await fixture.seal(env, 100);
  const vehicle = fixture.vehicles[0] as Fixture['centre'];
  const bySize: Case[] = [];
  for (const n of VERIFIED_RECEIVERS) {
    const sized = await fixture.seal(env, n);
    const operations = n > 100 ? 5 : 20;
    bySize.push(
      repeated(`verify ${n}`, operations, () => verifySigma(params, sized).id),
      repeated(`chaincode ${n}`, operations, () => verifySigmaWith(nodePrimitives, params, sized).id),
    );
  }
  return [
    ...agreementCases(100),
    ...verificationCases(100),
    repeated('verify', 30, () => verifySigma(params, sigma)),
    ...bySize,
    repeated('record', 10, () => verifyRecord(params, vehicle.record)),
    repeated('record chaincode', 5, () => verifyRecordWith(nodePrimitives, params, vehicle.record)),
    repeated('record portable', 1, () => verifyRecordWith(portablePrimitives, params, vehicle.record)),
    ...openingCases(fixture, sigma),
  ];
}

function repeated(name: string, operations: number, operation: () => unknown): Case {
  return {
    name,
    operations,
    block: () => {
      for (let i = 0; i < operations; i++) operation();
    },
  };
}

function openingCases(fixture: Fixture, sigma: Uint8Array): Case[] {
  const { params, limits, centre, pile } = fixture;
  const verified = verifySigma(params, sigma);
  const vehicle = fixture.vehicles[0] as Fixture['centre'];
  const session = { pile: pile.record.f, sessionId: SESSION_ID, open: true, answered: 0, maxAnswers: 1 };
  const lend = (): ReturnType<typeof lendEntryKey> =>
    lendEntryKey(params, limits, vehicle, session, verified.sigma.headerBytes);
  const entryKey = lend();
  const receiver = { f: vehicle.record.f, role: Role.EV };
  const findSender = (): { keys: typeof centre; counts: true; revoked: false } => ({
    keys: centre,
    counts: true,
    revoked: false,
  });
  const open = (): Promise<Unsigncrypted | null> =>
    unsigncrypt({ params, limits, verified, receiver, entryKey, findSender });
  return [
    repeated('entry key', 50, lend),
    {
      name: 'open',
      operations: 50,
      block: async () => {
        for (let i = 0; i < 50; i++) await open();
      },
    },
  ];
}

export async function locateCases(fixture: Fixture): Promise<Case[]> {
  const { params } = fixture;
  const verified = async (n: number): Promise<VerifiedSigma> => verifySigma(params, await fixture.seal(env, n));
  const large = await verified(1000);
  const small: VerifiedSigma[] = [];
  for (let i = 0; i < 100; i++) small.push(await verified(10));
  const wanted = (sigmas: readonly VerifiedSigma[]): { sigma: VerifiedSigma; locator: Uint8Array }[] =>
    sigmas
      .flatMap((each) => {
        const { body, header } = each.sigma;
        const at = (i: number): Uint8Array => body.slice(i * header.entryLength, i * header.entryLength + 32);
        return Array.from({ length: header.entryCount }, (_, i) => ({ sigma: each, locator: at(i) }));
      })
      // By locator: random with respect to σ and place, the same for both cases.
      .sort((a, b) => (a.locator[31] as number) - (b.locator[31] as number));
  const lookUp = (name: string, list: ReturnType<typeof wanted>): Case => ({
    name,
    operations: PASSES * list.length,
    block: () => {
      let found = 0;
      for (let pass = 0; pass < PASSES; pass++) {
        for (const { sigma, locator } of list) if (sigma.locate(locator) !== undefined) found++;
      }
      if (found !== PASSES * list.length) throw new Error('a locator was not found');
    },
  });
  return [
    lookUp('locate 10', wanted(small)),
    lookUp('locate 1000', wanted([large])),
    repeated('index 1000', 100, () => new LocatorIndex(large.sigma)),
  ];
}

export async function comparedCases(fixture: Fixture): Promise<Case[]> {
  const clamped = new Uint8Array(32).fill(64);
  const base = Uint8Array.of(9, ...new Uint8Array(31));
  const shared = new Uint8Array(32);
  return [
    ...agreementCases(50),
    ...(await encryptionCases(50)),
    signedHpkeCase(50),
    repeated('noble x25519', 5, () => portablePrimitives.x25519(shared, clamped, base)),
    { name: 'noble signcrypt 10', operations: 1, block: async () => void (await fixture.seal(portableEnv, 10)) },
    { name: 'native signcrypt 10', operations: 1, block: async () => void (await fixture.seal(env, 10)) },
  ];
}
