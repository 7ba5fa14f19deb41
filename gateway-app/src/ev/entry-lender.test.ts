import { decodeHeader, encodeHeader, type HolderKey, ready, Role, sessionBinding } from '@chargecast/signcryption';
import { message, publicKeys, World } from '@chargecast/signcryption/testing/world';

import { type EntryKey } from '../rpc';
import { EntryLender } from './entry-lender';
import { type OpenPlug } from './open-plug';

let world: World;
let vehicle: HolderKey;
let pile: HolderKey;
let otherPile: HolderKey;
let centre: HolderKey;

const SESSION = new Uint8Array(16).fill(5);

type Plug = Pick<OpenPlug, 'pile' | 'session'>;

beforeAll(async () => {
  await ready();
  world = new World('lender');
  world.env.time = Math.floor(Date.now() / 1000);
  vehicle = await world.enrol('ev:ev1/V1', Role.EV);
  pile = await world.enrol('cp:cp1/P1', Role.CP);
  otherPile = await world.enrol('cp:cp1/P2', Role.CP);
  centre = await world.enrol('csc:csc1', Role.CSC);
});

const here = (): Plug => ({ pile: pile.record.f, session: SESSION });

/** The header of a σ for the vehicle, sealed for a session at a pile, and where its entry stands. */
async function sealed(plug: Plug): Promise<{ header: Uint8Array; locators: string[] }> {
  const bind = sessionBinding(plug.pile, plug.session);
  const { sigma } = await world.seal(centre, [{ keys: publicKeys(vehicle), bind, message: message('hello') }]);
  const header = sigma.slice(0, 223);
  const { entryCount, entryLength } = decodeHeader(header);
  const locators = Array.from({ length: entryCount }, (_, i) =>
    Buffer.from(sigma.subarray(223 + i * entryLength, 223 + i * entryLength + 32)).toString('hex'),
  );
  return { header, locators };
}

function lender(plug: Plug, maxAnswers = 1000): EntryLender {
  let sum = 0;
  return new EntryLender({
    params: world.params,
    limits: () => world.limits,
    key: vehicle,
    plug,
    maxAnswers,
    count: async (answers) => (sum += answers),
  });
}

async function ask(from: EntryLender, ...headers: Uint8Array[]): Promise<readonly EntryKey[]> {
  return (await from.answer({ id: 3, headers })).keys;
}

const found = ({ locator }: EntryKey, locators: readonly string[]): boolean =>
  locators.includes(Buffer.from(locator).toString('hex'));

test('the vehicle lends the key of the entry sealed for this session', async () => {
  const { header, locators } = await sealed(here());
  const answer = await lender(here()).answer({ id: 3, headers: [header] });
  expect(answer.id).toBe(3);
  expect(found(answer.keys[0] as EntryKey, locators)).toBe(true);
});

describe('attack 28: a pile asks for what is not its own', () => {
  test('a σ meant for another pile: the key that comes opens nothing', async () => {
    const { header, locators } = await sealed({ pile: otherPile.record.f, session: SESSION });
    const [key] = await ask(lender(here()), header);
    expect(key?.refused).toBe('');
    expect(found(key as EntryKey, locators)).toBe(false);
  });

  test('a σ meant for another session of the same pile', async () => {
    const { header, locators } = await sealed({ pile: pile.record.f, session: new Uint8Array(16) });
    const [key] = await ask(lender(here()), header);
    expect(found(key as EntryKey, locators)).toBe(false);
  });

  test('an old one', async () => {
    const now = world.env.time;
    world.env.time = now - 7200;
    const { header } = await sealed(here());
    world.env.time = now;
    expect((await ask(lender(here()), header))[0]).toMatchObject({ refused: 'E_ENTRY_REFUSED' });
  });

  test('one dated beyond what the limits allow', async () => {
    const now = world.env.time;
    world.env.time = now + 7200;
    const { header } = await sealed(here());
    world.env.time = now;
    expect((await ask(lender(here()), header))[0]?.refused).toBe('E_ENTRY_REFUSED');
  });

  test('after unplugging', async () => {
    const { header } = await sealed(here());
    const lending = lender(here());
    lending.end();
    expect((await ask(lending, header))[0]).toEqual({
      locator: new Uint8Array(),
      key: new Uint8Array(),
      refused: 'E_ENTRY_REFUSED',
    });
  });

  test('a chosen header and a chosen U', async () => {
    const { header } = await sealed(here());
    const decoded = decodeHeader(header);
    const lowOrder = new Uint8Array(32);
    lowOrder[0] = 1;
    const overP = new Uint8Array(32).fill(0xff);
    for (const ephemeral of [new Uint8Array(32), lowOrder, overP]) {
      const [key] = await ask(lender(here()), encodeHeader({ ...decoded, ephemeral }));
      expect(key?.refused).toBe('E_ENTRY_REFUSED');
    }
    for (const change of [{ epoch: 8 }, { ctx: new Uint8Array(32) }, { suite: 2 }]) {
      const [key] = await ask(lender(here()), encodeHeader({ ...decoded, ...change }));
      expect(key?.refused).toBe('E_ENTRY_REFUSED');
    }
    expect((await ask(lender(here()), new Uint8Array(9)))[0]?.refused).toBe('E_ENTRY_REFUSED');
  });

  test('more than the session’s cap, or too many at once', async () => {
    const { header } = await sealed(here());
    const capped = lender(here(), 3);
    const keys = await ask(capped, header, header, header, header);
    expect(keys.map(({ refused }) => refused)).toEqual(['', '', '', 'E_ENTRY_REFUSED']);
    expect((await ask(capped, header))[0]?.refused).toBe('E_ENTRY_REFUSED');
    const flood = await ask(lender(here()), ...Array.from({ length: 257 }, () => header));
    expect(flood.every(({ refused }) => refused !== '')).toBe(true);
  });
});
