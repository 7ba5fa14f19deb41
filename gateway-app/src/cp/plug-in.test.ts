import { type HolderKey, ready, Role, toHex } from '@chargecast/signcryption';
import { World } from '@chargecast/signcryption/testing/world';

import { PlugIn as VehicleSide } from '../ev/plug-in';
import { type ReplicaView } from '../replica';
import { PlugIn as PileSide } from './plug-in';

let world: World;
let pile: HolderKey;
let otherPile: HolderKey;
let vehicle: HolderKey;
let otherVehicle: HolderKey;
const revoked = new Set<string>();
const NOT_PROVEN = expect.objectContaining({ code: 'E_PLUG_PROOF' }) as Error;
const SESSION = new Uint8Array(16).fill(9);

const view = {
  get params() {
    return world.params;
  },
  epochs: () => ({ accepted: [7], version: 1 }),
  record: async (f: Uint8Array) => {
    const found = world.replica.get(toHex(f));
    return found && { record: found.keys.record, keys: found.keys, revoked: revoked.has(toHex(f)), block: 1n };
  },
} as unknown as Pick<ReplicaView, 'params' | 'record' | 'epochs'>;

beforeAll(async () => {
  await ready();
  world = new World('plug');
  pile = await world.enrol('cp:cp1/P1', Role.CP);
  otherPile = await world.enrol('cp:cp1/P2', Role.CP);
  vehicle = await world.enrol('ev:ev1/V1', Role.EV);
  otherVehicle = await world.enrol('ev:ev1/V2', Role.EV);
});
afterEach(() => revoked.clear());

async function codeOf(attempt: Promise<unknown>): Promise<string> {
  return attempt.then(
    () => 'accepted',
    (error: { readonly code: string }) => error.code,
  );
}

/** A pile enrolled in one epoch. */
const keyOf =
  (key: HolderKey) =>
  (epoch: number): HolderKey | undefined =>
    epoch === key.record.epoch ? key : undefined;

const begin = (side: VehicleSide, at = pile, session = SESSION): Promise<PileSide> =>
  PileSide.begin(view, keyOf(at), side.hello, session);

test('both sides learn who the other is and agree on the session', async () => {
  const side = new VehicleSide(view, vehicle, 'P1');
  const handshake = await begin(side);
  const { proof, plug } = await side.answer(handshake.challenge);
  handshake.prove(proof);
  expect(plug).toEqual({ pile: pile.record.f, session: SESSION });
  expect(handshake.transcript.vehicle).toEqual(vehicle.record.f);
});

describe('a proof is good for one transcript', () => {
  test('replayed from an earlier plug-in', async () => {
    const side = new VehicleSide(view, vehicle, 'P1');
    const first = await begin(side);
    const { proof } = await side.answer(first.challenge);
    const second = await begin(side);
    expect(() => second.prove(proof)).toThrow(NOT_PROVEN);
  });

  test('the pile’s own signature reflected', async () => {
    const side = new VehicleSide(view, vehicle, 'P1');
    const handshake = await begin(side);
    const { signature } = handshake.challenge;
    expect(() => handshake.prove({ signature })).toThrow(NOT_PROVEN);
  });

  test('made for another session', async () => {
    const side = new VehicleSide(view, vehicle, 'P1');
    const other = await begin(side, pile, new Uint8Array(16).fill(8));
    const { proof } = await side.answer(other.challenge);
    expect(() => other.prove(proof)).not.toThrow();
    const here = await begin(side);
    expect(() => here.prove(proof)).toThrow(NOT_PROVEN);
  });

  test('made for another pile, relayed to this one', async () => {
    const side = new VehicleSide(view, vehicle, 'P1');
    const there = await begin(side, otherPile);
    const { proof } = await side.answer(there.challenge);
    const here = await begin(side);
    expect(() => here.prove(proof)).toThrow(NOT_PROVEN);
  });

  test('made by another vehicle, or of another length', async () => {
    const side = new VehicleSide(view, vehicle, 'P1');
    const handshake = await begin(side);
    const impostor = new VehicleSide(view, otherVehicle, 'P1');
    const { proof } = await impostor.answer((await begin(impostor)).challenge);
    expect(() => handshake.prove(proof)).toThrow(NOT_PROVEN);
    expect(() => handshake.prove({ signature: new Uint8Array(3) })).toThrow(NOT_PROVEN);
  });
});

describe('a vehicle plugs in only where the pile proves to be one', () => {
  test('a challenge signed by another pile', async () => {
    const side = new VehicleSide(view, vehicle, 'P1');
    const { challenge } = await begin(side, otherPile);
    expect(await codeOf(side.answer({ ...challenge, pile: pile.record.f }))).toBe('E_PLUG_CHALLENGE');
  });

  test('a challenge for another vehicle’s hello', async () => {
    const side = new VehicleSide(view, vehicle, 'P1');
    const { challenge } = await begin(new VehicleSide(view, otherVehicle, 'P1'));
    expect(await codeOf(side.answer(challenge))).toBe('E_PLUG_CHALLENGE');
  });

  test('a record that is no pile’s, is revoked, or is not on the ledger', async () => {
    const side = new VehicleSide(view, vehicle, 'P1');
    const { challenge } = await PileSide.begin(view, keyOf(otherVehicle), side.hello, SESSION);
    expect(await codeOf(side.answer(challenge))).toBe('E_PILE_RECORD');
    const honest = (await begin(side)).challenge;
    expect(await codeOf(side.answer({ ...honest, pile: new Uint8Array(16) }))).toBe('E_PILE_RECORD');
    revoked.add(toHex(pile.record.f));
    expect(await codeOf(side.answer(honest))).toBe('E_PILE_RECORD');
  });

  test('malformed parts', async () => {
    const side = new VehicleSide(view, vehicle, 'P1');
    const { challenge } = await begin(side);
    for (const member of ['pile', 'session', 'nonce', 'signature'] as const) {
      expect(await codeOf(side.answer({ ...challenge, [member]: new Uint8Array(7) }))).toBe('E_PLUG_CHALLENGE');
    }
  });

  test('another session or pile than the one to go on with', async () => {
    const resumed = { pile: pile.record.f, session: SESSION };
    const side = new VehicleSide(view, vehicle, 'P1', resumed);
    expect(side.hello.resumeSession).toEqual(SESSION);
    expect(await codeOf(side.answer((await begin(side)).challenge))).toBe('accepted');
    expect(await codeOf(side.answer((await begin(side, pile, new Uint8Array(16))).challenge))).toBe('E_PLUG_SESSION');
    expect(await codeOf(side.answer((await begin(side, otherPile)).challenge))).toBe('E_PLUG_SESSION');
  });
});

test('a pile challenges only vehicles whose record counts', async () => {
  const hello = new VehicleSide(view, vehicle, 'P1').hello;
  const at = (change: Partial<typeof hello>): Promise<string> =>
    codeOf(PileSide.begin(view, keyOf(pile), { ...hello, ...change }, SESSION));
  expect(await at({ vehicle: new Uint8Array(16) })).toBe('E_VEHICLE_RECORD');
  expect(await at({ vehicle: otherPile.record.f })).toBe('E_VEHICLE_RECORD');
  expect(await at({ vehicle: new Uint8Array(5) })).toBe('E_PLUG_HELLO');
  expect(await at({ nonce: new Uint8Array(5) })).toBe('E_PLUG_HELLO');
  revoked.add(toHex(vehicle.record.f));
  expect(await at({})).toBe('E_VEHICLE_RECORD');
});
