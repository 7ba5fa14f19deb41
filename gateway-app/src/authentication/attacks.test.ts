/** Attacks of docs/authentication.md on the handshake's messages; what the transport and the roles bound is tested there. */
import { ready } from '@chargecast/signcryption';
import { randomBytes } from 'node:crypto';

import { HalfOpen, RateLimit, ReplayCache } from './admission-limits';
import { type Admissions } from './admissions';
import { KeySchedule } from './key-schedule';
import * as m from './messages';
import { signHandshake } from './signatures';
import { attackScene, type Halfway, halfway as halfwayOf, refusal } from './testing/attack-scene';
import { type ConsortiumScene, type Member } from './testing/consortium-scene';
import { x25519KeyPair } from './x25519';

let scene: ConsortiumScene;
let vehicle: Member;
let station: Member;
let otherStation: Member;
let admissions: Admissions;

beforeAll(ready);
beforeEach(async () => {
  ({ scene, vehicle, station, otherStation, admissions } = await attackScene(expect.getState().currentTestName ?? ''));
});

const halfway = (from = vehicle, to = station): Promise<Halfway> => halfwayOf(scene, from, to);

describe('replay', () => {
  test('a whole recorded handshake, played to the station again', async () => {
    const { messages } = await scene.run(vehicle, station, admissions);
    const again = scene.station(station, messages['hello'] as Uint8Array);
    expect(await refusal(again.prove(messages['proof'] as Uint8Array))).toBe('E_AUTH_KEYS');
  });

  test('a recorded offer, played to the vehicle again', async () => {
    const { messages } = await scene.run(vehicle, station, admissions);
    expect(await refusal(scene.vehicle(vehicle, station).prove(messages['offer'] as Uint8Array))).toBe('E_AUTH_KEYS');
  });

  test('a station asks its provider a second time, under a new signature', async () => {
    const { request } = await halfway();
    await admissions.admit('cp1', request);
    expect(await refusal(admissions.admit('cp1', request))).toBe('E_AUTH_REPLAY');
    const asked = { ...m.decodeAdmissionRequest(request), proofHash: Uint8Array.from(randomBytes(32)) };
    const signature = signHandshake(station.credential.key, scene.params.ctx, 'request', m.admissionRequestHead(asked));
    const renewed = m.encodeAdmissionRequest({ ...asked, signature });
    expect(await refusal(admissions.admit('cp1', renewed))).toBe('E_AUTH_REPLAY');
  });

  test('to a provider that was started anew and remembers nothing', async () => {
    const { request } = await halfway();
    scene.world.env.time += 2;
    expect(await refusal(scene.admissions('esp1').admit('cp1', request))).toBe('E_AUTH_REPLAY');
  });

  test('a confirmation or a proof given twice', async () => {
    const { one, other, proof, request } = await halfway();
    expect(await refusal(other.prove(proof))).toBe('E_AUTH_MESSAGE');
    expect(await refusal(other.accept((await admissions.admit('cp1', request)).permit))).toBe('E_AUTH_MESSAGE');
    const { messages } = await scene.run(vehicle, station, admissions);
    expect(await refusal(one.complete(messages['acceptance'] as Uint8Array))).toBe('E_AUTH_KEYS');
    expect(await refusal(one.complete(messages['acceptance'] as Uint8Array))).toBe('E_AUTH_MESSAGE');
  });
});

describe('delay', () => {
  test('a hello held back, or dated ahead', async () => {
    const one = scene.vehicle(vehicle, station);
    scene.world.env.time += 61;
    expect(await refusal(() => scene.station(station, one.hello))).toBe('E_AUTH_CLOCK');
    scene.world.env.time -= 122;
    expect(await refusal(() => scene.station(station, one.hello))).toBe('E_AUTH_CLOCK');
  });

  test('an offer held back', async () => {
    const one = scene.vehicle(vehicle, station);
    const other = scene.station(station, one.hello);
    scene.world.env.time += 61;
    expect(await refusal(one.prove(other.offer))).toBe('E_AUTH_CLOCK');
  });

  test('a proof or a confirmation held back', async () => {
    const one = scene.vehicle(vehicle, station);
    const other = scene.station(station, one.hello);
    const proof = await one.prove(other.offer);
    scene.world.env.time += 16;
    expect(await refusal(other.prove(proof))).toBe('E_AUTH_LATE');
    const second = await halfway();
    const acceptance = await second.other.accept((await admissions.admit('cp1', second.request)).permit);
    const { confirmation } = await second.one.complete(acceptance);
    scene.world.env.time += 16;
    expect(await refusal(() => second.other.complete(confirmation))).toBe('E_AUTH_LATE');
  });

  test('a request or a permit held back', async () => {
    const { one, other, request } = await halfway();
    const { permit } = await admissions.admit('cp1', request);
    const acceptance = await other.accept(permit);
    scene.world.env.time += 61;
    expect(await refusal(admissions.admit('cp1', request))).toBe('E_AUTH_CLOCK');
    expect(await refusal(one.complete(acceptance))).toBe('E_AUTH_CLOCK');
  });
});

describe('reflection', () => {
  test('a side’s own messages sent back to it', async () => {
    const { one, other, proof } = await halfway();
    const fresh = scene.vehicle(vehicle, station);
    expect(await refusal(fresh.prove(fresh.hello))).toBe('E_AUTH_MESSAGE');
    const next = scene.station(station, fresh.hello);
    expect(await refusal(next.prove(next.offer))).toBe('E_AUTH_MESSAGE');
    expect(await refusal(one.complete(proof))).toBe('E_AUTH_MESSAGE');
    expect(await refusal(() => scene.station(station, other.offer))).toBe('E_AUTH_MESSAGE');
  });

  test('the station’s confirmation sent back as the vehicle’s, and the other way', async () => {
    const of = (): KeySchedule => new KeySchedule(new Uint8Array(32).fill(1), new Uint8Array(32), new Uint8Array(32));
    const transcript = new Uint8Array(32).fill(2);
    const all = ['station offer', 'vehicle proof', 'station acceptance', 'vehicle confirmation'] as const;
    for (const given of all) {
      const mac = of().confirm(given, transcript);
      for (const taken of all) {
        const code = await refusal(() => of().ensureConfirmed(taken, transcript, mac));
        expect([given, taken, code]).toEqual([given, taken, given === taken ? 'accepted' : 'E_AUTH_KEYS']);
      }
    }
  });

  test('a frame sent back to who sealed it', async () => {
    const { vehicle: one } = await scene.run(vehicle, station, admissions);
    const { frames } = one;
    expect(await refusal(() => frames.open(frames.seal(Buffer.from('x'))))).toBe('E_AUTH_KEYS');
  });
});

describe('messages swapped between sessions', () => {
  test('a proof, an acceptance and a confirmation of another handshake', async () => {
    const [a, b] = [await halfway(), await halfway()];
    const third = scene.station(station, scene.vehicle(vehicle, station).hello);
    expect(await refusal(third.prove(a.proof))).toBe('E_AUTH_KEYS');
    const acceptance = await a.other.accept((await admissions.admit('cp1', a.request)).permit);
    expect(await refusal(b.one.complete(acceptance))).toBe('E_AUTH_KEYS');
    const { confirmation } = await a.one.complete(acceptance);
    await b.other.accept((await admissions.admit('cp1', b.request)).permit);
    expect(await refusal(() => b.other.complete(confirmation))).toBe('E_AUTH_KEYS');
  });

  test('a permit given for another handshake', async () => {
    const [a, b] = [await halfway(), await halfway()];
    const { permit } = await admissions.admit('cp1', a.request);
    expect(await refusal(b.other.accept(permit))).toBe('E_AUTH_PERMIT');
  });

  test('a vehicle’s sealed identity put into another handshake of the same station', async () => {
    const [a, b] = [await halfway(), await halfway()];
    const { identity } = m.decodeAdmissionRequest(a.request);
    const asked = { ...m.decodeAdmissionRequest(b.request), identity };
    const signature = signHandshake(station.credential.key, scene.params.ctx, 'request', m.admissionRequestHead(asked));
    const swapped = m.encodeAdmissionRequest({ ...asked, signature });
    expect(await refusal(admissions.admit('cp1', swapped))).toBe('E_AUTH_KEYS');
  });

  test('frames out of order, twice, or left out', async () => {
    const { vehicle: one, station: other } = await scene.run(vehicle, station, admissions);
    const frames = ['a', 'b', 'c'].map((text) => one.frames.seal(Buffer.from(text)));
    other.frames.open(frames[0] as Uint8Array);
    expect(await refusal(() => other.frames.open(frames[0] as Uint8Array))).toBe('E_AUTH_KEYS');
    expect(await refusal(() => other.frames.open(frames[1] as Uint8Array))).toBe('E_AUTH_KEYS');
  });
});

describe('someone in between', () => {
  test('own ephemeral keys on either side', async () => {
    const one = scene.vehicle(vehicle, station);
    const hello = m.decodeHello(one.hello);
    const { publicKey: ephemeral } = x25519KeyPair();
    const other = scene.station(station, m.encodeHello({ ...hello, ephemeral }));
    expect(await refusal(one.prove(other.offer))).toBe('E_AUTH_KEYS');
    const honest = scene.station(station, one.hello);
    const next = scene.vehicle(vehicle, station);
    const changed = m.encodeOffer({ ...m.decodeOffer(honest.offer), ephemeral });
    expect(await refusal(next.prove(changed))).toBe('E_AUTH_KEYS');
  });

  test('a whole handshake of its own with each side needs a certificate of its own, which is not the one meant', async () => {
    const one = scene.vehicle(vehicle, station);
    expect(await refusal(one.prove(scene.station(otherStation, one.hello).offer))).toBe('E_AUTH_PEER');
  });

  test('a hello changed on its way', async () => {
    const one = scene.vehicle(vehicle, station);
    const moved = m.encodeHello({ ...m.decodeHello(one.hello), pile: 'P2' });
    expect(await refusal(one.prove(scene.station(station, moved).offer))).toBe('E_AUTH_KEYS');
  });

  test('ephemeral keys of low order', async () => {
    const one = scene.vehicle(vehicle, station);
    const hello = m.encodeHello({ ...m.decodeHello(one.hello), ephemeral: new Uint8Array(32) });
    expect(await refusal(() => scene.station(station, hello))).toBe('E_AUTH_MESSAGE');
    const { offer } = scene.station(station, one.hello);
    const low = m.encodeOffer({ ...m.decodeOffer(offer), ephemeral: new Uint8Array(32) });
    expect(await refusal(one.prove(low))).toBe('E_AUTH_MESSAGE');
  });
});

describe('flooding', () => {
  test('half-open handshakes are bounded, in all and for each peer', async () => {
    const halfOpen = new HalfOpen({ total: 3, perPeer: 2 });
    const leave = halfOpen.enter('ev1');
    halfOpen.enter('ev1');
    expect(await refusal(() => halfOpen.enter('ev1'))).toBe('E_AUTH_BUSY');
    halfOpen.enter('ev2');
    expect(await refusal(() => halfOpen.enter('ev3'))).toBe('E_AUTH_BUSY');
    leave();
    leave();
    expect(halfOpen.count).toBe(2);
    halfOpen.enter('ev3');
    expect(await refusal(() => halfOpen.enter('ev4'))).toBe('E_AUTH_BUSY');
  });

  test('a provider takes so many handshakes a second from one station’s process, whatever they are', async () => {
    const small = scene.admissions('esp1', 2);
    const nonsense = new Uint8Array(10);
    expect(await refusal(small.admit('cp1', nonsense))).toBe('E_AUTH_MESSAGE');
    expect(await refusal(small.admit('cp1', nonsense))).toBe('E_AUTH_MESSAGE');
    const { request } = await halfway();
    expect(await refusal(small.admit('cp1', request))).toBe('E_AUTH_BUSY');
    expect(await refusal(small.admit('cp2', request))).toBe('accepted');
    let clock = 0;
    const rate = new RateLimit(10, 1, () => clock);
    rate.take('a');
    expect(await refusal(() => rate.take('a'))).toBe('E_AUTH_BUSY');
    clock += 100;
    expect(await refusal(() => rate.take('a'))).toBe('accepted');
  });

  test('what is remembered against replay is bounded and forgotten', async () => {
    const cache = new ReplayCache(2);
    cache.first('a', 10, 0);
    cache.first('b', 10, 0);
    expect(await refusal(() => cache.first('a', 10, 0))).toBe('E_AUTH_REPLAY');
    expect(await refusal(() => cache.first('c', 10, 9))).toBe('E_AUTH_BUSY');
    cache.first('c', 20, 10);
    expect(cache.size).toBe(1);
  });

  test('a hello is refused by its form and time before anything is computed for it', async () => {
    const spied = jest.spyOn(station.credential.key, 'sign');
    const { hello } = scene.vehicle(vehicle, station);
    const stale = m.encodeHello({ ...m.decodeHello(hello), time: scene.now() - 61 });
    const version = Uint8Array.from(hello);
    version[1] = 9;
    expect(await refusal(() => scene.station(station, hello.subarray(0, -1)))).toBe('E_AUTH_MESSAGE');
    expect(await refusal(() => scene.station(station, version))).toBe('E_AUTH_VERSION');
    expect(await refusal(() => scene.station(station, stale))).toBe('E_AUTH_CLOCK');
    expect(spied).not.toHaveBeenCalled();
  });
});
