import { gateways, type SignedSlotHead, slotNumber } from '@chargecast/protocol';
import { ready, toHex } from '@chargecast/signcryption';
import { World } from '@chargecast/signcryption/testing/world';

import { silentLogger } from '../common/log';
import { type Transaction } from '../ledger';
import { type ReplicaSlot } from '../replica';
import { type SlotHead } from '../rpc';
import { organisationSigner } from './organisation-signer';
import { DEFAULT_SLOTS, SlotKeeper, type SlotKeeperParts, type SlotPeer } from './slot-keeper';

const NOW = 1_800_000_000;
const NUMBER = slotNumber(NOW);
const MSP_IDS = ['CSS1MSP', 'CSS2MSP', 'CSS3MSP', 'CSS4MSP'];
/** Whose turn the slot is. */
const FIRST = MSP_IDS[NUMBER % 4] as string;

let world: World;
const root = (fill: number): Uint8Array => new Uint8Array(64).fill(fill);

/** What one gateway's replica says. */
interface Seen {
  position: bigint;
  slot: ReplicaSlot | undefined;
  records: number;
  revocations: number;
}

class Bench {
  now = NOW;
  readonly submitted: Transaction[] = [];
  readonly seen = new Map<string, Seen>();
  readonly keepers = new Map<string, SlotKeeper>();
  readonly deaf = new Set<string>();

  constructor() {
    for (const mspId of MSP_IDS) {
      this.seen.set(mspId, { position: 40n, slot: undefined, records: 1, revocations: 1 });
      this.keepers.set(mspId, new SlotKeeper(this.#parts(mspId)));
    }
  }

  of(mspId: string): Seen {
    return this.seen.get(mspId) as Seen;
  }

  keeper(mspId: string): SlotKeeper {
    return this.keepers.get(mspId) as SlotKeeper;
  }

  head(change: Partial<SlotHead> = {}): SlotHead {
    const whole = { number: NUMBER, epoch: 7, recordsRoot: root(1), revocationsRoot: root(1), certchainBlock: 40 };
    return { ...whole, ...change };
  }

  submittedHead(): SignedSlotHead {
    return JSON.parse(String(this.submitted[0]?.args?.[0])) as SignedSlotHead;
  }

  #parts(mspId: string): SlotKeeperParts {
    const seen = this.of(mspId);
    return {
      view: {
        params: world.params,
        slot: () => seen.slot,
        epochs: () => ({ current: 7, accepted: [6, 7], schedule: [{ epoch: 6 }, { epoch: 7 }], version: 1 }),
        position: () => seen.position,
        roots: async () => ({ recordsRoot: root(seen.records), revocationsRoot: root(seen.revocations) }),
        reached: async (_, block) => {
          if (block > seen.position) throw new Error('not reached');
        },
      },
      ledger: {
        height: async () => 41n,
        submit: async (_, transaction) => {
          this.submitted.push(transaction);
          return { transactionId: 'tx', blockNumber: 1n, result: new Uint8Array() };
        },
      },
      signer: organisationSigner(mspId, world.organisation(mspId).secret, world.params),
      peers: MSP_IDS.filter((other) => other !== mspId).map((other) => this.#peer(other)),
      settings: { ...DEFAULT_SLOTS, patienceSeconds: 15 },
      log: silentLogger(),
      now: () => this.now,
    };
  }

  #peer(mspId: string): SlotPeer {
    return {
      mspId,
      signSlot: async (head) => {
        if (this.deaf.has(mspId)) throw new Error('no answer');
        return this.keeper(mspId).sign(head);
      },
    };
  }
}

const signal = new AbortController().signal;
const codeOf = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => 'signed',
    (error: { readonly code: string }) => error.code,
  );

beforeAll(async () => {
  await ready();
  world = new World('slots');
});

test('the one whose turn it is collects the others’ signatures and submits; the others wait', async () => {
  const bench = new Bench();
  const advanced = await Promise.all(MSP_IDS.map((mspId) => bench.keeper(mspId).advance(signal)));
  expect(advanced.filter(Boolean)).toHaveLength(1);
  expect(advanced[MSP_IDS.indexOf(FIRST)]).toBe(true);
  const { signatures, ...head } = bench.submittedHead();
  expect(head).toEqual({
    number: NUMBER,
    epoch: 7,
    recordsRoot: toHex(root(1)),
    revocationsRoot: toHex(root(1)),
    certchainBlock: 40,
  });
  expect(signatures.map(({ mspId }) => mspId).sort()).toEqual(gateways(world.params).map(({ mspId }) => mspId));
});

test('nothing is done while the slot is current', async () => {
  const bench = new Bench();
  for (const mspId of MSP_IDS) {
    bench.of(mspId).slot = {
      number: NUMBER,
      epoch: 7,
      recordsRoot: root(1),
      revocationsRoot: root(1),
      certchainBlock: 4n,
    };
  }
  expect(await bench.keeper(FIRST).advance(signal)).toBe(false);
});

test('the next in turn steps in for one that does not', async () => {
  const bench = new Bench();
  const next = MSP_IDS[(NUMBER + 1) % 4] as string;
  expect(await bench.keeper(next).advance(signal)).toBe(false);
  bench.now += 15;
  expect(await bench.keeper(next).advance(signal)).toBe(true);
});

test('a majority is enough, less is not submitted', async () => {
  const bench = new Bench();
  bench.deaf.add(MSP_IDS[(NUMBER + 1) % 4] as string);
  expect(await bench.keeper(FIRST).advance(signal)).toBe(true);
  expect(bench.submittedHead().signatures).toHaveLength(3);
  const lonely = new Bench();
  MSP_IDS.filter((mspId) => mspId !== FIRST)
    .slice(0, 2)
    .forEach((mspId) => lonely.deaf.add(mspId));
  expect(await codeOf(lonely.keeper(FIRST).advance(signal))).toBe('E_SLOT_MAJORITY');
  expect(lonely.submitted).toHaveLength(0);
});

test('a peer that answers with another’s signature does not count', async () => {
  const bench = new Bench();
  const [second, third] = [MSP_IDS[(NUMBER + 1) % 4] as string, MSP_IDS[(NUMBER + 2) % 4] as string];
  const genuine = bench.keeper(third);
  bench.keepers.set(second, genuine);
  bench.keepers.set(MSP_IDS[(NUMBER + 3) % 4] as string, genuine);
  expect(await codeOf(bench.keeper(FIRST).advance(signal))).toBe('E_SLOT_MAJORITY');
});

describe('attack 30: a head that withholds something is not signed', () => {
  test.each<[string, Partial<SlotHead>, string]>([
    ['the next slot as this gateway sees it', {}, 'signed'],
    ['a slot of another time', { number: NUMBER + 2 }, 'E_SLOT_NUMBER'],
    ['a past slot', { number: NUMBER - 2 }, 'E_SLOT_NUMBER'],
    ['another epoch', { epoch: 6 }, 'E_SLOT_EPOCH'],
    ['a root without a record', { recordsRoot: root(2) }, 'E_SLOT_ROOTS'],
    ['a root without a revocation', { revocationsRoot: root(2) }, 'E_SLOT_ROOTS'],
    ['a height nobody has', { certchainBlock: 41 }, 'E_SLOT_HEIGHT'],
    ['a height long past', { certchainBlock: 7 }, 'E_SLOT_HEIGHT'],
  ])('%s', async (_, change, code) => {
    const bench = new Bench();
    expect(await codeOf(bench.keeper(FIRST).sign(bench.head(change)))).toBe(code);
  });

  test('a head behind the one on the chain, or of the slot that is there', async () => {
    const bench = new Bench();
    const slot = { number: NUMBER - 1, epoch: 7, recordsRoot: root(1), revocationsRoot: root(1), certchainBlock: 39n };
    bench.of(FIRST).slot = slot;
    expect(await codeOf(bench.keeper(FIRST).sign(bench.head({ certchainBlock: 38 })))).toBe('E_SLOT_HEIGHT');
    bench.of(FIRST).slot = { ...slot, number: NUMBER };
    expect(await codeOf(bench.keeper(FIRST).sign(bench.head()))).toBe('E_SLOT_NUMBER');
  });
});
