/** Attacks on key generation: who, alone, could come to know or to replace a holder's q. */
import { ed25519 } from '@noble/curves/ed25519.js';
import { agree } from '../agreement';
import { u64, u8, utf8 } from '../bytes';
import { type PartialKey } from '../enrolment';
import { beginEnrolment, finishEnrolment, type PendingEnrolment, restoreHolderKey } from '../holder';
import * as kgc from '../kgc';
import { ready } from '../primitives/native';
import {
  aggregationCoefficient,
  type LedgerRecord,
  partialPublicKey,
  type RecordFields,
  recordParts,
  shareCoefficient,
  verifyRecord,
} from '../record';
import { Role } from '../roles';
import { Secret } from '../secret';
import { publicKeyOf, sign, verify } from '../signature';
import { codeOf, codeOfAsync } from '../testing/codes';
import { cosetOf, edgeScalars, hostileU, littleEndian, nonCanonical, ORDER, smallOrder } from '../testing/points';
import { EPOCH, hex, MemorySet, publicKeys, seededRandom, World } from '../testing/world';

beforeAll(ready);

const value = (bytes: Uint8Array): bigint => bytes.reduceRight((n, byte) => n * 256n + BigInt(byte), 0n);
const point = (bytes: Uint8Array): InstanceType<typeof ed25519.Point> => ed25519.Point.fromBytes(bytes);
const mod = (n: bigint): bigint => ((n % ORDER) + ORDER) % ORDER;

function signRecord(world: World, fields: RecordFields, q: bigint): LedgerRecord {
  const rec = sign(world.env, new Secret(littleEndian(mod(q))), 'rec', world.params.ctx, ...recordParts(fields));
  return { ...fields, rec };
}

it('attack 02: X′ = aB − R − hP does not replace a key', async () => {
  const world = new World('attack 02');
  const { primitives } = world.env;
  const victim = (await world.enrol('victim', Role.CSC)).record;
  const a = 1234567n;
  const P = point(world.params.masterPublicKey);
  const h = value(shareCoefficient(primitives, world.params, victim));
  const D = point(victim.R).add(P.multiply(h));
  const b = value(aggregationCoefficient(primitives, world.params, victim, D.toBytes()));
  const aB = ed25519.Point.BASE.multiply(a);
  for (const X of [aB.subtract(D), aB.subtract(D.multiply(b))]) {
    const fields = { ...victim, X: X.toBytes() };
    expect(codeOf(() => verifyRecord(primitives, world.params, signRecord(world, fields, a)))).toBe(
      'E_RECORD_SIGNATURE',
    );
  }
});

it('attack 03: a KGC that picks R′ = aB − X cancels nothing', async () => {
  const world = new World('attack 03');
  const { primitives } = world.env;
  const victim = (await world.enrol('victim', Role.CSC)).record;
  const s = value(world.kgc.masterSecret.reveal());
  const a = 7654321n;
  const R = ed25519.Point.BASE.multiply(a).subtract(point(victim.X)).toBytes();
  const fields = { ...victim, R };
  const h = value(shareCoefficient(primitives, world.params, fields));
  const D = partialPublicKey(primitives, world.params, fields);
  const b = value(aggregationCoefficient(primitives, world.params, fields, D));
  for (const guess of [a, a + h * s, a * b, b * (a + h * s)]) {
    const record = signRecord(world, fields, guess);
    expect(codeOf(() => verifyRecord(primitives, world.params, record))).toBe('E_RECORD_SIGNATURE');
  }
});

it('attack 04: neither the KGC with d nor an outsider with x can sign or agree on keys as the holder', async () => {
  const world = new World('attack 04');
  const { env, params } = world;
  const { primitives } = env;
  const pending = beginEnrolment(
    env,
    params,
    { realId: 'ev', role: Role.EV, epoch: EPOCH },
    new Secret(env.random(32)),
  );
  const x = value(pending.x.reveal());
  const answer = await kgc.issuePartialKey(env, params, world.kgc, pending.request, 0, world.issued);
  const d = value(answer.d.reveal());
  const holder = finishEnrolment(env, params, pending, answer);
  const D = partialPublicKey(primitives, params, holder.record);
  const b = value(aggregationCoefficient(primitives, params, holder.record, D));
  expect(value(holder.q.reveal())).toBe(mod(x + b * d));

  const header = new Uint8Array(223);
  const U = primitives.toMontgomery(cosetOf(99n).pure);
  const real = agree(primitives, holder, header, U);
  const kgcGuesses = [d, b * d, d + b];
  const outsiderGuesses = [x, x + b, x * b];
  for (const guess of [...kgcGuesses, ...outsiderGuesses]) {
    const q = new Secret(littleEndian(mod(guess)));
    const forged = sign(env, q, 'in', params.ctx, utf8('τ'));
    expect(verify(primitives, holder.Q, forged, 'in', params.ctx, utf8('τ'))).toBe(false);
    expect(hex(agree(primitives, { ...holder, q }, header, U).locator)).not.toBe(hex(real.locator));
    expect(codeOf(() => restoreHolderKey(env, params, holder.record, q))).toBe('E_SCALAR');
  }
});

describe('attack 14: points and scalars from outside the group', () => {
  const world = new World('attack 14');
  const { env, params } = world;
  const hostilePoints = [...smallOrder, ...nonCanonical, ...cosetOf(5n).torsioned];

  it('attack 14: as X in an enrolment request, with a signature that some verifier would accept', async () => {
    for (const X of hostilePoints) {
      const request = { realId: 'x', role: Role.EV, epoch: EPOCH, X, pop: Uint8Array.of(...X, ...new Uint8Array(32)) };
      const issued = new MemorySet();
      expect(await codeOfAsync(kgc.issuePartialKey(env, params, world.kgc, request, 0, issued))).toBe(
        'E_ENROL_REQUEST',
      );
    }
  });

  it('attack 14: as X or R of a record', async () => {
    const { record } = await world.enrol('record', Role.EV);
    for (const hostile of hostilePoints) {
      for (const change of [{ X: hostile }, { R: hostile }]) {
        const code = codeOf(() => verifyRecord(env.primitives, params, { ...record, ...change }));
        expect(code).toBe('E_RECORD_MALFORMED');
      }
    }
  });

  it('attack 14: as R or d in the KGC’s answer', async () => {
    const seed = new Secret(env.random(32));
    const begin = (): PendingEnrolment =>
      beginEnrolment(env, params, { realId: 'answer', role: Role.EV, epoch: EPOCH }, seed);
    const pending = begin();
    const answer = await kgc.issuePartialKey(env, params, world.kgc, pending.request, 0, world.issued);
    for (const R of hostilePoints) {
      expect(codeOf(() => finishEnrolment(env, params, pending, { ...answer, R }))).toBe('E_ENROL_RESPONSE');
    }
    const d = value(answer.d.reveal());
    for (const scalar of [...edgeScalars, littleEndian(d + ORDER), littleEndian(mod(d + 1n))]) {
      const changed = { ...answer, d: new Secret(scalar) };
      expect(codeOf(() => finishEnrolment(env, params, pending, changed))).toBe('E_ENROL_RESPONSE');
    }
    const elsewhere = begin();
    expect(codeOf(() => finishEnrolment(env, params, elsewhere, answer))).toBe('E_ENROL_RESPONSE');
    expect(codeOf(() => finishEnrolment(env, params, pending, { ...answer, epoch: 8 }))).toBe('E_ENROL_RESPONSE');
    expect(codeOf(() => finishEnrolment(env, params, pending, { ...answer, role: Role.CSC }))).toBe('E_ENROL_RESPONSE');
    expect(finishEnrolment(env, params, pending, answer).record.role).toBe(Role.EV);
  });

  it('attack 14: as u of a receiver', async () => {
    const csc = await world.enrol('csc', Role.CSC);
    const ev = publicKeys(await world.enrol('ev', Role.EV));
    for (const u of hostileU.filter(
      (candidate) => !env.primitives.x25519(new Uint8Array(32), littleEndian(8n), candidate),
    )) {
      const sealed = world.seal(csc, [{ keys: { ...ev, u }, message: utf8('m') }]);
      expect(await codeOfAsync(sealed)).toBe('E_POINT');
    }
  });
});

it('attack 20 (library part): one counter gives one record; the next one is another pseudo-identity', async () => {
  const world = new World('attack 20');
  const { env, params } = world;
  const who = { realId: 'twice', role: Role.EV, epoch: EPOCH };
  const first = await world.enrol('twice', Role.EV);
  const again = beginEnrolment(env, params, who, new Secret(env.random(32)));
  const repeated = kgc.issuePartialKey(env, params, world.kgc, again.request, 0, world.issued);
  expect(await codeOfAsync(repeated)).toBe('E_ENROL_REPEATED');
  const reissued = await kgc.issuePartialKey(env, params, world.kgc, again.request, 1, world.issued);
  expect(hex(reissued.f)).not.toBe(hex(first.record.f));
});

describe('attack 25: R before X, and nonces repeated by a rolled-back database', () => {
  it('attack 25: the KGC’s interface gives R only for a whole, proven request, together with d', async () => {
    const world = new World('attack 25');
    const { env, params } = world;
    const { request } = beginEnrolment(
      env,
      params,
      { realId: 'a', role: Role.EV, epoch: EPOCH },
      new Secret(env.random(32)),
    );
    const issue = (change: object): Promise<unknown> =>
      kgc.issuePartialKey(env, params, world.kgc, { ...request, ...change }, 0, world.issued);
    expect(await codeOfAsync(issue({ pop: new Uint8Array(64) }))).toBe('E_ENROL_REQUEST');
    expect(await codeOfAsync(issue({ realId: 'b' }))).toBe('E_ENROL_REQUEST');
    expect(await codeOfAsync(issue({ epoch: EPOCH + 1 }))).toBe('E_ENROL_REQUEST');
    expect(await codeOfAsync(issue({ role: Role.CSC }))).toBe('E_ENROL_REQUEST');
    expect(await codeOfAsync(issue({ X: cosetOf(4n).pure }))).toBe('E_ENROL_REQUEST');
    const answer = (await issue({})) as PartialKey;
    expect(hex(answer.X)).toBe(hex(request.X));
    expect(Object.keys(kgc).sort()).toEqual(['issuePartialKey', 'pseudonym', 'setupKgc', 'verifyEnrolmentRequest']);
  });

  it('attack 25: a rolled-back database and a dead random source still repeat no r for another X', async () => {
    const world = new World('attack 25 b');
    const { params } = world;
    const dead = { ...world.env, random: (length: number): Uint8Array => new Uint8Array(length) };
    const request = (seed: string): PendingEnrolment =>
      beginEnrolment(dead, params, { realId: 'same', role: Role.EV, epoch: EPOCH }, new Secret(seededRandom(seed)(32)));
    const answers = await Promise.all(
      ['one', 'two', 'one'].map((seed) =>
        kgc.issuePartialKey(dead, params, world.kgc, request(seed).request, 0, new MemorySet()),
      ),
    );
    const [one, two, repeated] = answers as [PartialKey, PartialKey, PartialKey];
    expect(hex(one.f)).toBe(hex(two.f));
    expect(hex(one.R)).not.toBe(hex(two.R));
    // The very same request gets the very same answer: one equation, nothing to solve for s.
    expect(hex(repeated.R) + hex(repeated.d.reveal())).toBe(hex(one.R) + hex(one.d.reveal()));
  });
});

it('attack 21: records and keys of another network, role or epoch are not taken', async () => {
  const world = new World('attack 21');
  const elsewhere = new World('attack 21', world.env.primitives, 'other-network');
  const { record } = await elsewhere.enrol('guest', Role.CSC);
  const check = (change: Partial<LedgerRecord>, params = elsewhere.params): string =>
    codeOf(() => verifyRecord(world.env.primitives, params, { ...record, ...change }));
  expect(hex(elsewhere.params.masterPublicKey)).toBe(hex(world.params.masterPublicKey));
  expect(check({}, world.params)).toBe('E_RECORD_SIGNATURE');
  expect(check({ role: Role.EV })).toBe('E_RECORD_SIGNATURE');
  expect(check({ epoch: EPOCH + 1 })).toBe('E_RECORD_SIGNATURE');
  expect(check({ f: new Uint8Array(16) })).toBe('E_RECORD_SIGNATURE');
  const tags = ['pop', 'popY', 'rec', 'req', 'cred', 'in', 'out', 'appr', 'csig', 'bind', 'ack', 'rev'] as const;
  const q = new Secret(littleEndian(31337n));
  const Q = publicKeyOf(world.env.primitives, q);
  const parts = [u8(1), u64(2)];
  for (const made of tags) {
    const signature = sign(world.env, q, made, world.params.ctx, ...parts);
    const accepted = tags.filter((tag) => verify(world.env.primitives, Q, signature, tag, world.params.ctx, ...parts));
    expect(accepted).toEqual([made]);
  }
});
