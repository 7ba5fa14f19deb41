/** Any argument and any bytes: a coded refusal that tells nothing of the inside, and nothing written. */
import './testing/silence';
import fc from 'fast-check';
import { BROADCAST, type LedgerRole, REGISTRATION } from '@chargecast/protocol';
import { ready } from '@chargecast/signcryption/primitives/native';
import { Role } from '@chargecast/signcryption/roles';
import { hex, message, NOW, publicKeys } from '@chargecast/signcryption/testing/world';
import { Consortium, GATEWAYS } from './testing/consortium';
import { type Simulation } from './testing/memory-ledger';

let consortium: Consortium;
let sigma: Uint8Array;
let valid: Record<string, { contract: string; role: LedgerRole; argument: unknown }>;

beforeAll(async () => {
  await ready();
  consortium = await Consortium.initialised();
  const { world } = consortium;
  const csc = await world.enrol('csc', Role.CSC);
  const ev = await world.enrol('ev', Role.EV);
  const pile = await world.enrol('pile', Role.CP);
  ({ sigma } = await world.seal(csc, [{ keys: publicKeys(pile), message: message('x') }]));
  const revocation = consortium.revocation('revokedRecord', hex(ev.record.f), (statement) =>
    consortium.organisations(GATEWAYS, statement),
  );
  const { subject: f, ...rest } = revocation.body;
  const registration = (role: LedgerRole, argument: unknown): (typeof valid)[string] => ({
    contract: REGISTRATION.contract,
    role,
    argument,
  });
  const broadcast = (role: LedgerRole, argument: unknown): (typeof valid)[string] => ({
    contract: BROADCAST.contract,
    role,
    argument,
  });
  valid = {
    putProvider: registration('provider', consortium.providerEntry({ provider: 'another' })),
    putRecords: registration('relay', [consortium.entry(csc.record), consortium.entry(ev.record)]),
    revokeRecord: registration('relay', { f, ...rest, authority: revocation.authority }),
    mirrorGovernance: registration('kgc', consortium.genesis().epochs),
    advanceSlot: broadcast('relay', consortium.slotHead({ number: Math.floor(NOW / 900) + 1 })),
  };
});

const ROOTED = ['', '[]', '{}', 'null', '0', '"x"', 'true', '[[[[]]]]', '{"__proto__":{"f":1}}', '\u0000', '[1e999]'];

/** A place in a JSON value: which member at each level. */
function replaced(value: unknown, path: readonly number[], by: unknown): unknown {
  const [at, ...deeper] = path;
  if (at === undefined || typeof value !== 'object' || value === null) return by;
  const keys = Object.keys(value);
  const key = keys[at % Math.max(keys.length, 1)];
  if (key === undefined) return by;
  const child = replaced((value as Record<string, unknown>)[key], deeper, by);
  if (Array.isArray(value)) return value.map((item: unknown, index) => (String(index) === key ? child : item));
  return { ...value, [key]: child };
}

function ensureHonest({ status, message: text, writes }: Simulation): void {
  if (status === 200) return;
  expect(text).toMatch(/^E_[A-Z_]+: .+/s);
  expect(text).not.toMatch(/^E_INTERNAL| {4}at |node_modules|undefined is|Cannot read/);
  expect(text.length).toBeLessThan(600);
  expect(writes.size).toBe(0);
}

test.each(['putProvider', 'putRecords', 'revokeRecord', 'mirrorGovernance', 'advanceSlot'])(
  '%s: every member replaced by anything',
  async (name) => {
    const { contract, role, argument } = valid[name] as (typeof valid)[string];
    const ledger = contract === REGISTRATION.contract ? consortium.certchain : consortium.datachain;
    const attempt = (source: string): Promise<Simulation> =>
      ledger.simulate({ name: `${contract}:${name}`, args: [source], as: consortium.as(role), time: NOW + 900 });
    expect((await attempt(JSON.stringify(argument))).status).toBe(200);
    for (const source of ROOTED) {
      const simulation = await attempt(source);
      expect(simulation.status).toBe(500);
      ensureHonest(simulation);
    }
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(9), { minLength: 1, maxLength: 4 }),
        fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom('00', '', -1, 2 ** 53, 1e308, null, [], {})),
        async (path, by) => ensureHonest(await attempt(JSON.stringify(replaced(argument, path, by)))),
      ),
      { numRuns: 150 },
    );
  },
);

test('submit: any bytes have an outcome with a code', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(fc.uint8Array({ maxLength: 600 }), changedSigma()), { minLength: 1, maxLength: 4 }),
      async (sigmas) => {
        const simulation = await consortium.endorse(sigmas);
        expect(simulation.status).toBe(200);
        const { outcomes } = JSON.parse(simulation.payload) as { outcomes: { status: string; code: string }[] };
        expect(outcomes.map(({ status }) => status)).toEqual(sigmas.map(() => 'refused'));
        for (const { code } of outcomes) expect(code).toMatch(/^E_(SIGMA_[A-Z]+|EPOCH)$/);
        expect(simulation.writes.size).toBe(0);
      },
    ),
    { numRuns: 200 },
  );
});

const changedSigma = (): fc.Arbitrary<Uint8Array> =>
  fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })).map(([at, by]) => {
    const changed = Uint8Array.from(sigma);
    changed[at % changed.length] = (changed[at % changed.length] as number) ^ by;
    return changed;
  });

test('queries: any text', async () => {
  const queries: [string, 'certchain' | 'datachain', number][] = [
    ['getRecord', 'certchain', 1],
    ['getProvider', 'certchain', 1],
    ['listRecords', 'certchain', 2],
    ['listRevocations', 'certchain', 2],
    ['governanceItem', 'certchain', 1],
    ['getSigma', 'datachain', 1],
    ['listSigmas', 'datachain', 2],
    ['getInclusionProof', 'datachain', 1],
  ];
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...queries), fc.string(), fc.string(), async ([name, chain, count], a, b) => {
      const { contract } = chain === 'certchain' ? REGISTRATION : BROADCAST;
      const args = [a, b].slice(0, count);
      ensureHonest(
        await consortium[chain].simulate({
          name: `${contract}:${name}`,
          args,
          as: consortium.as('auditor'),
          time: NOW,
        }),
      );
    }),
    { numRuns: 300 },
  );
});
