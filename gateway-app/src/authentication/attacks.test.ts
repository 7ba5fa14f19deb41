/** Every attack of docs/authentication.md on the handshake itself; what the transport and the roles bound is tested there. */
import { AuthenticationKey, encodeCertificate } from '@chargecast/protocol';
import { ready, toHex } from '@chargecast/signcryption';
import { randomBytes } from 'node:crypto';

import { HalfOpen, RateLimit, ReplayCache } from './admission-limits';
import { type Admissions } from './admissions';
import { hpkeOpen } from './hpke';
import { KeySchedule } from './key-schedule';
import * as m from './messages';
import { encodeProviderKey } from './provider-key';
import { signHandshake } from './signatures';
import { type StationHandshake } from './station-handshake';
import { ConsortiumScene, type Member, YEAR } from './testing/consortium-scene';
import { type VehicleHandshake } from './vehicle-handshake';
import { x25519KeyPair } from './x25519';

let scene: ConsortiumScene;
let vehicle: Member;
let station: Member;
let otherStation: Member;
let admissions: Admissions;

beforeAll(ready);
beforeEach(async () => {
  scene = new ConsortiumScene(expect.getState().currentTestName ?? '');
  vehicle = await scene.member('vehicle', 'V1');
  station = await scene.member('pile', 'cp1/P1');
  otherStation = await scene.member('pile', 'cp2/P1');
  admissions = scene.admissions('esp1');
});

async function refusal(attempt: Promise<unknown> | (() => unknown)): Promise<string> {
  try {
    await (typeof attempt === 'function' ? attempt() : attempt);
    return 'accepted';
  } catch (error) {
    return (error as { readonly code: string }).code;
  }
}

interface Halfway {
  readonly one: VehicleHandshake;
  readonly other: StationHandshake;
  readonly proof: Uint8Array;
  readonly request: Uint8Array;
}

async function halfway(from = vehicle, to = station): Promise<Halfway> {
  const one = scene.vehicle(from, to);
  const other = scene.station(to, one.hello);
  const proof = await one.prove(other.offer);
  return { one, other, proof, request: (await other.prove(proof)).request };
}

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

describe('certificates', () => {
  const tryVehicle = async (member: Member): Promise<string> =>
    refusal(halfway(member).then(({ request }) => admissions.admit('cp1', request)));
  const tryStation = async (member: Member): Promise<string> => {
    const one = scene.vehicle(vehicle, member);
    return refusal(one.prove(scene.station(member, one.hello).offer));
  };
  const as = (member: Member, certificate: Member['certificate']): Member => ({
    ...member,
    certificate,
    credential: { ...member.credential, certificate: encodeCertificate(certificate) },
  });

  test('expired', async () => {
    const soon = { expiresAt: scene.now() + 5 };
    const old = as(vehicle, scene.issue('vehicle', 'A', vehicle.credential.key, soon));
    const oldStation = as(station, scene.issue('pile', 'cp1/P1', station.credential.key, soon));
    for (const { certificate } of [old, oldStation]) scene.register(certificate);
    scene.world.env.time += 5;
    expect([await tryVehicle(old), await tryStation(oldStation)]).toEqual([
      'E_CERTIFICATE_EXPIRED',
      'E_CERTIFICATE_EXPIRED',
    ]);
  });

  test('revoked: a vehicle at every provider’s stations, a station for every vehicle', async () => {
    scene.revokedFrom.set(vehicle.certificate.id, scene.now());
    expect(await tryVehicle(vehicle)).toBe('E_CERTIFICATE_REVOKED');
    const host = await scene.member('pile', 'cp9/P1', 'esp2');
    const { request } = await halfway(vehicle, host);
    expect(await refusal(scene.admissions('esp2').admit('cp9', request))).toBe('E_CERTIFICATE_REVOKED');
    scene.revokedFrom.set(station.certificate.id, scene.now());
    expect(await tryStation(station)).toBe('E_CERTIFICATE_REVOKED');
  });

  test('revoked between request and permit: the station’s provider is asked anew for each handshake', async () => {
    const { request } = await halfway();
    scene.revokedFrom.set(vehicle.certificate.id, scene.now());
    expect(await refusal(admissions.admit('cp1', request))).toBe('E_CERTIFICATE_REVOKED');
  });

  test('forged by another provider in this one’s name', async () => {
    const forged = (role: 'vehicle' | 'pile', tag: string, key: AuthenticationKey): Member['certificate'] =>
      scene.issue(role, tag, key, { provider: 'esp1', signer: scene.systemKey('esp2') });
    expect(await tryVehicle(as(vehicle, forged('vehicle', 'A', vehicle.credential.key)))).toBe('E_CERTIFICATE_FORGED');
    expect(await tryStation(as(station, forged('pile', 'cp1/P1', station.credential.key)))).toBe(
      'E_CERTIFICATE_FORGED',
    );
  });

  test('issued by its provider, but not registered on the chain, or superseded there', async () => {
    expect(await tryVehicle(as(vehicle, scene.issue('vehicle', 'A', vehicle.credential.key)))).toBe(
      'E_CERTIFICATE_UNKNOWN',
    );
    const next = { ...vehicle.certificate, version: 2 };
    scene.register(next);
    expect(await tryVehicle(vehicle)).toBe('E_CERTIFICATE_UNKNOWN');
  });

  test('of a provider nobody admitted, of another role, or no certificate', async () => {
    const foreign = scene.issue('vehicle', 'A', vehicle.credential.key, { provider: 'esp3' });
    expect(await tryVehicle(as(vehicle, foreign))).toBe('E_CERTIFICATE_PROVIDER');
    expect(await tryVehicle(as(vehicle, station.certificate))).toBe('E_CERTIFICATE_ROLE');
    const none = { ...vehicle, credential: { ...vehicle.credential, certificate: Buffer.from('{}') } };
    expect(await tryVehicle(none)).toBe('E_CERTIFICATE');
  });

  test('judged only by a fresh copy of the chain', async () => {
    const { one, request } = await halfway();
    const later = scene.vehicle(vehicle, station);
    const { offer } = scene.station(station, later.hello);
    scene.fresh = false;
    expect(await refusal(admissions.admit('cp1', request))).toBe('E_CHAIN_STALE');
    expect(await refusal(() => scene.station(station, one.hello))).toBe('E_CHAIN_STALE');
    expect(await refusal(later.prove(offer))).toBe('E_CHAIN_STALE');
  });

  test('an epoch the pile is not enrolled in, and a record of another epoch than the hello said', async () => {
    const one = scene.vehicle(vehicle, station);
    const later = m.encodeHello({ ...m.decodeHello(one.hello), epoch: 8 });
    expect(await refusal(() => scene.station(station, later))).toBe('E_PILE_RECORD');
    const { key } = station;
    const next = { ...key, record: { ...key.record, epoch: 8 } };
    const either = scene.station(station, one.hello, { keyOf: () => next });
    expect(await refusal(one.prove(either.offer).then((proof) => either.prove(proof)))).toBe('E_AUTH_MESSAGE');
  });

  test('a record revoked, on either side', async () => {
    scene.revokedRecords.add(toHex(vehicle.key.record.f));
    expect(await refusal(halfway())).toBe('E_VEHICLE_RECORD');
    scene.revokedRecords.clear();
    scene.revokedRecords.add(toHex(station.key.record.f));
    expect(await refusal(halfway())).toBe('E_PILE_RECORD');
  });
});

describe('a stolen station key', () => {
  test('the certificate’s key alone does not make the pile: the record’s key signs as well', async () => {
    const one = scene.vehicle(vehicle, station);
    const thief = { ...station, key: { ...otherStation.key, record: station.key.record } };
    expect(await refusal(one.prove(scene.station(thief, one.hello).offer))).toBe('E_AUTH_SIGNATURE');
  });

  test('the record’s key alone neither', async () => {
    const one = scene.vehicle(vehicle, station);
    const credential = { ...station.credential, key: AuthenticationKey.generate() };
    expect(await refusal(one.prove(scene.station({ ...station, credential }, one.hello).offer))).toBe(
      'E_AUTH_SIGNATURE',
    );
  });

  test('both pass as this pile until revoked, as no other, and open nothing that was recorded', async () => {
    const { messages } = await scene.run(vehicle, station, admissions);
    expect(await refusal(scene.run(vehicle, station, admissions))).toBe('accepted');
    const elsewhere = scene.vehicle(vehicle, otherStation);
    expect(await refusal(elsewhere.prove(scene.station(station, elsewhere.hello).offer))).toBe('E_AUTH_PEER');
    const { identity, offerHash } = m.decodeAdmissionRequest(messages['request'] as Uint8Array);
    const stolen = x25519KeyPair(station.credential.key.secret());
    expect(
      hpkeOpen(stolen, Buffer.from('chargecast auth 1 vehicle identity esp1'), offerHash, identity),
    ).toBeUndefined();
    const again = scene.station(station, messages['hello'] as Uint8Array);
    expect(await refusal(again.prove(messages['proof'] as Uint8Array))).toBe('E_AUTH_KEYS');
    scene.revokedFrom.set(station.certificate.id, scene.now());
    expect(await refusal(scene.run(vehicle, station, admissions))).toBe('E_CERTIFICATE_REVOKED');
  });

  test('it admits no vehicle: permits and encryption keys are the provider’s alone', async () => {
    const { other } = await halfway();
    const forged = m.encodePermit({
      time: scene.now(),
      until: scene.now() + 60,
      offerHash: new Uint8Array(32),
      proofHash: other.id,
      signature: new Uint8Array(64).fill(1),
    });
    expect(await refusal(other.accept(forged))).toBe('E_AUTH_SIGNATURE');
    const own = { provider: 'esp1', publicKey: x25519KeyPair().publicKey, notBefore: 0, notAfter: scene.now() + YEAR };
    const providerKey = encodeProviderKey(own, station.credential.key, scene.params.ctx);
    const one = scene.vehicle(vehicle, station);
    expect(await refusal(one.prove(scene.station(station, one.hello, { providerKey }).offer))).toBe('E_AUTH_SIGNATURE');
  });

  test('a provider’s encryption key that is over', async () => {
    const one = scene.vehicle(vehicle, station);
    const providerKey = scene.providerKey('esp1', scene.now());
    expect(await refusal(one.prove(scene.station(station, one.hello, { providerKey }).offer))).toBe('E_AUTH_CLOCK');
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

describe('unknown key share and misbinding of identities', () => {
  test('a vehicle that registered another’s public key as its own cannot use its signatures', async () => {
    const mallory = await scene.member('vehicle', 'mallory');
    const certificate = scene.issue('vehicle', 'A', vehicle.credential.key);
    scene.register(certificate);
    const asIf = {
      ...mallory,
      credential: { certificate: encodeCertificate(certificate), key: mallory.credential.key },
    };
    const { request } = await halfway(asIf);
    expect(await refusal(admissions.admit('cp1', request))).toBe('E_AUTH_SIGNATURE');
  });

  test('a station that registered another’s public key as its own', async () => {
    const certificate = scene.issue('pile', 'cp2/P1', station.credential.key);
    scene.register(certificate);
    const asIf = {
      ...otherStation,
      credential: { certificate: encodeCertificate(certificate), key: otherStation.credential.key },
    };
    const one = scene.vehicle(vehicle, otherStation);
    expect(await refusal(one.prove(scene.station(asIf, one.hello).offer))).toBe('E_AUTH_SIGNATURE');
  });

  test('a vehicle names another’s record', async () => {
    const other = await scene.member('vehicle', 'V2');
    const asIf = { ...vehicle, key: { ...vehicle.key, record: other.key.record } };
    expect(await refusal(halfway(asIf))).toBe('E_AUTH_SIGNATURE');
  });

  test('a station passes off a vehicle’s signature for one of its own making', async () => {
    const { request } = await halfway();
    const { offerHash } = m.decodeAdmissionRequest(request);
    const asked = { ...m.decodeAdmissionRequest(request), offerHash: Uint8Array.from(offerHash, (byte) => byte ^ 1) };
    const signature = signHandshake(station.credential.key, scene.params.ctx, 'request', m.admissionRequestHead(asked));
    const changed = m.encodeAdmissionRequest({ ...asked, signature });
    expect(await refusal(admissions.admit('cp1', changed))).toBe('E_AUTH_KEYS');
  });

  test('a signature for one purpose serves no other', async () => {
    const { request } = await halfway();
    const asked = m.decodeAdmissionRequest(request);
    for (const purpose of ['station', 'vehicle', 'permit', 'encryption-key'] as const) {
      const content = m.admissionRequestHead(asked);
      const signature = signHandshake(station.credential.key, scene.params.ctx, purpose, content);
      const changed = m.encodeAdmissionRequest({ ...asked, signature });
      expect(await refusal(admissions.admit('cp1', changed))).toBe('E_AUTH_SIGNATURE');
    }
  });

  test('a resumed session that was another pile’s', async () => {
    const { vehicle: first } = await scene.run(vehicle, station, admissions);
    const { pile, session } = first;
    const one = scene.vehicle(vehicle, otherStation, { resumed: { pile, session } });
    expect(await refusal(one.prove(scene.station(otherStation, one.hello).offer))).toBe('E_AUTH_PEER');
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
