/** What passes through the library's own buffers is erased there: searched for in every buffer the primitives saw. */
import { frame, isZero } from './bytes';
import { lendEntryKey } from './entrykey';
import { beginEnrolment, finishEnrolment } from './holder';
import { issuePartialKey, setupKgc } from './kgc';
import { nativePrimitives, ready } from './primitives/native';
import { type Primitives } from './primitives/types';
import { Role } from './roles';
import { Secret } from './secret';
import { generateKeyPair } from './statements';
import { codeOfAsync } from './testing/codes';
import { forSelf, forVehicle, open, openSession, type Scene, scene, verified } from './testing/scene';
import { MemorySet } from './testing/world';

beforeAll(ready);

/** Looks at each call while its buffers still hold what was computed. */
type Witness = (name: string, args: readonly unknown[], result: unknown) => void;

/** All buffers that went into a primitive or came out of one. */
function watch(witness: Witness): { primitives: Primitives; buffers: Set<Uint8Array> } {
  const buffers = new Set<Uint8Array>();
  const watched = Object.entries<unknown>({ ...nativePrimitives }).map(([name, operation]) => {
    if (typeof operation !== 'function') return [name, operation];
    const call = (...args: unknown[]): unknown => {
      const result = (operation as (...all: unknown[]) => unknown)(...args);
      witness(name, args, result);
      for (const value of [...args, result]) if (value instanceof Uint8Array) buffers.add(value);
      return result;
    };
    return [name, call];
  });
  return { primitives: Object.fromEntries<unknown>(watched as [string, unknown][]) as unknown as Primitives, buffers };
}

const bytes = (value: unknown): Uint8Array => value as Uint8Array;

const SECRET_TAGS = ['seed', 'k', 'KS', 'dummy', 'nonce', 'x', 'r', 'y'];

/** Copies what a call computes in secret; by the frame's tag where it is a hash. */
class Collector {
  readonly secrets = new Map<string, Uint8Array>();
  #count = 0;

  keep(what: string, value: Uint8Array): void {
    if (!isZero(value)) this.secrets.set(`${what} ${this.#count++}`, Uint8Array.from(value));
  }

  readonly witness: Witness = (name, args, result) => {
    const [first, second, third] = args as Uint8Array[];
    if (name === 'sha512' && SECRET_TAGS.includes(tagOf(first))) {
      this.keep(tagOf(first), bytes(result).subarray(0, 32));
      this.keep(`${tagOf(first)} mod ℓ`, nativePrimitives.reduceScalar(bytes(result)));
    }
    if (name === 'multiplyScalars') this.keep('product', bytes(result));
    if (name === 'x25519') this.keep('z', bytes(first));
    if (name.startsWith('x25519')) this.keep('k or q̂', bytes(second));
    if (name === 'keyedBlake2b' && tagOf(third) === 'entry') this.keep('entry key', bytes(first).slice(32));
    if (name === 'keyedBlake2b' && tagOf(third) === 'snd') this.keep('sender key', bytes(first).slice(0, 32));
    if (name === 'keyedBlake2b' && tagOf(third) === 'com') this.keep('K_S', bytes(second));
    if (name === 'aeadSeal') this.keep('plaintext', bytes(args[3]).slice(0, 32));
    if (name === 'aeadOpen') this.keep('opened', bytes(result).slice(0, 32));
  };

  /** Those that stand in one of the buffers, but for buffers that are to hold them. */
  found(buffers: Iterable<Uint8Array>, but: readonly Uint8Array[]): string[] {
    const left = [...buffers].filter((buffer) => !but.includes(buffer)).map((buffer) => Buffer.from(buffer));
    return [...this.secrets]
      .filter(([, secret]) => left.some((buffer) => buffer.includes(Buffer.from(secret))))
      .map(([what]) => what);
  }
}

/** Of u32le(8) ‖ "CLMMSC/1" ‖ u32le(length) ‖ tag ‖ … */
function tagOf(frame: Uint8Array | undefined): string {
  return frame ? Buffer.from(frame.subarray(16, 16 + (frame[12] ?? 0))).toString('latin1') : '';
}

const kinds = (found: readonly string[]): string[] => [...new Set(found.map((what) => what.replace(/ \d+$/, '')))];

interface Watched extends Scene {
  readonly collector: Collector;
  readonly buffers: Set<Uint8Array>;
}

/** A scene whose further calls are watched. */
async function watched(seed: string): Promise<Watched> {
  const s = await scene(seed);
  const collector = new Collector();
  const { primitives, buffers } = watch(collector.witness);
  s.world.env.primitives = primitives;
  return { ...s, collector, buffers };
}

it('sees what it guards against', async () => {
  const { world, collector, buffers } = await watched('control');
  const preimage = frame('k', [new Uint8Array(64).fill(1)]);
  const k = world.env.primitives.sha512(preimage);
  expect(kinds(collector.found(buffers, []))).toEqual(['k']);
  expect(collector.found(buffers, [k])).toEqual([]);
});

it('signcrypt leaves no key, no shared value, no plaintext', async () => {
  const s = await watched('signcrypt');
  const credential = await s.world.credential(s.csc);
  s.collector.secrets.clear();
  await s.world.seal(
    s.csc,
    [forVehicle(s, s.evs[0]), forVehicle(s, s.evs[1], 'a longer one'), forSelf(s.css)],
    credential,
  );
  const computed = kinds([...s.collector.secrets.keys()]);
  expect(computed).toEqual(expect.arrayContaining(['seed', 'k', 'KS', 'z', 'entry key', 'sender key', 'plaintext']));
  s.collector.keep('message', forVehicle(s, s.evs[1], 'a longer one').message);
  expect(kinds(s.collector.found(s.buffers, []))).toEqual([]);
});

it('nor does a signcrypt that fails half-way', async () => {
  const s = await watched('half-way');
  const credential = await s.world.credential(s.csc);
  s.collector.secrets.clear();
  const bad = forSelf(s.css);
  const receivers = [forVehicle(s, s.evs[0]), { ...bad, keys: { ...bad.keys, u: new Uint8Array(32) } }];
  expect(await codeOfAsync(s.world.seal(s.csc, receivers, credential))).toBe('E_POINT');
  expect(s.collector.secrets.size).toBeGreaterThan(5);
  expect(kinds(s.collector.found(s.buffers, []))).toEqual([]);
});

it('a vehicle that lends an entry key keeps neither that key nor z nor q̂', async () => {
  const s = await watched('lending');
  const { sigma } = await s.world.seal(s.csc, [forVehicle(s, s.evs[0])]);
  const { headerBytes } = verified(s, sigma).sigma;
  s.collector.secrets.clear();
  const lent = lendEntryKey(s.world.env, s.world.params, s.world.limits, s.evs[0], openSession(s), headerBytes);
  expect(lent.key).toHaveLength(32);
  expect(kinds([...s.collector.secrets.keys()])).toEqual(['z', 'k or q̂', 'entry key']);
  expect(kinds(s.collector.found(s.buffers, []))).toEqual([]);
});

it('a pile that opens an entry keeps neither K_S nor plaintext but what it is given', async () => {
  const s = await watched('opening');
  const sent = forVehicle(s, s.evs[0], 'what is sent');
  const { sigma } = await s.world.seal(s.csc, [sent]);
  const { env, params, limits } = s.world;
  const { headerBytes } = verified(s, sigma).sigma;
  const lent = lendEntryKey(env, params, limits, s.evs[0], openSession(s), headerBytes);
  s.collector.secrets.clear();
  const opened = await open(s, sigma, s.evs[0], lent);
  expect(opened?.messages).toHaveLength(1);
  expect(kinds([...s.collector.secrets.keys()])).toEqual(expect.arrayContaining(['opened', 'K_S']));
  s.collector.keep('message', sent.message);
  expect(kinds(s.collector.found(s.buffers, [lent.key]))).toEqual([]);
});

it('enrolment leaves x, r, d and q in the secrets it hands out alone', async () => {
  const { world, collector, buffers } = await watched('enrolment');
  const { env, params, kgc } = world;
  const deviceSeed = new Secret(env.random(32));
  const pending = beginEnrolment(env, params, { realId: 'new', role: Role.EV, epoch: 7 }, deviceSeed);
  collector.keep('device seed', deviceSeed.reveal());
  expect(kinds(collector.found(buffers, [pending.x.reveal()]))).toEqual([]);
  const answer = await issuePartialKey(env, params, kgc, pending.request, 0, new MemorySet());
  collector.keep('s', kgc.masterSecret.reveal());
  collector.keep('k_r', kgc.nonceSecret.reveal());
  collector.keep('d', answer.d.reveal());
  const keepers = [pending.x, answer.d, kgc.masterSecret].map((secret) => secret.reveal());
  expect(kinds(collector.found(buffers, keepers))).toEqual([]);
  const holder = finishEnrolment(env, params, pending, answer);
  collector.keep('q', holder.q.reveal());
  expect(kinds(collector.found(buffers, [...keepers, holder.q.reveal()]))).toEqual([]);
});

it('key pairs of the KGC and of organisations leave nothing of what they were drawn from', async () => {
  const { world, collector, buffers } = await watched('key pairs');
  const secrets = [setupKgc(world.env).masterSecret, generateKeyPair(world.env).secret].map((secret) =>
    secret.reveal(),
  );
  for (const secret of secrets) collector.keep('secret', secret);
  expect(collector.found(buffers, secrets)).toEqual([]);
  // What a scalar was reduced from stands in no buffer: all that remain of it are zeros.
  const wide = [...buffers].filter((buffer) => buffer.length === 64);
  expect(wide.length).toBeGreaterThan(0);
  expect(wide.every((buffer) => buffer.every((byte) => byte === 0))).toBe(true);
});
