/** Attacks between commit and effect: dishonest piles and gateways, held and repeated commands. */
import { sessionBinding } from '../agreement';
import { lendEntryKey } from '../entrykey';
import { merkleRoot, proveInclusion, REVOCATION_TREE, SIGMA_TREE, verifyInclusion } from '../merkle';
import { ready } from '../primitives/native';
import { Role } from '../roles';
import { signStatement, verifyStatement } from '../statements';
import { codeOf, codeOfAsync } from '../testing/codes';
import { hostileU, littleEndian } from '../testing/points';
import { forVehicle, open, openSession, type Scene, scene, sealFrom, SESSION, verified } from '../testing/scene';
import { EPOCH, hex, World } from '../testing/world';
import { decodeHeader, encodeHeader, type Header } from '../wire';

let s: Scene;

beforeAll(async () => {
  await ready();
  s = await scene('attacks on delivery');
});

describe('attack 28: a pile asks a vehicle for keys', () => {
  const lend = (header: Uint8Array, session = openSession(s), ev = s.evs[0]): ReturnType<typeof lendEntryKey> =>
    lendEntryKey(s.world.env, s.world.params, s.world.limits, ev, session, header);
  const headerOf = (sigma: Uint8Array): Uint8Array => sigma.slice(0, 223);

  it('attack 28: of a σ meant for another pile or another session: what it gets opens nothing', async () => {
    const { env } = s.world;
    const otherPile = await s.world.enrol('other pile', Role.CP);
    const bindings = [
      sessionBinding(env.primitives, otherPile.record.f, SESSION),
      sessionBinding(env.primitives, s.pile.record.f, Uint8Array.of(84)),
    ];
    for (const bind of bindings) {
      const sigma = await sealFrom(s, [{ ...forVehicle(s, s.evs[0]), bind }]);
      expect(await open(s, sigma, s.evs[0], lend(headerOf(sigma)))).toBeNull();
    }
    const unbound = await sealFrom(s, [{ ...forVehicle(s, s.evs[0]), bind: undefined }]);
    expect(await open(s, unbound, s.evs[0], lend(headerOf(unbound)))).toBeNull();
  });

  it('attack 28: of an old σ, after unplugging, or once too often: refused', async () => {
    const sigma = await sealFrom(s, [forVehicle(s, s.evs[0])]);
    const header = headerOf(sigma);
    const session = openSession(s);
    expect(codeOf(() => lend(header, { ...session, open: false }))).toBe('E_ENTRY_REFUSED');
    expect(codeOf(() => lend(header, { ...session, answered: session.maxAnswers }))).toBe('E_ENTRY_REFUSED');
    const { env } = s.world;
    const before = env.time;
    try {
      env.time = decodeHeader(header).notAfter;
      expect(codeOf(() => lend(header))).toBe('E_ENTRY_REFUSED');
      env.time = decodeHeader(header).notAfter - 7201;
      expect(codeOf(() => lend(header))).toBe('E_ENTRY_REFUSED');
    } finally {
      env.time = before;
    }
    expect(await open(s, sigma, s.evs[0], lend(header))).not.toBeNull();
  });

  it('attack 28: under a chosen header: another context, epoch, U or Y is refused, and a changed one gives other keys', async () => {
    const sigma = await sealFrom(s, [forVehicle(s, s.evs[0])]);
    const header = decodeHeader(headerOf(sigma));
    const ask = (change: Partial<Header>): ReturnType<typeof lend> => lend(encodeHeader({ ...header, ...change }));
    const refused: Partial<Header>[] = [
      { ctx: new Uint8Array(32) },
      { suite: 2 },
      { epoch: EPOCH + 1 },
      { oneTimeKey: littleEndian(1n) },
      ...hostileU
        .filter((u) => hex(u) !== hex(littleEndian(2n)) && hex(u) !== hex(littleEndian(9n)))
        .map((ephemeral) => ({ ephemeral })),
    ];
    for (const change of refused) expect(codeOf(() => ask(change))).toBe('E_ENTRY_REFUSED');
    const real = lend(headerOf(sigma));
    const chosen: Partial<Header>[] = [
      { notAfter: header.notAfter + 900 },
      { entryCount: 2 },
      { commitment: new Uint8Array(32) },
      { certificate: new Uint8Array(64) },
      { ephemeral: littleEndian(9n) },
    ];
    for (const change of chosen) {
      const key = ask(change);
      expect(hex(key.key)).not.toBe(hex(real.key));
      expect(hex(key.locator)).not.toBe(hex(real.locator));
      expect(await open(s, sigma, s.evs[0], key)).toBeNull();
    }
  });

  it('attack 28: one vehicle’s key opens no other vehicle’s entry', async () => {
    const sigma = await sealFrom(s, [forVehicle(s, s.evs[0]), forVehicle(s, s.evs[1])]);
    const key = lend(headerOf(sigma));
    expect(await open(s, sigma, s.evs[0], key)).not.toBeNull();
    expect(await codeOfAsync(open(s, sigma, s.evs[1], key))).toBe('E_OPEN');
  });
});

it('attack 29 (library part): a re-sealed command and its held twin share the key they act under', async () => {
  const first = await open(s, await sealFrom(s, [forVehicle(s, s.evs[0], 'once')]), s.evs[0]);
  const twin = await open(s, await sealFrom(s, [forVehicle(s, s.evs[0], 'once')]), s.evs[0]);
  const other = await open(s, await sealFrom(s, [forVehicle(s, s.evs[0], 'twice')]), s.evs[0]);
  const command = (opened: typeof first): string => hex(opened?.actKeys.command ?? new Uint8Array(0));
  expect(command(first)).toHaveLength(96);
  expect(command(first)).toBe(command(twin));
  expect(command(first)).not.toBe(command(other));
  expect(hex(first?.actKeys.entry ?? new Uint8Array(0))).not.toBe(hex(twin?.actKeys.entry ?? new Uint8Array(0)));
});

describe('attack 30: a gateway withholds or invents', () => {
  it('attack 30 (library part): a σ it streams without a commit has no inclusion proof', async () => {
    const { primitives } = s.world.env;
    const ids = [];
    for (let i = 0; i < 3; i++) ids.push(verified(s, await sealFrom(s, [forVehicle(s, s.evs[0])])).id);
    const root = merkleRoot(primitives, SIGMA_TREE, ids);
    const uncommitted = verified(s, await sealFrom(s, [forVehicle(s, s.evs[0])])).id;
    for (let i = 0; i < 3; i++) {
      const proof = proveInclusion(primitives, SIGMA_TREE, ids, i);
      verifyInclusion(primitives, SIGMA_TREE, root, ids[i] as Uint8Array, proof);
      expect(codeOf(() => verifyInclusion(primitives, SIGMA_TREE, root, uncommitted, proof))).toBe('E_MERKLE');
    }
  });

  it('attack 30 (library part): a list of revocations with one withheld has another root than the slot’s', () => {
    const { primitives } = s.world.env;
    const revoked = s.evs.map((ev) => ev.record.f);
    const roots = [revoked, revoked.slice(1), revoked.slice(0, 2), []].map((list) =>
      hex(merkleRoot(primitives, REVOCATION_TREE, list)),
    );
    expect(new Set(roots).size).toBe(4);
  });

  it('attack 30 (library part): its acknowledgement of a σ it then drops is evidence under its own key', async () => {
    const { env, params } = s.world;
    const { id } = verified(s, await sealFrom(s, [forVehicle(s, s.evs[0])]));
    const gateway = s.world.organisation('CSS2MSP');
    const statement = { tag: 'ack', sigmaId: id, deadline: env.time + 120 } as const;
    const ack = signStatement(env, params, gateway.secret, statement);
    const check = (change: object, key = gateway.publicKey, other: World = s.world): unknown =>
      verifyStatement(env.primitives, other.params, key, { ...statement, ...change }, ack);
    check({});
    expect(codeOf(() => check({ deadline: env.time + 240 }))).toBe('E_STATEMENT');
    expect(codeOf(() => check({ sigmaId: new Uint8Array(32) }))).toBe('E_STATEMENT');
    expect(codeOf(() => check({}, s.world.organisation('CSS1MSP').publicKey))).toBe('E_STATEMENT');
    const elsewhere = new World('attacks on delivery', env.primitives, 'other-network');
    expect(codeOf(() => check({}, gateway.publicKey, elsewhere))).toBe('E_STATEMENT');
  });
});
