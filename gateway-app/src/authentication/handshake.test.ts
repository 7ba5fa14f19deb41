import { certificateCommitment, encodeCertificate } from '@chargecast/protocol';
import { fromHex, ready, toHex } from '@chargecast/signcryption';

import { ConsortiumScene, type Member } from './testing/consortium-scene';
import * as m from './messages';

let scene: ConsortiumScene;
let vehicle: Member;
let station: Member;

beforeAll(async () => {
  await ready();
  scene = new ConsortiumScene('handshake');
  vehicle = await scene.member('vehicle', 'V1');
  station = await scene.member('pile', 'cp1/P1');
});

test('both ends hold the same session and understand each other', async () => {
  const { vehicle: one, station: other } = await scene.run(vehicle, station, scene.admissions('esp1'));
  const { frames: ours, ...seen } = one;
  const { frames: theirs, ...seenThere } = other;
  expect(seen).toEqual(seenThere);
  expect(seen).toMatchObject({ vehicle: vehicle.key.record.f, pile: station.key.record.f, isResumed: false });
  for (const text of ['one', 'two', '']) {
    expect(Buffer.from(theirs.open(ours.seal(Buffer.from(text)))).toString()).toBe(text);
    expect(Buffer.from(ours.open(theirs.seal(Buffer.from(text)))).toString()).toBe(text);
  }
});

test('every handshake gives a session of its own, unless one is resumed', async () => {
  const admissions = scene.admissions('esp1');
  const first = await scene.run(vehicle, station, admissions);
  const second = await scene.run(vehicle, station, admissions);
  expect(toHex(second.vehicle.session)).not.toBe(toHex(first.vehicle.session));
  const { pile, session, commitment } = first.vehicle;
  const blinding = fromHex(first.shown.blinding);
  const resumed = await scene.run(vehicle, station, admissions, { resumed: { pile, session, blinding } });
  expect(resumed.station).toMatchObject({ session, isResumed: true, commitment });
  const frame = first.vehicle.frames.seal(Buffer.from('of the first connection'));
  expect(() => resumed.station.frames.open(frame)).toThrow(expect.objectContaining({ code: 'E_AUTH_KEYS' }) as Error);
});

test('the station holds the provider’s commitment to the certificate, which the vehicle alone can open', async () => {
  const admissions = scene.admissions('esp1');
  const runs = [await scene.run(vehicle, station, admissions), await scene.run(vehicle, station, admissions)];
  for (const { station: at, shown } of runs) {
    expect(shown.subject).toBe(vehicle.certificate.id);
    expect(toHex(at.commitment)).toBe(certificateCommitment(shown));
  }
  expect(new Set(runs.map(({ station: at }) => toHex(at.commitment))).size).toBe(2);
});

test('roaming: the station’s provider knows another provider’s vehicle from the chain alone', async () => {
  const guest = await scene.member('vehicle', 'V2', 'esp2');
  const admissions = scene.admissions('esp1');
  const { station: at, messages } = await scene.run(guest, station, admissions);
  expect(at.vehicle).toEqual(guest.key.record.f);
  const host = await scene.member('pile', 'cp2/P1', 'esp2');
  await scene.run(vehicle, host, scene.admissions('esp2'));
  const elsewhere = scene.admissions('esp2').admit('cp1', messages['request'] as Uint8Array);
  await expect(elsewhere).rejects.toMatchObject({ code: 'E_AUTH_PEER' });
});

test('the provider learns the certificate; the station learns f, and no wire shows either', async () => {
  const { messages } = await scene.run(vehicle, station, scene.admissions('esp1'));
  const { id, publicKey } = vehicle.certificate;
  const secrets = [id, publicKey, toHex(Buffer.from(id)), toHex(Buffer.from(publicKey)), toHex(vehicle.key.record.f)];
  for (const [name, bytes] of Object.entries(messages)) {
    for (const secret of secrets) expect([name, toHex(bytes).includes(secret)]).toEqual([name, false]);
  }
  const stationSees = ['hello', 'offer'].map((name) => toHex(messages[name] as Uint8Array)).join();
  expect(stationSees).not.toContain(toHex(encodeCertificate(station.certificate)));
});

test('every message has one encoding', async () => {
  const { messages } = await scene.run(vehicle, station, scene.admissions('esp1'));
  const codecs: Record<string, (bytes: Uint8Array) => Uint8Array> = {
    hello: (bytes) => m.encodeHello(m.decodeHello(bytes)),
    offer: (bytes) => m.encodeOffer(m.decodeOffer(bytes)),
    proof: (bytes) => m.encodeProof(m.decodeProof(bytes)),
    request: (bytes) => m.encodeAdmissionRequest(m.decodeAdmissionRequest(bytes)),
    permit: (bytes) => m.encodePermit(m.decodePermit(bytes)),
    acceptance: (bytes) => m.encodeAcceptance(m.decodeAcceptance(bytes)),
    confirmation: (bytes) => m.encodeConfirmation(m.decodeConfirmation(bytes)),
  };
  const malformed = expect.objectContaining({ code: 'E_AUTH_MESSAGE' }) as Error;
  for (const [name, again] of Object.entries(codecs)) {
    const bytes = messages[name] as Uint8Array;
    expect(again(bytes)).toEqual(bytes);
    for (const cut of [0, 1, bytes.length - 1]) expect(() => again(bytes.subarray(0, cut))).toThrow(malformed);
    expect(() => again(Uint8Array.of(...bytes, 0))).toThrow(malformed);
    for (const [other, reading] of Object.entries(codecs)) {
      if (other !== name) expect(() => reading(bytes)).toThrow(malformed);
    }
  }
});

test('bytes changed anywhere end the handshake', async () => {
  const admissions = scene.admissions('esp1');
  const one = scene.vehicle(vehicle, station);
  const other = scene.station(station, one.hello);
  for (let at = 0; at < other.offer.length; at += 41) {
    const changed = Uint8Array.from(other.offer);
    changed[at] = (changed[at] as number) ^ 0x40;
    const fresh = scene.vehicle(vehicle, station);
    scene.station(station, fresh.hello);
    await expect(fresh.prove(changed)).rejects.toMatchObject({
      code: expect.stringMatching(/^E_AUTH_(KEYS|MESSAGE)$/) as string,
    });
  }
  const proof = await one.prove(other.offer);
  const changed = Uint8Array.from(proof);
  changed[60] = (changed[60] as number) ^ 1;
  await expect(other.prove(changed)).rejects.toMatchObject({ code: 'E_AUTH_KEYS' });
  await expect(other.prove(proof)).rejects.toMatchObject({ code: 'E_AUTH_MESSAGE' });
  await scene.run(vehicle, station, admissions);
});
