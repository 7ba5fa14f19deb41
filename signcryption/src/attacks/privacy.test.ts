/** Attacks on what σ gives away: receivers, sender, sizes, repetitions, reasons of failure. */
import { headerDigest } from '../agreement';
import { concat, u32 } from '../bytes';
import { lendEntryKey } from '../entrykey';
import { derive } from '../hash';
import { ready } from '../primitives/native';
import { Role } from '../roles';
import { Secret } from '../secret';
import { signcrypt } from '../signcrypt';
import { type SigncryptionError } from '../errors';
import { forge } from '../vectors/forge';
import {
  bindOf,
  forSelf,
  forVehicle,
  open,
  openSession,
  type Scene,
  scene,
  sealFrom,
  verified,
} from '../testing/scene';
import { hex, MemorySet, message, publicKeys } from '../testing/world';
import { unsigncrypt } from '../unsigncrypt';
import { decodeSigma, type Sigma } from '../wire';

let s: Scene;

beforeAll(async () => {
  await ready();
  s = await scene('attacks on privacy');
});

const entriesOf = ({ body, header }: Sigma): Uint8Array[] =>
  Array.from({ length: header.entryCount }, (_, i) => body.slice(i * header.entryLength, (i + 1) * header.entryLength));

/** The windows of 8 bytes two strings share. */
function shared(a: Uint8Array, b: Uint8Array): string[] {
  const windows = (bytes: Uint8Array): string[] =>
    Array.from({ length: Math.max(0, bytes.length - 7) }, (_, i) => hex(bytes.subarray(i, i + 8)));
  const seen = new Set(windows(a));
  return windows(b).filter((window) => seen.has(window));
}

it('attack 01: an insider with every public value and its own secrets cannot test who else receives', async () => {
  const { env } = s.world;
  const { primitives } = env;
  const [insider, member, outsider] = s.evs;
  const sigma = decodeSigma(await sealFrom(s, [forVehicle(s, insider), forVehicle(s, member)]));
  const hh = headerDigest(primitives, sigma.headerBytes);
  const z = new Uint8Array(32);
  primitives.x25519(z, Uint8Array.from(env.random(32)), sigma.header.ephemeral);
  const mine = lendEntryKey(env, s.world.params, s.world.limits, insider, openSession(s), sigma.headerBytes);
  const known = [z, mine.key, mine.locator, sigma.header.ephemeral, sigma.header.commitment, new Uint8Array(32)];
  const locators = entriesOf(sigma).map((entry) => hex(entry.subarray(0, 32)));
  const matches = (candidate: Scene['evs'][0]): number =>
    [...known, candidate.Q, candidate.u, candidate.record.X, candidate.record.R]
      .map((key) => derive(primitives, key, 'entry', [hh, candidate.record.f, candidate.Q, bindOf(s)]))
      .filter((derived) => locators.includes(hex(derived.subarray(0, 32)))).length;
  expect(locators).toContain(hex(mine.locator));
  expect(matches(member)).toBe(0);
  expect(matches(outsider)).toBe(0);
  // No field depends on the list of receivers as a whole: lists that differ in one member leave nothing to evaluate.
  for (const entry of entriesOf(sigma)) {
    for (const ev of s.evs) {
      for (const value of [ev.record.f, ev.Q, ev.u]) expect(hex(entry)).not.toContain(hex(value));
    }
  }
});

it('attack 15: with a dead random source nothing that must differ repeats', async () => {
  const { world } = await scene('attack 15');
  const { env } = world;
  env.random = (length): Uint8Array => new Uint8Array(length);
  const centre = await world.enrol('dead centre', Role.CSC);
  const { credentials } = await world.credentials(centre, 3);
  const seal = async (credential: (typeof credentials)[0], text: string): Promise<Sigma> =>
    decodeSigma((await world.seal(centre, [forVehicle(s, s.evs[0], text)], credential)).sigma);
  const [one, two, three] = credentials as [(typeof credentials)[0], (typeof credentials)[0], (typeof credentials)[0]];
  const sigmas = [await seal(one, 'same'), await seal(two, 'same'), await seal(three, 'other')];
  const distinct = (pick: (sigma: Sigma) => Uint8Array): number => new Set(sigmas.map((each) => hex(pick(each)))).size;
  expect(distinct(({ header }) => header.ephemeral)).toBe(3);
  expect(distinct(({ header }) => header.oneTimeKey)).toBe(3);
  expect(distinct(({ header }) => header.commitment)).toBe(3);
  expect(distinct(({ signature }) => signature.subarray(0, 32))).toBe(3);
  expect(distinct(({ header }) => header.certificate.subarray(0, 32))).toBe(3);
  expect(distinct(({ body }) => body.subarray(0, 32))).toBe(3);
  // One credential that a crash left unmarked: other messages still draw other keys and nonces.
  const again = async (text: string): Promise<Sigma> => {
    const { params, limits } = world;
    const common = { params, limits, sender: centre, credential: one, hedge: new Secret(new Uint8Array(32)), ttl: 900 };
    const input = { ...common, receivers: [forVehicle(s, s.evs[0], text)], spent: new MemorySet() };
    return decodeSigma((await signcrypt(env, input)).sigma);
  };
  const [a, b] = [await again('a'), await again('b')];
  expect(hex(a.header.ephemeral)).not.toBe(hex(b.header.ephemeral));
  expect(hex(a.signature.subarray(0, 32))).not.toBe(hex(b.signature.subarray(0, 32)));
});

it('attack 16: the same sender, receiver and message twice leave no common bytes', async () => {
  const seal = async (): Promise<Sigma> => decodeSigma(await sealFrom(s, [forVehicle(s, s.evs[0], 'same')]));
  const [a, b] = [await seal(), await seal()];
  const varying = ({ header, body, sealedSender, signature }: Sigma): Uint8Array =>
    concat(header.ephemeral, header.oneTimeKey, header.certificate, header.commitment, body, sealedSender, signature);
  expect(shared(varying(a), varying(b))).toEqual([]);
});

it('attack 17: length and count show the buckets only', async () => {
  const size = async (count: number, text: string): Promise<number> =>
    (
      await sealFrom(
        s,
        s.evs.slice(0, count).map((ev) => forVehicle(s, ev, text)),
      )
    ).length;
  expect(await size(1, 'x')).toBe(await size(1, 'x'.repeat(40)));
  const four = await sealFrom(s, [...s.evs.map((ev) => forVehicle(s, ev)), forSelf(s.css)]);
  expect(
    (
      await sealFrom(
        s,
        s.evs.map((ev) => forVehicle(s, ev)),
      )
    ).length,
  ).toBe(four.length);
  expect(await size(3, 'x')).toBe(four.length);
  expect(await size(1, 'x'.repeat(45))).toBeGreaterThan(await size(1, 'x'));
  // A dummy has the statistics of an entry: every byte position takes many values over many entries.
  const { world } = s;
  const many: Uint8Array[] = [];
  for (let i = 0; i < 40; i++) {
    many.push(
      ...entriesOf(
        decodeSigma(
          (
            await world.seal(
              s.csc,
              s.evs.map((ev) => forVehicle(s, ev, `${i}`)),
            )
          ).sigma,
        ),
      ),
    );
  }
  for (let at = 0; at < 164; at++) expect(new Set(many.map((entry) => entry[at])).size).toBeGreaterThan(60);
});

it('attack 18 (library part): nothing of the sender’s record, key or name stands in σ', async () => {
  const sigma = await sealFrom(s, [forVehicle(s, s.evs[0])]);
  const text = hex(sigma);
  const { record, Q, u } = s.csc;
  for (const value of [record.f, record.X, record.R, record.rec, Q, u, u32(Role.CSC)].slice(0, 6)) {
    expect(text).not.toContain(hex(value).slice(0, 32));
  }
  // Two centres of one class differ in nothing but pseudo-random fields.
  const second = await s.world.enrol('second', Role.CSC);
  const other = decodeSigma((await s.world.seal(second, [forVehicle(s, s.evs[0])])).sigma).header;
  const own = decodeSigma(sigma).header;
  for (const field of [
    'version',
    'suite',
    'limitsVersion',
    'epoch',
    'senderClass',
    'notAfter',
    'entryCount',
  ] as const) {
    expect(other[field]).toBe(own[field]);
  }
});

describe('attack 22: no oracle', () => {
  it('attack 22: every failure past the locator is one error, with one message', async () => {
    const { env, params, limits, findSender } = s.world;
    const [ev, other] = s.evs;
    const entry = { keys: publicKeys(ev), bind: bindOf(s), message: message('m') };
    const make = async (change: object): Promise<Uint8Array> =>
      forge(s.world, {
        credential: await s.world.credential(s.csc),
        sender: s.csc.record,
        signer: s.csc,
        entries: [entry],
        ...change,
      });
    const stranger = await s.world.enrol('stranger', Role.CSC);
    s.world.replica.delete(hex(stranger.record.f));
    const sigmas = [
      await make({ entries: [{ ...entry, f: other.record.f }] }),
      await make({ entries: [{ ...entry, filler: 1 }] }),
      await make({ entries: [{ ...entry, K_S: new Uint8Array(32) }] }),
      await make({ entries: [{ ...entry, message: new Uint8Array(5) }] }),
      await make({ sender: stranger.record, signer: stranger }),
      await make({ sender: stranger.record }),
      await make({ proof: () => ({ f: s.csc.record.f, signature: new Uint8Array(64) }) }),
      await make({ signer: s.css, sender: s.css.record }),
    ];
    const errors: unknown[] = [];
    for (const sigma of sigmas) await open(s, sigma, ev).catch((error: unknown) => errors.push(error));
    const good = await make({});
    const lent = lendEntryKey(env, params, limits, ev, openSession(s), verified(s, good).sigma.headerBytes);
    const input = {
      params,
      limits,
      verified: verified(s, good),
      receiver: { f: ev.record.f, role: Role.EV },
      findSender,
    };
    const wrongKey = { ...lent, key: new Uint8Array(32) };
    const expired = { ...env, now: (): number => verified(s, good).header.notAfter };
    await unsigncrypt(env, { ...input, entryKey: wrongKey }).catch((error: unknown) => errors.push(error));
    await unsigncrypt(expired, { ...input, entryKey: lent }).catch((error: unknown) => errors.push(error));
    expect(errors).toHaveLength(10);
    const seen = new Set(errors.map((error) => `${(error as SigncryptionError).code} ${(error as Error).message}`));
    expect([...seen]).toEqual(['E_OPEN the entry does not open to an authentic message']);
    expect(await unsigncrypt(env, { ...input, entryKey: lent })).not.toBeNull();
    const broken = { ...input, findSender: () => Promise.reject(new Error('replica unavailable')) };
    await expect(unsigncrypt(env, { ...broken, entryKey: lent })).rejects.toThrow('replica unavailable');
  });

  it('attack 22: a vehicle’s refusals are one error, with one message', () => {
    const { env, params, limits } = s.world;
    const [ev] = s.evs;
    const session = openSession(s);
    const attempts: [typeof session, Uint8Array][] = [
      [{ ...session, open: false }, new Uint8Array(223)],
      [{ ...session, answered: 100 }, new Uint8Array(223)],
      [session, new Uint8Array(223)],
      [session, new Uint8Array(10)],
    ];
    const texts = attempts.map(([each, header]) => {
      try {
        lendEntryKey(env, params, limits, ev, each, header);
        return 'lent';
      } catch (error) {
        return `${(error as SigncryptionError).code} ${(error as Error).message}`;
      }
    });
    expect(new Set(texts)).toEqual(new Set(['E_ENTRY_REFUSED no entry key for this header']));
  });
});
