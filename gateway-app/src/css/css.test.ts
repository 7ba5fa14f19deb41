import { BROADCAST } from '@chargecast/protocol';
import { verifyStatement } from '@chargecast/signcryption';
import { MemorySet } from '@chargecast/signcryption/testing/world';

import { eventually } from '../testing/test-network';
import { type Gateway, Gateways } from './testing/gateways';

let gateways: Gateways;
const running: Gateway[] = [];

beforeAll(async () => {
  gateways = await Gateways.create();
});

afterEach(async () => {
  for (const { role } of running.splice(0)) await role.stop();
});

afterAll(() => gateways.network.stop());

async function start(index: number, members: Record<string, unknown> = {}): Promise<Gateway> {
  const gateway = await gateways.start(index, members);
  running.push(gateway);
  return gateway;
}

async function codeOf(attempt: Promise<unknown>): Promise<string> {
  return attempt.then(
    () => 'accepted',
    (error: { readonly code: string }) => error.code,
  );
}

const committed = (id: string): Promise<true> =>
  eventually(() => gateways.committed().includes(id) || undefined, `σ ${id} on the chain`);

test('a held σ is acknowledged under the organisation’s key, committed, and answered alike when it comes again', async () => {
  const { css, mspId } = await start(1);
  const { sigma, id } = await gateways.seal('first');
  const ack = await css.hold({ sigma, submit: true });
  const { world } = gateways.network.chain.consortium;
  expect(Buffer.from(ack.sigmaId).toString('hex')).toBe(id);
  expect(ack.mspId).toBe(mspId);
  const statement = { tag: 'ack', sigmaId: Uint8Array.from(ack.sigmaId), deadline: ack.deadline } as const;
  const key = world.organisation(mspId).publicKey;
  verifyStatement(world.params, key, statement, Uint8Array.from(ack.signature));
  await committed(id);
  const again = await css.hold({ sigma, submit: true });
  expect(again.deadline).toBe(ack.deadline);
  expect(gateways.committed().filter((each) => each === id)).toHaveLength(1);
});

test('bad σ is dropped at the door with its reason', async () => {
  const { css, role } = await start(1);
  const { sigma } = await gateways.seal('to be flipped');
  const flipped = Uint8Array.from(sigma);
  flipped[flipped.length - 1] = (flipped.at(-1) as number) ^ 1;
  expect(await codeOf(css.hold({ sigma: flipped, submit: true }))).toBe('E_SIGMA_SIGNATURE');
  expect(await codeOf(css.hold({ sigma: new Uint8Array(10), submit: true }))).toBe('E_SIGMA_MALFORMED');
  const { world } = gateways.network.chain.consortium;
  const now = world.env.time;
  world.env.time = now - 7200;
  const { sigma: stale } = await gateways.seal('long ago');
  world.env.time = now;
  expect(await codeOf(css.hold({ sigma: stale, submit: true }))).toBe('E_SIGMA_EXPIRED');
  expect(await role.status()).toMatchObject({ held: 0 });
});

test('one that another gateway is to submit waits, and is submitted after the time-out', async () => {
  const { css, ledger } = await start(2, { holding: { takeOverSeconds: 1 } });
  const { sigma, id } = await gateways.seal('left behind');
  await css.hold({ sigma, submit: false });
  expect(ledger.endorsed.filter(({ name }) => name === BROADCAST.submit)).toHaveLength(0);
  await committed(id);
});

test('one seen committed by another gateway is not submitted again', async () => {
  const first = await start(1);
  const second = await start(2, { holding: { takeOverSeconds: 1 } });
  const { sigma, id } = await gateways.seal('taken care of');
  await second.css.hold({ sigma, submit: false });
  await first.css.hold({ sigma, submit: true });
  await committed(id);
  await eventually(async () => (await second.role.status())['held'] === 0 || undefined, 'the second to let go');
  expect(second.ledger.endorsed.filter(({ name }) => name === BROADCAST.submit)).toHaveLength(0);
});

test('held σ outlive a restart while the ledger is away', async () => {
  const before = await start(3);
  before.ledger.outage = 'E_LEDGER_UNAVAILABLE';
  const sealed = await Promise.all(['x', 'y', 'z'].map((text) => gateways.seal(`kept ${text}`)));
  for (const { sigma } of sealed) await before.css.hold({ sigma, submit: true });
  await before.role.stop();
  running.length = 0;
  await start(3);
  for (const { id } of sealed) await committed(id);
  const all = gateways.committed();
  expect(new Set(all).size).toBe(all.length);
});

test('a gateway that holds as much as it may sends senders elsewhere', async () => {
  const { css, ledger } = await start(4, { holding: { maxHeldBytes: 600 } });
  ledger.outage = 'E_LEDGER_UNAVAILABLE';
  const [one, two] = [await gateways.seal('fits'), await gateways.seal('does not')];
  await css.hold({ sigma: one.sigma, submit: true });
  expect(await codeOf(css.hold({ sigma: two.sigma, submit: true }))).toBe('E_CSS_FULL');
});

describe('attack 18: nothing of the sender in the block', () => {
  test('the transaction’s creator is the relay, and no record or name of the sender stands in its bytes', async () => {
    const { css } = await start(1);
    const { sigma, id } = await gateways.seal('who sent this');
    await css.hold({ sigma, submit: true });
    await committed(id);
    const blocks = gateways.network.chain.blocksOf.datachain;
    const carrier = blocks
      .flatMap(({ transactions }) => transactions)
      .find(({ writes }) => writes.some(({ key }) => key === `sigma:${id}`));
    expect(carrier?.creatorMspId).toBe('CSS1MSP');
    const { record, Q } = gateways.sender as NonNullable<typeof gateways.sender>;
    const bytes = Buffer.from(carrier?.envelope ?? []);
    for (const secret of [record.f, record.X, record.R, record.rec, Q, Buffer.from('csc1')]) {
      expect(bytes.includes(Buffer.from(secret))).toBe(false);
      expect(bytes.includes(Buffer.from(secret).toString('hex'))).toBe(false);
    }
    expect(bytes.includes(Buffer.from(sigma.subarray(0, 200)))).toBe(true);
  });
});

describe('attack 23: two gateways submit the same σ, or one copies a rival’s', () => {
  test('one commit, and the rest of the loser’s batch follows', async () => {
    const [first, second] = [await start(1), await start(2)];
    const shared = await gateways.seal('submitted twice');
    const others = await Promise.all(['p', 'q', 'r'].map((text) => gateways.seal(`neighbour ${text}`)));
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let waiting = 0;
    const together = (): Promise<void> => {
      waiting += 1;
      if (waiting >= 2) release();
      return held;
    };
    first.ledger.beforeOrdering = together;
    second.ledger.beforeOrdering = together;
    await Promise.all([
      first.css.hold({ sigma: shared.sigma, submit: true }),
      ...[shared, ...others].map(({ sigma }) => second.css.hold({ sigma, submit: true })),
    ]);
    for (const { id } of [shared, ...others]) await committed(id);
    const all = gateways.committed();
    expect(all.filter((id) => id === shared.id)).toHaveLength(1);
    expect(new Set(all).size).toBe(all.length);
    for (const { role } of [first, second]) {
      await eventually(async () => (await role.status())['held'] === 0 || undefined, 'nothing held');
      expect(await role.status()).toMatchObject({ refused: 0 });
    }
  });

  test('a credential that sealed two σ is good for one: the other is refused with its code', async () => {
    const [first, second] = [await start(1), await start(2)];
    const { world } = gateways.network.chain.consortium;
    const credential = await world.credential(gateways.sender as NonNullable<typeof gateways.sender>);
    const genuine = await gateways.seal('genuine', credential);
    // A holder that breaks its own rule: what its disk knows as spent is forgotten.
    Object.assign(world, { spent: new MemorySet() });
    const rival = await gateways.seal('rival', credential);
    await Promise.all([
      first.css.hold({ sigma: genuine.sigma, submit: true }),
      second.css.hold({ sigma: rival.sigma, submit: true }),
    ]);
    const outcomes = await eventually(async () => {
      const states = await Promise.all([first, second].map(({ role }) => role.status()));
      return states.every(({ held }) => held === 0) ? states : undefined;
    }, 'both decided');
    expect(outcomes.map(({ refused }) => Number(refused)).reduce((a, b) => a + b)).toBe(1);
    expect(gateways.committed().filter((id) => id === genuine.id || id === rival.id)).toHaveLength(1);
    const codes = await Promise.all(
      [genuine, rival].map(({ sigma }) => codeOf(first.css.hold({ sigma, submit: true }))),
    );
    expect(codes.sort()).toEqual(['E_CREDENTIAL_SPENT', 'accepted']);
  });
});
