import {
  beginEnrolment,
  decodeOpening,
  decodeRecord,
  decodeSigma,
  finishEnrolment,
  prepareCredentials,
  Role,
  Secret,
  sessionBinding,
  toHex,
  verifyOpening,
  verifyRecord,
} from '@chargecast/signcryption';
import { EPOCH } from '@chargecast/signcryption/testing/world';
import { cpSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { codeOf } from '../common/errors';
import { type RunningRole } from '../common/running-role';
import { encodeCredentialRequest, encodePayload, type Holder, realIdentity } from '../holder';
import { startEsp } from '../esp';
import { TestNetwork } from '../testing/test-network';
import { provisionKgc, startKgc } from '.';
import { openSealedStore } from '../store';

let network: TestNetwork;
let kgc: RunningRole;
let esp: RunningRole;

beforeEach(async () => {
  network = await TestNetwork.start(expect.getState().currentTestName);
  kgc = await startKgc(await network.kgcConfig());
  network.closing(() => kgc.stop());
  esp = await startEsp(await network.espConfig(), { connect: async () => network.ledger() });
  network.closing(() => esp.stop());
});
afterEach(() => network.stop());

const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'accepted',
    (error: unknown) => codeOf(error) ?? 'uncoded',
  );
const id16 = (): Uint8Array => Uint8Array.from(randomBytes(16));
const message = encodePayload([{ commandId: '00'.repeat(16), kind: 'notice', action: 'DataTransfer', payload: {} }]);

async function enrolled(role: 'ev' | 'csc', name: string): Promise<ReturnType<typeof finishEnrolment>> {
  const client = await network.client('Kgc', kgc, role, name);
  const code = role === 'ev' ? Role.EV : Role.CSC;
  const { params } = network.chain.trust;
  const who = { realId: realIdentity(role, name), role: code, epoch: EPOCH };
  const pending = beginEnrolment(params, who, new Secret(Uint8Array.from(randomBytes(32))));
  const { X, pop } = pending.request;
  await (await network.replica()).reached('datachain', 1n);
  const { f, r, d } = await eager(() => client.enrol({ epoch: EPOCH, x: X, pop }));
  return finishEnrolment(params, pending, {
    f: Uint8Array.from(f),
    R: Uint8Array.from(r),
    d: new Secret(Uint8Array.from(d)),
    role: code,
    epoch: EPOCH,
    X,
  });
}

/** The KGC's own replica may be a moment behind the test's. */
async function eager<T>(work: () => Promise<T>): Promise<T> {
  const until = Date.now() + 10_000;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() > until || !/^E_(REPLICA_EMPTY|RECORD_NOT_COUNTED)$/.test(codeOf(error) ?? '')) throw error;
    }
  }
}

async function pluggedIn(vehicle: Holder, pile: Holder): Promise<Uint8Array> {
  const session = id16();
  const cp = await network.client('Kgc', kgc, 'cp', 'cp1');
  await cp.plugIn({ vehicle: vehicle.f, session, pile: pile.f });
  return session;
}

describe('enrolment', () => {
  it('gives a holder a key that nobody else holds, and the same answer for the same request', async () => {
    const client = await network.client('Kgc', kgc, 'csc', 'csc1');
    const { params } = network.chain.trust;
    const who = { realId: 'csc:csc1', role: Role.CSC, epoch: EPOCH };
    const pending = beginEnrolment(params, who, new Secret(Uint8Array.from(randomBytes(32))));
    const request = { epoch: EPOCH, x: pending.request.X, pop: pending.request.pop };
    const first = await eager(() => client.enrol(request));
    expect(await client.enrol(request)).toEqual(first);
  });

  it('takes the real identity from the certificate and from nowhere else', async () => {
    const thief = await network.client('Kgc', kgc, 'csc', 'csc2');
    const { params } = network.chain.trust;
    const who = { realId: 'csc:csc1', role: Role.CSC, epoch: EPOCH };
    const { request } = beginEnrolment(params, who, new Secret(Uint8Array.from(randomBytes(32))));
    await network.holder('csc', 'csc9', kgc);
    expect(await refusal(thief.enrol({ epoch: EPOCH, x: request.X, pop: request.pop }))).toBe('E_ENROL_REQUEST');
  });

  it('refuses roles without records and epochs that are not accepted', async () => {
    const provider = await network.client('Kgc', kgc, 'esp', 'provider-one');
    expect(await refusal(provider.enrol({ epoch: EPOCH, x: id16(), pop: id16() }))).toBe('E_FORBIDDEN');
    await network.holder('csc', 'csc9', kgc);
    const centre = await network.client('Kgc', kgc, 'csc', 'csc1');
    expect(await refusal(centre.enrol({ epoch: EPOCH + 1, x: id16(), pop: id16() }))).toBe('E_EPOCH');
  });

  it('attack 20: enrols nobody twice while a record of its counts', async () => {
    const { holder } = await network.holder('csc', 'csc1', kgc);
    expect(holder.epoch).toBe(EPOCH);
    await expect(enrolled('csc', 'csc1')).rejects.toMatchObject({ code: 'E_ENROL_REPEATED' });
  });

  it('forgets a partial key when its holder’s record counts and asks for credentials', async () => {
    const { holder } = await network.holder('csc', 'csc1', kgc);
    const { holder: pile } = await network.holder('cp', 'cp1/pile1', kgc);
    const folder = join(network.directory, 'roles', 'kgc');
    const kept = async (): Promise<string[]> => {
      await kgc.stop();
      const store = await openSealedStore(join(folder, 'data'), join(folder, 'store.key'));
      const found: string[] = [];
      for await (const { key } of store.sub('answers').entries()) found.push(key);
      await store.close();
      kgc = await startKgc(await network.kgcConfig({ listen: `127.0.0.1:${kgc.port}` }));
      return found;
    };
    expect((await kept()).sort()).toEqual([holder, pile].map(({ key }) => toHex(key.record.X)).sort());
    await eager(() => holder.seal([{ keys: pile.key, message }], 900));
    expect(await kept()).toEqual([toHex(pile.key.record.X)]);
  });

  it('attack 25: gives R only with d and for a fixed X; a restored database repeats no nonce', async () => {
    const data = join(network.directory, 'roles', 'kgc', 'data');
    const first = await enrolled('ev', 'ev7');
    await kgc.stop();
    cpSync(data, `${data}.old`, { recursive: true });
    kgc = await startKgc(await network.kgcConfig());
    const second = await enrolled('ev', 'ev8');
    await kgc.stop();
    rmSync(data, { recursive: true });
    cpSync(`${data}.old`, data, { recursive: true });
    kgc = await startKgc(await network.kgcConfig());
    const again = await enrolled('ev', 'ev8');
    const nonces = [first, second, again].map(({ record }) => toHex(record.R));
    expect(new Set(nonces).size).toBe(3);
  });

  it('attack 25: a restored database issues no pseudo-identity that stands on the ledger', async () => {
    const data = join(network.directory, 'roles', 'kgc', 'data');
    await kgc.stop();
    cpSync(data, `${data}.old`, { recursive: true });
    kgc = await startKgc(await network.kgcConfig());
    const { holder } = await network.holder('csc', 'csc1', kgc);
    await kgc.stop();
    rmSync(data, { recursive: true });
    cpSync(`${data}.old`, data, { recursive: true });
    kgc = await startKgc(await network.kgcConfig());
    await network.holder('csc', 'csc2', kgc);
    await expect(enrolled('csc', 'csc1')).rejects.toMatchObject({ code: 'E_ENROL_REPEATED' });
    expect((await (await network.replica()).record(holder.f))?.keys).toBeDefined();
  });
});

describe('the database', () => {
  it('holds neither keys nor names in clear, and opens with its own key only', async () => {
    await network.holder('ev', 'ev1/VIN1', kgc, esp);
    const dataDir = join(network.directory, 'roles', 'kgc', 'data');
    const keyFile = join(network.directory, 'roles', 'kgc', 'store.key');
    await kgc.stop();
    const { masterSecret } = network.chain.consortium.world.kgc;
    const files = await readdir(dataDir);
    const all = Buffer.concat(await Promise.all(files.map((file) => readFile(join(dataDir, file)))));
    expect(all.includes('VIN1')).toBe(false);
    expect(all.includes(toHex(masterSecret.reveal()))).toBe(false);
    expect(all.includes(Buffer.from(masterSecret.reveal()))).toBe(false);
    await expect(openSealedStore(dataDir, `${keyFile}.other`)).rejects.toMatchObject({ code: 'E_KEY_FILE_MISSING' });
    kgc = await startKgc(await network.kgcConfig());
  });

  it('takes other master keys never, and does not start without any', async () => {
    const fresh = { dataDir: join(network.directory, 'fresh'), keyFile: join(network.directory, 'fresh.key') };
    const { kgc: keys } = network.chain.consortium.world;
    await provisionKgc({ ...fresh, keys });
    await provisionKgc({ ...fresh, keys });
    const others = { ...keys, masterSecret: new Secret(new Uint8Array(32).fill(5)) };
    expect(await refusal(provisionKgc({ ...fresh, keys: others }))).toBe('E_KGC_PROVISIONED');
    const bare = await network.config('kgc', 'kgc2', { peers: { css: network.css } });
    expect(await refusal(startKgc(bare))).toBe('E_KGC_UNPROVISIONED');
  });
});

describe('one-time credentials', () => {
  it('are issued once for each Y, again for the same request, and never to an uncounted record', async () => {
    const { holder } = await network.holder('csc', 'csc1', kgc);
    const client = await network.client('Kgc', kgc, 'csc', 'csc1');
    const { params } = network.chain.trust;
    const batch = { senderClass: Role.CSC, count: 3, firstCounter: 1_000_000 };
    const { request } = prepareCredentials(params, holder.key, batch);
    const bytes = encodeCredentialRequest(request);
    const issued = await eager(() => client.issueCredentials({ request: bytes }));
    expect(issued.issued).toHaveLength(3 * 64);
    expect((await client.issueCredentials({ request: bytes })).issued).toHaveLength(3 * 64);
    const other = await network.client('Kgc', kgc, 'csc', 'csc2');
    expect(await refusal(other.issueCredentials({ request: bytes }))).toBe('E_CREDENTIAL_OWNER');
    expect(await refusal(client.issueCredentials({ request: bytes.subarray(1) }))).toBe('E_CREDENTIAL_REQUEST');
    const wrongClass = prepareCredentials(params, holder.key, { ...batch, senderClass: Role.EV });
    const foreign = encodeCredentialRequest(wrongClass.request);
    expect(await refusal(client.issueCredentials({ request: foreign }))).toBe('E_CLASS');
    const outsider = await enrolled('csc', 'csc3');
    const uncounted = encodeCredentialRequest(prepareCredentials(params, outsider, batch).request);
    const client3 = await network.client('Kgc', kgc, 'csc', 'csc3');
    expect(await refusal(client3.issueCredentials({ request: uncounted }))).toBe('E_RECORD_NOT_COUNTED');
  });

  it('attack 19: opens a one-time key to its holder with evidence, and to nobody else', async () => {
    const { holder } = await network.holder('csc', 'csc1', kgc);
    const replica = await network.replica();
    const { holder: pile } = await network.holder('cp', 'cp1/pile1', kgc);
    const { sigma } = await holder.seal([{ keys: pile.key, message }], 900);
    const { oneTimeKey } = decodeSigma(sigma).header;
    const operator = await network.client('Kgc', kgc, 'kgc', 'kgc');
    const reply = await operator.open({ oneTimeKey });
    expect([reply.role, reply.name]).toEqual(['csc', 'csc1']);
    const record = verifyRecord(replica.params, decodeRecord(Uint8Array.from(reply.record)));
    const opening = decodeOpening(Uint8Array.from(reply.opening));
    verifyOpening(replica.params, record, oneTimeKey, opening);
    const { holder: accomplice } = await network.holder('csc', 'csc2', kgc);
    expect(() => verifyOpening(replica.params, accomplice.key, oneTimeKey, opening)).toThrow(
      expect.objectContaining({ code: 'E_OPENING' }) as Error,
    );
    expect(await refusal(operator.open({ oneTimeKey: id16() }))).toBe('E_OPENING_UNKNOWN');
    const centre = await network.client('Kgc', kgc, 'csc', 'csc1');
    expect(await refusal(centre.open({ oneTimeKey }))).toBe('E_FORBIDDEN');
  });

  it('names to centres the f of vehicles, and to others nothing', async () => {
    const { holder } = await network.holder('ev', 'ev1/VIN1', kgc, esp);
    const centre = await network.client('Kgc', kgc, 'csc', 'csc1');
    const listed: string[] = [];
    for await (const { f } of centre.listReceivers({ epoch: EPOCH })) listed.push(toHex(Uint8Array.from(f)));
    expect(listed).toEqual([toHex(holder.f)]);
    const vehicle = await network.client('Kgc', kgc, 'ev', 'ev1');
    const asked = (async () => {
      for await (const each of vehicle.listReceivers({ epoch: EPOCH })) listed.push(toHex(Uint8Array.from(each.f)));
    })();
    expect(await refusal(asked)).toBe('E_FORBIDDEN');
  });
});

describe('routing', () => {
  async function scene(): Promise<{ csc: Holder; ev: Holder; pile: Holder }> {
    const { holder: csc } = await network.holder('csc', 'csc1', kgc);
    const { holder: ev } = await network.holder('ev', 'ev1/VIN1', kgc, esp);
    const { holder: pile } = await network.holder('cp', 'cp1/pile1', kgc);
    return { csc, ev, pile };
  }

  async function sealedTo(csc: Holder, ev: Holder, pile: Holder, session = id16()): Promise<Uint8Array> {
    const bind = sessionBinding(pile.f, session);
    return (await csc.seal([{ keys: ev.key, bind, message }], 900)).sigma;
  }

  it('tells as many gateways as one of is honest, appoints one by the σ id, and gives the same acks again', async () => {
    const { csc, ev, pile } = await scene();
    const session = await pluggedIn(ev, pile);
    const sigma = await sealedTo(csc, ev, pile, session);
    const centre = await network.client('Kgc', kgc, 'csc', 'csc1');
    const reply = await centre.route({ sigma, receivers: [ev.f] });
    const told = network.gateways.filter(({ held }) => held.size === 1);
    expect(told).toHaveLength(2);
    expect(reply.acks.map(({ mspId }) => mspId).sort()).toEqual(told.map(({ mspId }) => mspId));
    expect(told.flatMap(({ held }) => [...held.values()]).filter(Boolean)).toHaveLength(1);
    expect(await centre.route({ sigma, receivers: [ev.f] })).toEqual(reply);
  });

  it('refuses a σ it cannot place, with a reason for each receiver, and routes it when one can be placed', async () => {
    const { csc, ev, pile } = await scene();
    const sigma = await sealedTo(csc, ev, pile);
    const centre = await network.client('Kgc', kgc, 'csc', 'csc1');
    const failure = await centre.route({ sigma, receivers: [ev.f] }).catch((error: unknown) => error as Error);
    expect(codeOf(failure)).toBe('E_UNROUTABLE');
    expect((failure as Error).message).toContain('0: E_NOT_PLUGGED_IN');
    expect((failure as Error).message).not.toContain(toHex(ev.f));
    expect(network.gateways.every(({ held }) => held.size === 0)).toBe(true);
    const stranger = id16();
    const bind = sessionBinding(pile.f, id16());
    const { sigma: two } = await csc.seal(
      [
        { keys: ev.key, bind, message },
        { keys: pile.key, message },
      ],
      900,
    );
    const reply = await centre.route({ sigma: two, receivers: [stranger, pile.f] });
    expect(reply.unroutable.map(({ f, code }) => [toHex(Uint8Array.from(f)), code])).toEqual([
      [toHex(stranger), 'E_RECEIVER_UNKNOWN'],
    ]);
    expect(await refusal(centre.route({ sigma: two, receivers: [] }))).toBe('E_RECEIVERS');
    expect(await refusal(centre.route({ sigma: two, receivers: [pile.f, pile.f] }))).toBe('E_RECEIVERS');
  });

  it('refuses any σ whose bytes were changed, before it tells anybody', async () => {
    const { csc, ev, pile } = await scene();
    const session = await pluggedIn(ev, pile);
    const sigma = await sealedTo(csc, ev, pile, session);
    const centre = await network.client('Kgc', kgc, 'csc', 'csc1');
    for (const at of [0, 40, 150, 300, sigma.length - 1]) {
      const changed = Uint8Array.from(sigma);
      changed[at] = (changed[at] as number) ^ 1;
      expect(await refusal(centre.route({ sigma: changed, receivers: [ev.f] }))).toMatch(/^E_SIGMA_/);
    }
    expect(network.gateways.every(({ held }) => held.size === 0)).toBe(true);
  });

  it('appoints the next gateway when the first is away, and asks for more acks than liars could give', async () => {
    const { csc, ev, pile } = await scene();
    const session = await pluggedIn(ev, pile);
    const centre = await network.client('Kgc', kgc, 'csc', 'csc1');
    const sigma = await sealedTo(csc, ev, pile, session);
    let appointed = '';
    network.conduct.hold = ({ mspId }, _, submit): void => {
      if (submit && appointed === '') appointed = mspId;
      if (mspId === appointed) throw new Error('away');
    };
    const { acks } = await centre.route({ sigma, receivers: [ev.f] });
    expect(acks).toHaveLength(2);
    expect(network.gateways.flatMap(({ held }) => [...held.values()]).filter(Boolean)).toHaveLength(1);
    network.conduct.hold = ({ mspId }): void => {
      if (mspId !== 'CSS1MSP') throw new Error('away');
    };
    const second = await sealedTo(csc, ev, pile, session);
    expect(await refusal(centre.route({ sigma: second, receivers: [ev.f] }))).toBe('E_ACKS_TOO_FEW');
  });

  it('asks the next gateway beside one that takes long, and does not wait for it', async () => {
    const { csc, ev, pile } = await scene();
    const session = await pluggedIn(ev, pile);
    const sigma = await sealedTo(csc, ev, pile, session);
    await kgc.stop();
    kgc = await startKgc(await network.kgcConfig({ patienceMs: 100 }));
    const centre = await network.client('Kgc', kgc, 'csc', 'csc1');
    let slow = '';
    let wake = (): void => undefined;
    const awake = new Promise<void>((resolve) => (wake = resolve));
    network.conduct.hold = async ({ mspId }, _, submit): Promise<void> => {
      if (submit && slow === '') slow = mspId;
      if (mspId === slow) await awake;
    };
    const { acks } = await eager(() => centre.route({ sigma, receivers: [ev.f] }));
    wake();
    expect(acks.map(({ mspId }) => mspId)).toEqual([expect.any(String), expect.any(String)]);
    expect(acks.map(({ mspId }) => mspId)).not.toContain(slow);
    const others = network.gateways.filter(({ mspId }) => mspId !== slow);
    expect(others.flatMap(({ held }) => [...held.values()]).sort()).toEqual([false, true]);
  });

  it('takes a pile’s word for its own vehicles only, and remembers it over a restart', async () => {
    const { csc, ev, pile } = await scene();
    const session = await pluggedIn(ev, pile);
    const stranger = await network.client('Kgc', kgc, 'cp', 'cp2');
    expect(await refusal(stranger.plugIn({ vehicle: ev.f, session: id16(), pile: pile.f }))).toBe('E_PILE_FOREIGN');
    expect(await refusal(stranger.unplug({ vehicle: ev.f, session, pile: pile.f }))).toBe('E_PILE_FOREIGN');
    await kgc.stop();
    kgc = await startKgc(await network.kgcConfig({ listen: `127.0.0.1:${kgc.port}` }));
    const sigma = await sealedTo(csc, ev, pile, session);
    const centre = await network.client('Kgc', kgc, 'csc', 'csc1');
    expect((await eager(() => centre.route({ sigma, receivers: [ev.f] }))).acks).toHaveLength(2);
    const own = await network.client('Kgc', kgc, 'cp', 'cp1');
    await own.unplug({ vehicle: ev.f, session: id16(), pile: pile.f });
    expect(await kgc.status()).toMatchObject({ pluggedIn: 1 });
    await own.unplug({ vehicle: ev.f, session, pile: pile.f });
    expect(await kgc.status()).toMatchObject({ pluggedIn: 0 });
  });
});
