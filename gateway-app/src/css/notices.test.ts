import { type HolderKey, ready, Role, toHex } from '@chargecast/signcryption';
import { publicKeys, World } from '@chargecast/signcryption/testing/world';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Holder } from '../holder';
import { type Order } from '../opening';
import { openStore } from '../store';
import { type Approvals } from './approvals';
import { type HeldSigmas } from './held-sigmas';
import { NoticeBoard, PileNotices } from './notices';

let world: World;
let gateway: HolderKey;
let pile: HolderKey;
let enrolled: Holder | undefined;
const held: { sigma: Uint8Array; submit: boolean }[] = [];
let revoked = false;

const notices = (): PileNotices =>
  new PileNotices({
    holder: () => enrolled,
    approvals: {
      pile: async (name: string) => (name === 'cp1/P1' ? pile.record : undefined),
    } as unknown as Approvals,
    view: { record: async () => ({ record: pile.record, keys: publicKeys(pile), revoked, block: 1n }) },
    held: {
      hold: async (sigma: Uint8Array, submit: boolean) => held.push({ sigma, submit }),
    } as unknown as HeldSigmas,
    ttlSeconds: 900,
  });

const codeOf = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => 'sent',
    (error: { readonly code: string }) => error.code,
  );

beforeEach(async () => {
  await ready();
  world = new World('notices');
  gateway = await world.enrol('css:css1', Role.CSS);
  pile = await world.enrol('cp:cp1/P1', Role.CP);
  revoked = false;
  held.length = 0;
  enrolled = {
    epochs: [7],
    seal: async (receivers: Parameters<Holder['seal']>[0]) => world.seal(gateway, receivers),
  } as unknown as Holder;
});

const request = { pile: 'cp1/P1', action: 'DataTransfer', payload: '{"vendorId":"chargecast","data":"at noon"}' };

test('a notice is sealed to the pile’s own record and submitted by the gateway itself', async () => {
  const { commandId, sigmaId } = await notices().send(request);
  expect(commandId).toMatch(/^[0-9a-f]{32}$/);
  expect(sigmaId).toHaveLength(32);
  expect(held).toHaveLength(1);
  expect(held[0]?.submit).toBe(true);
  expect(Buffer.from(held[0]?.sigma ?? []).includes('at noon')).toBe(false);
});

test.each<[string, Partial<typeof request>, string]>([
  ['a pile it does not know', { pile: 'cp1/P2' }, 'E_PILE_UNKNOWN'],
  [
    'an action that is no notice',
    { action: 'RequestStopTransaction', payload: '{"transactionId":"x"}' },
    'E_OCPP_ACTION',
  ],
  ['a body that does not fit', { payload: '{"vendorId":7}' }, 'E_OCPP_SCHEMA'],
  ['a body that is no JSON', { payload: '{' }, 'E_DECODE'],
  ['a body that is no object', { payload: '[]' }, 'E_DECODE'],
])('%s is refused before anything is sealed', async (_, change, code) => {
  expect(await codeOf(notices().send({ ...request, ...change }))).toBe(code);
  expect(held).toHaveLength(0);
});

test('neither an unenrolled gateway nor a revoked pile', async () => {
  revoked = true;
  expect(await codeOf(notices().send(request))).toBe('E_PILE_UNKNOWN');
  enrolled = undefined;
  expect(await codeOf(notices().send(request))).toBe('E_NOT_ENROLLED');
});

test('a gateway keeps notices sealed to it and takes no other command', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'chargecast-board-'));
  const store = await openStore(directory);
  const board = new NoticeBoard(store);
  const order: Order = {
    unit: 'css1',
    sender: toHex(gateway.record.f),
    commandId: '00'.repeat(16),
    kind: 'notice',
    action: 'DataTransfer',
    payload: { vendorId: 'x' },
    at: 1,
  };
  const { outcome, writes } = await board.act(order);
  expect(outcome).toBe('done');
  const batch = store.batch();
  writes?.(batch);
  await batch.commit();
  expect(await board.act({ ...order, kind: 'control' })).toEqual({ outcome: 'refused', code: 'E_COMMAND_KIND' });
  const kept = [];
  for await (const { action } of board.all()) kept.push(action);
  expect(kept).toEqual(['DataTransfer']);
  await store.close();
  rmSync(directory, { recursive: true });
});
