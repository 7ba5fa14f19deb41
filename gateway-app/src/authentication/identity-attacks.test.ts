/** Attacks of docs/authentication.md by certificates and keys: expired, revoked, forged, stolen, misbound. */
import { AuthenticationKey, encodeCertificate } from '@chargecast/protocol';
import { fromHex, ready, toHex } from '@chargecast/signcryption';

import { type Admissions } from './admissions';
import { hpkeOpen } from './hpke';
import * as m from './messages';
import { givePermit } from './permit';
import { encodeProviderKey } from './provider-key';
import { signHandshake } from './signatures';
import { attackScene, type Halfway, halfway as halfwayOf, refusal } from './testing/attack-scene';
import { type ConsortiumScene, type Member, YEAR } from './testing/consortium-scene';
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
      commitment: new Uint8Array(32),
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

  test('a provider that commits the records to another certificate', async () => {
    const one = scene.vehicle(vehicle, station);
    const other = scene.station(station, one.hello);
    const { request } = await other.prove(await one.prove(other.offer));
    const { permit } = await admissions.admit('cp1', request);
    const lie = { ...m.decodePermit(permit), commitment: new Uint8Array(32) };
    const lying = givePermit(scene.systemKey('esp1'), scene.params.ctx, lie);
    expect(await refusal(one.complete(await other.accept(lying)))).toBe('E_AUTH_PERMIT');
  });

  test('a resumed session that was another pile’s', async () => {
    const { vehicle: first, shown } = await scene.run(vehicle, station, admissions);
    const { pile, session } = first;
    const one = scene.vehicle(vehicle, otherStation, { resumed: { pile, session, blinding: fromHex(shown.blinding) } });
    expect(await refusal(one.prove(scene.station(otherStation, one.hello).offer))).toBe('E_AUTH_PEER');
  });
});
