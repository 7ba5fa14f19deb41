import { encodeRecord, type HolderKey, ready, Role, toHex, verifyStatement } from '@chargecast/signcryption';
import { World } from '@chargecast/signcryption/testing/world';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Peer } from '../rpc';
import { openStore, type Store } from '../store';
import { Approvals } from './approvals';
import { organisationSigner } from './organisation-signer';

let world: World;
let directory: string;
let store: Store;
let approvals: Approvals;
const revoked = new Set<string>();

beforeEach(async () => {
  await ready();
  world = new World('approvals');
  directory = mkdtempSync(join(tmpdir(), 'chargecast-approvals-'));
  store = await openStore(directory);
  revoked.clear();
  approvals = new Approvals({
    store,
    view: {
      params: world.params,
      epochs: () => ({ current: 7, accepted: [7], schedule: [{ epoch: 7 }], version: 1 }),
      isRecordRevoked: async (f) => revoked.has(toHex(f)),
    },
    signer: organisationSigner('CSS1MSP', world.organisation('CSS1MSP').secret, world.params),
    ownName: 'css1',
  });
});
afterEach(async () => {
  await store.close();
  rmSync(directory, { recursive: true });
});

const csc: Peer = { role: 'csc', name: 'csc1' };
const record = ({ record: whole }: HolderKey): Uint8Array => encodeRecord(whole);
const codeOf = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => 'approved',
    (error: { readonly code: string }) => error.code,
  );

test('a holder’s own record is approved under the organisation’s key, and again the same', async () => {
  const holder = await world.enrol('csc:csc1', Role.CSC);
  const { mspId, signature } = await approvals.approve(record(holder), csc);
  expect(mspId).toBe('CSS1MSP');
  const key = world.organisation('CSS1MSP').publicKey;
  verifyStatement(world.params, key, { tag: 'appr', record: holder.record }, signature);
  expect(await codeOf(approvals.approve(record(holder), csc))).toBe('approved');
});

test('nobody presents the record of another role, the KGC none at all', async () => {
  const [centre, pile, vehicle] = await Promise.all([
    world.enrol('csc:csc1', Role.CSC),
    world.enrol('cp:cp1', Role.CP),
    world.enrol('ev:ev1', Role.EV),
  ]);
  expect(await codeOf(approvals.approve(record(centre), { role: 'kgc', name: 'kgc' }))).toBe('E_APPROVAL_ROLE');
  expect(await codeOf(approvals.approve(record(pile), csc))).toBe('E_APPROVAL_ROLE');
  expect(await codeOf(approvals.approve(record(vehicle), { role: 'ev', name: 'ev1' }))).toBe('E_APPROVAL_ROLE');
});

test('a second record of one holder is not approved until the first is revoked', async () => {
  const [first, second] = [await world.enrol('csc:csc1', Role.CSC), await world.enrol('csc:csc1', Role.CSC, 7, 1)];
  const codes = await Promise.all([first, second].map((holder) => codeOf(approvals.approve(record(holder), csc))));
  expect(codes).toEqual(['approved', 'E_APPROVAL_OTHER']);
  revoked.add(toHex(first.record.f));
  expect(await codeOf(approvals.approve(record(second), csc))).toBe('approved');
  expect(await codeOf(approvals.approve(record(first), csc))).toBe('E_RECORD_REVOKED');
});

test('each pile of a process has a record of its own, found by its name', async () => {
  const cp: Peer = { role: 'cp', name: 'cp1' };
  const [one, two] = [await world.enrol('cp:cp1/P1', Role.CP), await world.enrol('cp:cp1/P2', Role.CP)];
  expect(await codeOf(approvals.approve(record(one), cp, 'P1'))).toBe('approved');
  expect(await codeOf(approvals.approve(record(two), cp, 'P1'))).toBe('E_APPROVAL_OTHER');
  expect(await codeOf(approvals.approve(record(two), cp, 'P2'))).toBe('approved');
  expect(toHex((await approvals.pile('cp1/P2', 7))?.f as Uint8Array)).toBe(toHex(two.record.f));
  expect(await approvals.pile('cp1/P3', 7)).toBeUndefined();
  expect(await codeOf(approvals.approve(record(one), cp, '../P1'))).toBe('E_APPROVAL_ROLE');
  const centre = await world.enrol('csc:csc2', Role.CSC);
  expect(await codeOf(approvals.approve(record(centre), { role: 'csc', name: 'csc2' }, 'P1'))).toBe('E_APPROVAL_ROLE');
});

test('a gateway does not approve its own record, nor one of a closed epoch, nor bytes that are none', async () => {
  const own = await world.enrol('css:css1', Role.CSS);
  expect(await codeOf(approvals.approve(record(own), { role: 'css', name: 'css1' }))).toBe('E_APPROVAL_OWN');
  expect(await codeOf(approvals.approve(record(own), { role: 'css', name: 'css2' }))).toBe('approved');
  const old = await world.enrol('csc:csc3', Role.CSC, 6);
  expect(await codeOf(approvals.approve(record(old), { role: 'csc', name: 'csc3' }))).toBe('E_EPOCH');
  const flipped = record(own);
  flipped[140] = (flipped[140] as number) ^ 1;
  expect(await codeOf(approvals.approve(flipped, { role: 'css', name: 'css3' }))).toBe('E_RECORD_SIGNATURE');
  expect(await codeOf(approvals.approve(new Uint8Array(9), csc))).toBe('E_RECORD_MALFORMED');
});
