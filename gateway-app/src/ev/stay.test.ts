/** The vehicle's own guard: what it lends to a station whose certificate falls, however that station goes on. */
import { ready, sessionBinding } from '@chargecast/signcryption';
import { message, publicKeys } from '@chargecast/signcryption/testing/world';
import { Role } from '@chargecast/signcryption/roles';

import { ConsortiumScene, type Member } from '../authentication/testing/consortium-scene';
import { silentLogger } from '../common/log';
import { Queue } from '../common/queue';
import { type Admissions } from '../authentication/admissions';
import { type EntryKey, type FromVehicle, fromVehicle, type ToVehicle, toVehicle } from '../rpc';
import { eventually } from '../testing/test-network';
import { Stay, type StayParts } from './stay';

const HEADER_BYTES = 223;

/** As received: one member is set. */
interface Said {
  readonly authentication?: Uint8Array;
  readonly sealed?: Uint8Array;
}

/** A station that stays at its vehicle whatever the chain says. */
class StubbornPile {
  offers = 0;
  proofs = 0;
  ended = 0;
  /** Keys as they were answered, ask by ask. */
  readonly answers: (readonly EntryKey[])[] = [];
  ask: (header: Uint8Array) => void = () => undefined;
  readonly #scene: ConsortiumScene;
  readonly #station: Member;
  readonly #admissions: Admissions;

  constructor(scene: ConsortiumScene, station: Member) {
    this.#scene = scene;
    this.#station = station;
    this.#admissions = scene.admissions('esp1');
  }

  readonly session = (requests: AsyncIterable<FromVehicle>): AsyncIterable<ToVehicle> => {
    const outgoing = new Queue<ToVehicle>();
    const heard = new Queue<Uint8Array>();
    const reading = (async (): Promise<void> => {
      for await (const { authentication, sealed } of requests as AsyncIterable<Said>) {
        heard.push((authentication ?? sealed) as Uint8Array);
      }
    })();
    void reading.finally(() => {
      this.ended += 1;
      heard.close();
      outgoing.close();
    });
    void this.#serve(heard[Symbol.asyncIterator](), outgoing);
    return outgoing;
  };

  async #serve(heard: AsyncIterator<Uint8Array>, outgoing: Queue<ToVehicle>): Promise<void> {
    const next = async (): Promise<Uint8Array | undefined> => (await heard.next()).value as Uint8Array | undefined;
    const station = this.#scene.station(this.#station, (await next()) as Uint8Array);
    this.offers += 1;
    outgoing.push({ authentication: station.offer });
    const proof = await next();
    if (!proof) return;
    this.proofs += 1;
    const { request } = await station.prove(proof);
    const { permit } = await this.#admissions.admit('cp1', request);
    outgoing.push({ authentication: await station.accept(permit) });
    const { frames } = station.complete((await next()) as Uint8Array);
    const say = (said: ToVehicle): void => outgoing.push({ sealed: frames.seal(toVehicle.encode(said)) });
    say({ accepted: {} });
    this.ask = (header) => say({ request: { id: 1, headers: [header] } });
    for (let frame = await next(); frame; frame = await next()) {
      const { answer } = fromVehicle.decode(frames.open(frame)) as { answer?: { keys: readonly EntryKey[] } };
      this.answers.push(answer?.keys ?? []);
    }
  }
}

let scene: ConsortiumScene;
let station: Member;
let pile: StubbornPile;
let stay: Stay;
let header: Uint8Array;

beforeAll(ready);
beforeEach(async () => {
  scene = new ConsortiumScene('stay');
  scene.world.env.time = Math.floor(Date.now() / 1000);
  station = await scene.member('pile', 'cp1/P1');
  const vehicle = await scene.member('vehicle', 'VIN1');
  pile = new StubbornPile(scene, station);
  const view = {
    ...scene.view,
    params: scene.params,
    limits: () => scene.world.limits,
    statusOf: (id: string, at: number) => scene.statusOf(id, at),
  };
  let session: Uint8Array = new Uint8Array();
  stay = new Stay(
    {
      holder: { epoch: vehicle.key.record.epoch, keyOf: () => vehicle.key },
      view,
      credential: () => vehicle.credential,
      certificates: scene.certificates,
      state: { plug: undefined, count: async (answers: number) => answers },
      process: () => ({ session: pile.session }),
      maxAnswers: 100,
      log: silentLogger(),
      noticed: () => undefined,
      opened: async (_: string, plug: { session: Uint8Array }) => void (session = plug.session),
    } as unknown as StayParts,
    'cp1/P1',
  );
  await stay.begin(Date.now() + 10_000);
  const centre = await scene.world.enrol('csc:csc1', Role.CSC);
  const bind = sessionBinding(station.key.record.f, session);
  const receiver = { keys: publicKeys(vehicle.key), bind, message: message('stop') };
  header = (await scene.world.seal(centre, [receiver])).sigma.slice(0, HEADER_BYTES);
});
afterEach(() => stay.leave());

/** Asks, and waits for the answer. */
async function lent(): Promise<readonly EntryKey[]> {
  const before = pile.answers.length;
  pile.ask(header);
  return eventually(() => pile.answers[before], 'an answer');
}

test('lends entry keys to a station whose certificate holds, whatever else changed', async () => {
  expect(await lent()).toMatchObject([{ refused: '' }]);
  await stay.reconsider(new Set([station.certificate.id, 'ff'.repeat(16)]));
  expect(await lent()).toMatchObject([{ refused: '' }]);
  expect([pile.offers, pile.ended]).toEqual([1, 0]);
});

test('leaves a revoked station at the word, answers it nothing and proves itself to it no more', async () => {
  expect(await lent()).toMatchObject([{ refused: '' }]);
  scene.revokedFrom.set(station.certificate.id, scene.now() - 1);
  await stay.reconsider(new Set(['ff'.repeat(16)]));
  expect(pile.ended).toBe(0);
  await stay.reconsider(new Set([station.certificate.id]));
  const answered = pile.answers.length;
  pile.ask(header);
  await eventually(() => pile.offers > 1 || undefined, 'another attempt');
  await eventually(() => pile.ended > 1 || undefined, 'its end');
  expect([pile.proofs, pile.answers.length]).toEqual([1, answered]);
});
