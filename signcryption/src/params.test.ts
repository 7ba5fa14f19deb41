import { createLimits, encodeLimits, isAllowed, type Limits, parseLimits } from './limits';
import { createParams, encodeParams, type ParamsInput, parseParams } from './params';
import { ready } from './primitives/libsodium';
import { nativePrimitives } from './primitives/native';
import { nodePrimitives } from './primitives/node';
import { isRole, Role, roleFromName, roleName } from './roles';
import { codeOf } from './testing/codes';
import { cosetOf, smallOrder } from './testing/points';
import { hex, TEST_LIMITS, World } from './testing/world';

beforeAll(ready);

const world = new World('params');
const { params } = world;
const create = (change: Partial<ParamsInput>): (() => unknown) => {
  return () => createParams(nativePrimitives, { ...params, ...change });
};

describe('Params', () => {
  it('round-trip through one JSON spelling', () => {
    const document = encodeParams(params);
    const read = parseParams(nodePrimitives, document);
    expect(read).toEqual(params);
    expect(encodeParams(read)).toBe(document);
  });

  it('have another ctx for any other network, channel or key', () => {
    const changes: Partial<ParamsInput>[] = [
      { networkId: 'other' },
      { certchain: 'other' },
      { datachain: 'other' },
      { masterPublicKey: cosetOf(3n).pure },
    ];
    const contexts = changes.map((change) => hex(createParams(nativePrimitives, { ...params, ...change }).ctx));
    expect(new Set([...contexts, hex(params.ctx)]).size).toBe(5);
  });

  it('keep their ctx when organisations join', () => {
    expect(hex(createParams(nativePrimitives, { ...params, organisations: [] }).ctx)).toBe(hex(params.ctx));
  });

  it('refuse keys outside the group, repeated organisations and malformed names', () => {
    const [first, second] = params.organisations as [
      (typeof params.organisations)[0],
      (typeof params.organisations)[0],
    ];
    const refused = [
      create({ masterPublicKey: cosetOf(3n).torsioned[3] }),
      create({ masterPublicKey: smallOrder[0] }),
      create({ networkId: '' }),
      create({ datachain: 'a b' }),
      create({ certchain: 'x'.repeat(129) }),
      create({ organisations: [first, { ...second, mspId: first.mspId }] }),
      create({ organisations: [first, { ...second, publicKey: first.publicKey }] }),
      create({ organisations: [{ ...first, publicKey: smallOrder[4] as Uint8Array }] }),
      create({ organisations: [{ ...first, mspId: 'Müller' }] }),
    ];
    for (const operation of refused) expect(codeOf(operation)).toBe('E_PARAMS');
  });

  it('refuse every other document', () => {
    const document = JSON.parse(encodeParams(params)) as Record<string, unknown>;
    const changes: Record<string, unknown>[] = [
      { format: 'chargecast-params/2' },
      { suite: 2 },
      { ctx: '00'.repeat(32) },
      { networkId: 'elsewhere' },
      { masterPublicKey: hex(params.masterPublicKey).toUpperCase() },
      { organisations: {} },
      { organisations: [{ mspId: 'X', role: 'KING', publicKey: hex(params.masterPublicKey) }] },
      { more: 1 },
      { ctx: undefined },
    ];
    for (const change of changes) {
      expect(codeOf(() => parseParams(nodePrimitives, JSON.stringify({ ...document, ...change })))).toBe('E_PARAMS');
    }
    for (const text of ['', 'null', '[]', '{', '1', '"x"']) {
      expect(codeOf(() => parseParams(nodePrimitives, text))).toBe('E_PARAMS');
    }
  });

  it('cannot be changed after creation', () => {
    expect(Object.isFrozen(params) && Object.isFrozen(params.organisations)).toBe(true);
  });
});

describe('Limits', () => {
  const change = (limits: Partial<Limits>): (() => unknown) => {
    return () => createLimits({ ...TEST_LIMITS, ...limits });
  };

  it('round-trip through one JSON spelling', () => {
    const document = encodeLimits(TEST_LIMITS);
    expect(parseLimits(document)).toEqual(TEST_LIMITS);
    expect(encodeLimits(parseLimits(document))).toBe(document);
  });

  it('refuse lists that do not ascend or leave the format’s bounds', () => {
    const permission = { sender: Role.CSC, senderClass: 4, receiver: Role.EV };
    const refused = [
      change({ version: 0 }),
      change({ version: 1.5 }),
      change({ maxTtl: 899 }),
      change({ maxTtl: 31_536_001 }),
      change({ entryCounts: [] }),
      change({ entryCounts: [0, 1] }),
      change({ entryCounts: [2, 1] }),
      change({ entryCounts: [1, 1] }),
      change({ entryCounts: [8193] }),
      change({ entryLengths: [99] }),
      change({ entryLengths: [65_537] }),
      change({ maxSigmaBytes: 100 }),
      change({ maxSigmaBytes: 5_000_000 }),
      change({ allowed: [permission, permission] }),
      change({ allowed: [{ ...permission, senderClass: 256 }] }),
    ];
    for (const operation of refused) expect(codeOf(operation)).toBe('E_LIMITS');
    for (const text of ['', '{}', encodeLimits(TEST_LIMITS).replace('"CSC"', '"CSX"')]) {
      expect(codeOf(() => parseLimits(text))).toBe('E_LIMITS');
    }
  });

  it('allow only what the table lists', () => {
    expect(isAllowed(TEST_LIMITS, Role.CSC, Role.CSC, Role.EV)).toBe(true);
    expect(isAllowed(TEST_LIMITS, Role.CSC, Role.CSS, Role.EV)).toBe(false);
    expect(isAllowed(TEST_LIMITS, Role.EV, Role.EV, Role.EV)).toBe(false);
  });
});

describe('roles', () => {
  it('have one name and one code each', () => {
    for (const [name, code] of Object.entries(Role)) {
      expect(roleName(code)).toBe(name);
      expect(roleFromName(name)).toBe(code);
    }
    expect(isRole(0) || isRole(7)).toBe(false);
    expect(codeOf(() => roleName(0))).toBe('E_ARGUMENT');
    expect(codeOf(() => roleFromName('toString'))).toBe('E_ARGUMENT');
  });
});
