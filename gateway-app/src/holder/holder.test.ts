import { type HolderKey, Role, toHex, verifySigma } from '@chargecast/signcryption';
import { EPOCH } from '@chargecast/signcryption/testing/world';
import { status } from '@grpc/grpc-js';

import { codeOf } from '../common/errors';
import { silentLogger } from '../common/log';
import { type RunningRole } from '../common/running-role';
import { startEsp } from '../esp';
import { startKgc } from '../kgc';
import { RpcError } from '../rpc';
import { type Store } from '../store';
import { eventually, TestNetwork } from '../testing/test-network';
import {
  approvedByGateways,
  encodePayload,
  type Holder,
  type HolderOptions,
  openHolder,
  type RecordPublisher,
} from '.';

jest.setTimeout(120_000);

let network: TestNetwork;
let kgc: RunningRole;
let store: Store;
let publisher: RecordPublisher;
let options: HolderOptions;
let pile: Holder;

beforeEach(async () => {
  network = await TestNetwork.start(expect.getState().currentTestName);
  kgc = await startKgc(await network.kgcConfig());
  network.closing(() => kgc.stop());
  ({ holder: pile } = await network.holder('cp', 'cp1/pile1', kgc));
  store = (await network.store('own')).sub('holder');
  const replica = await network.replica();
  const gateways = await Promise.all(
    network.gateways.map(async (each) => ({
      mspId: each.mspId,
      css: await network.client('Css', each, 'csc', 'csc1'),
    })),
  );
  publisher = approvedByGateways(replica.params, gateways);
  options = {
    role: 'csc',
    name: 'csc1',
    store,
    replica,
    kgc: await network.client('Kgc', kgc, 'csc', 'csc1'),
    publisher,
    logger: silentLogger(),
    credentials: { batch: 3, low: 0 },
    patience: 20_000,
  };
});
afterEach(() => network.stop());

const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'accepted',
    (error: unknown) => codeOf(error) ?? 'uncoded',
  );
const lost = (): RpcError => new RpcError('E_UNREACHABLE', 'the connection broke', status.UNAVAILABLE);
const message = encodePayload([{ commandId: '00'.repeat(16), kind: 'notice', action: 'DataTransfer', payload: {} }]);
const oneTimeKey = (sigma: Uint8Array): string =>
  toHex(verifySigma(network.chain.trust.params, sigma).header.oneTimeKey);

async function opened(more: Partial<HolderOptions> = {}): Promise<Holder> {
  const holder = await openHolder({ ...options, ...more });
  network.closing(() => holder.stop());
  return holder;
}

async function seal(holder: Holder): Promise<Uint8Array> {
  return (await holder.seal([{ keys: pile.key, message }], 900)).sigma;
}

/** Calls go through; answers to those that `lose` picks are lost on the way back. */
function losing(inner: HolderOptions['kgc'], lose: (name: string) => boolean): HolderOptions['kgc'] {
  const through = async <T>(name: string, answer: Promise<T>): Promise<T> => {
    const arrived = await answer;
    if (lose(name)) throw lost();
    return arrived;
  };
  return {
    enrol: (request) => through('enrol', inner.enrol(request)),
    issueCredentials: (request) => through('issueCredentials', inner.issueCredentials(request)),
  };
}

describe('enrolment of a holder', () => {
  it('ends with a record that counts, and begins nothing anew when opened again', async () => {
    const holder = await opened();
    const replica = await network.replica();
    expect((await replica.record(holder.f))?.keys?.record.role).toBe(Role.CSC);
    expect(holder.keyOf(EPOCH)?.Q).toEqual(holder.key.Q);
    expect(holder.keyOf(EPOCH + 1)).toBeUndefined();
    const calls: string[] = [];
    const again = await opened({ kgc: losing(options.kgc, (name) => calls.push(name) < 0) });
    expect(again.f).toEqual(holder.f);
    expect(calls).toEqual([]);
  });

  it('asks again for a lost answer and gets one pseudo-identity, not two', async () => {
    const asked: string[] = [];
    const holder = await opened({
      kgc: losing(options.kgc, (name) => name === 'enrol' && asked.push(name) === 1),
    });
    expect(asked).toHaveLength(2);
    expect((await opened()).f).toEqual(holder.f);
  });

  it('publishes again after a crash between enrolment and publication', async () => {
    const crash: RecordPublisher = {
      publish: async () => {
        throw new Error('power cut');
      },
    };
    await expect(openHolder({ ...options, publisher: crash })).rejects.toThrow('power cut');
    const holder = await opened();
    expect((await (await network.replica()).record(holder.f))?.keys).toBeDefined();
  });

  it('gives up on a refusal that time does not mend, with its code', async () => {
    const stranger = await network.client('Kgc', kgc, 'csc', 'csc2');
    expect(await refusal(openHolder({ ...options, kgc: stranger }))).toBe('E_ENROL_REQUEST');
    const vehicles = await network.client('Kgc', kgc, 'ev', 'ev9');
    const esp = await startEsp(await network.espConfig(), { connect: async () => network.ledger() });
    network.closing(() => esp.stop());
    expect(await refusal(network.holder('ev', 'ev9/VIN1', kgc, esp))).toBe('E_NOT_CUSTOMER');
    expect(await refusal(vehicles.issueCredentials({ request: new Uint8Array(3) }))).toBe('E_CREDENTIAL_REQUEST');
  });

  it('attack 5: a centre the KGC invents, and no majority approved, never comes to count', async () => {
    const silent: RecordPublisher = { publish: async () => undefined };
    expect(await refusal(openHolder({ ...options, publisher: silent, patience: 1500 }))).toBe('E_RECORD_NOT_COUNTED');
    const replica = await network.replica();
    const only = network.gateways.slice(0, 2).map(async (each) => ({
      mspId: each.mspId,
      css: await network.client('Css', each, 'csc', 'csc1'),
    }));
    const minority = approvedByGateways(replica.params, await Promise.all(only));
    expect(await refusal(openHolder({ ...options, publisher: minority, patience: 1500 }))).toBe('E_APPROVALS_MISSING');
  });
});

describe('the roll of an epoch', () => {
  it('enrols anew at once, and still seals to who has not', async () => {
    const entered: number[] = [];
    const holder = await opened({ entered: ({ epoch }) => entered.push(epoch) });
    const before = holder.f;
    const replica = await network.replica();
    const closeAt = Math.floor(Date.now() / 1000) + 4 * 3600;
    await network.roll(2, { current: EPOCH + 1, accepted: [{ epoch: EPOCH, closeAt }, { epoch: EPOCH + 1 }] });
    await eventually(async () => (holder.epoch === EPOCH + 1 ? true : undefined), 'the next epoch');
    expect([...holder.epochs].sort()).toEqual([EPOCH, EPOCH + 1]);
    expect(entered).toEqual([EPOCH, EPOCH + 1]);
    expect(toHex(holder.f)).not.toBe(toHex(before));
    expect((await replica.record(holder.f))?.keys?.record.epoch).toBe(EPOCH + 1);
    const epochs = [pile.keyOf(EPOCH), await eventually(async () => pile.keyOf(EPOCH + 1), 'the pile’s next record')];
    for (const [index, keys] of epochs.entries()) {
      const { sigma } = await holder.seal([{ keys: keys as HolderKey, message }], 900);
      expect(verifySigma(network.chain.trust.params, sigma).header.epoch).toBe(EPOCH + index);
    }
  });

  it('ends with the old keys erased; nothing is sealed that would outlive its epoch', async () => {
    const holder = await opened();
    const keys = pile.keyOf(EPOCH) as HolderKey;
    const soon = Math.floor(Date.now() / 1000) + 8;
    await network.roll(2, { current: EPOCH + 1, accepted: [{ epoch: EPOCH, closeAt: soon }, { epoch: EPOCH + 1 }] });
    await eventually(async () => (holder.epoch === EPOCH + 1 ? true : undefined), 'the next epoch');
    expect(await refusal(holder.seal([{ keys, message }], 900))).toBe('E_EPOCH');
    await eventually(async () => (holder.epochs.length === 1 ? true : undefined), 'the end of the old epoch');
    expect(holder.keyOf(EPOCH)).toBeUndefined();
    expect((await opened()).epochs).toEqual([EPOCH + 1]);
  });
});

describe('one-time credentials of a holder', () => {
  it('are used once each, over restarts, and refilled when they run out', async () => {
    const holder = await opened();
    const used: string[] = [];
    for (let i = 0; i < 2; i++) used.push(oneTimeKey(await seal(holder)));
    await holder.stop();
    const again = await opened();
    for (let i = 0; i < 5; i++) used.push(oneTimeKey(await seal(again)));
    expect(new Set(used).size).toBe(7);
    expect(again.credentialsLeft()).toBeGreaterThanOrEqual(0);
  });

  it('attack 26: marked spent before signing; a failure before leaves it, a crash after never brings it back', async () => {
    const holder = await opened();
    await seal(holder);
    const before = holder.credentialsLeft();
    const tooLong = new Uint8Array(5000);
    expect(await refusal(holder.seal([{ keys: pile.key, message: tooLong }], 900))).toBe('E_MESSAGE_SIZE');
    expect(holder.credentialsLeft()).toBe(before);
    const unused = async (): Promise<number> => {
      let count = 0;
      const wallet = store.sub(`credentials-${EPOCH}`).sub(`class-${Role.CSC}`);
      for await (const { key } of wallet.entries({ prefix: 'unused.' })) count += key.length > 0 ? 1 : 0;
      return count;
    };
    const stored = await unused();
    await seal(holder);
    expect(await unused()).toBe(stored - 1);
  });

  it('asks again for a lost batch and uses that very batch', async () => {
    const requests: Uint8Array[] = [];
    const inner = options.kgc;
    const holder = await opened({
      kgc: {
        enrol: inner.enrol,
        issueCredentials: async (request) => {
          requests.push(Uint8Array.from(request.request));
          const answer = await inner.issueCredentials(request);
          if (requests.length === 1) throw lost();
          return answer;
        },
      },
    });
    await seal(holder);
    expect(requests[1]).toEqual(requests[0]);
  });

  it('refuses receivers the limits do not let it address', async () => {
    const holder = await opened();
    expect(await refusal(holder.seal([{ keys: holder.key, message }], 900))).toBe('E_NOT_ALLOWED');
  });

  it('tells when none is left and the KGC gives none', async () => {
    const refusing = {
      enrol: options.kgc.enrol,
      issueCredentials: async (): Promise<never> => {
        throw new RpcError('E_CLASS', 'no such class', status.FAILED_PRECONDITION);
      },
    };
    const holder = await opened({ kgc: refusing });
    expect(await refusal(seal(holder))).toBe('E_CREDENTIALS_OUT');
  });
});
