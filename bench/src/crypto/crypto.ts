/** `bench crypto`: what the scheme costs, as multiples of the bare operations of the same machine and run. */
import {
  lendEntryKey,
  nodePrimitives,
  ready,
  Role,
  type Unsigncrypted,
  unsigncrypt,
  type VerifiedSigma,
  verifyRecord,
  verifySigma,
} from '@chargecast/signcryption';
import { type Env } from '@chargecast/signcryption/env';
import { nativePrimitives } from '@chargecast/signcryption/primitives/native';
import { portablePrimitives } from '@chargecast/signcryption/primitives/portable';
import { verifySigma as verifySigmaWith } from '@chargecast/signcryption/verify';
import { LocatorIndex } from '@chargecast/signcryption/locate';
import { randomBytes } from 'node:crypto';
import { agreementCases, encryptionCases, verificationCases } from './baselines';
import { createFixture, type Fixture, SESSION_ID } from './fixture';
import { type Case, Measurements, type Timing } from './measure';

export interface CryptoResults {
  readonly denominators: {
    readonly x25519: { readonly library: string; readonly microseconds: Timing };
    readonly ed25519Verify: { readonly library: string; readonly microseconds: Timing };
  };
  /** n = 1,000, 128-byte messages. */
  readonly signcryptPerReceiver: {
    readonly ratioToX25519: number;
    readonly spread: Timing;
    readonly microseconds: number;
  };
  /** Whole σ by receivers, in X25519. */
  readonly signcryptWhole: Readonly<Record<string, { readonly ratioToX25519: number; readonly microseconds: number }>>;
  /** σ of 100 receivers: the verdict. */
  readonly verify: { readonly ratioToEd25519: number; readonly spread: Timing; readonly microseconds: number };
  /** The verdict and σ's id, which hashes σ once more. */
  readonly verifyWithId: { readonly ratioToEd25519: number; readonly microseconds: number };
  /** Verdict and id with node:crypto alone, as in the chaincode. */
  readonly verifyNodeCrypto: { readonly ratioToEd25519: number; readonly microseconds: number };
  /** The field of a known locator, over the same 1,000 locators: in one σ of 1,000, or in 100 σ of 10. */
  readonly locate: {
    readonly ratio1000To10: number;
    readonly spread: Timing;
    readonly nanoseconds10: number;
    readonly nanoseconds1000: number;
    /** Building the table of a σ of 1,000, once per σ. */
    readonly indexMicroseconds1000: number;
  };
  readonly entryKey: { readonly ratioToX25519: number; readonly microseconds: number };
  readonly open: { readonly ratioToEd25519: number; readonly microseconds: number };
  readonly recordToKeys: { readonly ratioToEd25519: number; readonly microseconds: number };
  /** Per receiver, in X25519: confidentiality alone. */
  readonly others: Readonly<Record<string, { readonly ratioToX25519: number; readonly microseconds: number }>>;
  readonly nobleToNative: Readonly<Record<string, number>>;
}

/** Over the list of locators, in one timed block. */
const PASSES = 50;

const env: Env = {
  primitives: nativePrimitives,
  random: (length) => Uint8Array.from(randomBytes(length)),
  now: () => Math.floor(Date.now() / 1000),
};
const portableEnv: Env = { ...env, primitives: portablePrimitives };

export async function benchCrypto(): Promise<CryptoResults> {
  await ready();
  const fixture = await createFixture(1000);
  const core = await Measurements.run(await coreCases(fixture), 31);
  const small = await Measurements.run(await smallCases(fixture), 61);
  const locate = await Measurements.run(await locateCases(fixture), 101, 10);
  const compared = await Measurements.run(await comparedCases(fixture), 11);
  return summarise(core, small, locate, compared);
}

/** Blocks of about equal length: 1,000 agreements against one σ for 1,000. */
async function coreCases(fixture: Fixture): Promise<Case[]> {
  const block = async (): Promise<void> => void (await fixture.seal(env, 1000));
  return [...agreementCases(1000), { name: 'signcrypt 1000', operations: 1, block }];
}

async function smallCases(fixture: Fixture): Promise<Case[]> {
  const { params } = fixture;
  const sigma = await fixture.seal(env, 100);
  const repeated = (name: string, operations: number, operation: () => unknown): Case => ({
    name,
    operations,
    block: () => {
      for (let i = 0; i < operations; i++) operation();
    },
  });
  const whole = [1, 10, 100].map((n): Case => {
    const operations = n === 100 ? 1 : 5;
    const block = async (): Promise<void> => {
      for (let i = 0; i < operations; i++) await fixture.seal(env, n);
    };
    return { name: `signcrypt ${n}`, operations, block };
  });
  const vehicle = fixture.vehicles[0] as Fixture['centre'];
  return [
    ...agreementCases(100),
    ...verificationCases(100),
    repeated('verify', 30, () => verifySigma(params, sigma)),
    repeated('verify with id', 30, () => verifySigma(params, sigma).id),
    repeated('verify node', 30, () => verifySigmaWith(nodePrimitives, params, sigma).id),
    repeated('record', 10, () => verifyRecord(params, vehicle.record)),
    ...openingCases(fixture, sigma),
    ...whole,
  ];
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
    {
      name: 'entry key',
      operations: 50,
      block: () => {
        for (let i = 0; i < 50; i++) lend();
      },
    },
    {
      name: 'open',
      operations: 50,
      block: async () => {
        for (let i = 0; i < 50; i++) await open();
      },
    },
  ];
}

async function locateCases(fixture: Fixture): Promise<Case[]> {
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
    {
      name: 'index 1000',
      operations: 100,
      block: () => {
        for (let i = 0; i < 100; i++) new LocatorIndex(large.sigma);
      },
    },
  ];
}

async function comparedCases(fixture: Fixture): Promise<Case[]> {
  const clamped = new Uint8Array(32).fill(64);
  const base = Uint8Array.of(9, ...new Uint8Array(31));
  const shared = new Uint8Array(32);
  return [
    ...agreementCases(50),
    ...(await encryptionCases(50)),
    {
      name: 'noble x25519',
      operations: 5,
      block: () => {
        for (let i = 0; i < 5; i++) portablePrimitives.x25519(shared, clamped, base);
      },
    },
    { name: 'noble signcrypt 10', operations: 1, block: async () => void (await fixture.seal(portableEnv, 10)) },
    { name: 'native signcrypt 10', operations: 1, block: async () => void (await fixture.seal(env, 10)) },
  ];
}

function summarise(
  core: Measurements,
  small: Measurements,
  locate: Measurements,
  compared: Measurements,
): CryptoResults {
  const fasterX = (m: Measurements): string => m.faster('x25519 libsodium', 'x25519 openssl');
  const fasterV = small.faster('ed25519 verify libsodium', 'ed25519 verify openssl');
  const inX = (m: Measurements, name: string): { ratioToX25519: number; microseconds: number } => ({
    ratioToX25519: m.ratio(name, fasterX(m)).median,
    microseconds: m.timing(name).median,
  });
  const inV = (name: string): { ratioToEd25519: number; microseconds: number } => ({
    ratioToEd25519: small.ratio(name, fasterV).median,
    microseconds: small.timing(name).median,
  });
  const perReceiver = core.ratio('signcrypt 1000', fasterX(core), 1000);
  const located = locate.ratio('locate 1000', 'locate 10');
  const others = ['sealed box', 'HPKE-shaped node:crypto', '@hpke/core'];
  return {
    denominators: {
      x25519: { library: fasterX(core), microseconds: core.timing(fasterX(core)) },
      ed25519Verify: { library: fasterV, microseconds: small.timing(fasterV) },
    },
    signcryptPerReceiver: {
      ratioToX25519: perReceiver.median,
      spread: perReceiver,
      microseconds: core.timing('signcrypt 1000').median / 1000,
    },
    signcryptWhole: {
      ...Object.fromEntries([1, 10, 100].map((n) => [n, inX(small, `signcrypt ${n}`)])),
      1000: inX(core, 'signcrypt 1000'),
    },
    verify: { ...inV('verify'), spread: small.ratio('verify', fasterV) },
    verifyWithId: inV('verify with id'),
    verifyNodeCrypto: inV('verify node'),
    locate: {
      ratio1000To10: located.median,
      spread: located,
      nanoseconds10: 1000 * locate.timing('locate 10').median,
      nanoseconds1000: 1000 * locate.timing('locate 1000').median,
      indexMicroseconds1000: locate.timing('index 1000').median,
    },
    entryKey: inX(small, 'entry key'),
    open: inV('open'),
    recordToKeys: inV('record'),
    others: Object.fromEntries(others.map((name) => [name, inX(compared, name)])),
    nobleToNative: {
      x25519: compared.ratio('noble x25519', fasterX(compared)).median,
      signcrypt10: compared.ratio('noble signcrypt 10', 'native signcrypt 10').median,
    },
  };
}
