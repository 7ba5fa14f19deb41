/** Certificates renewed by both ends while vehicles are plugged in. */
import { toHex } from '@chargecast/signcryption';

import { type Replica } from '../replica';
import { ChargingScene, stopping } from '../testing/charging-scene';
import { eventually } from '../testing/test-network';

let scene: ChargingScene;
let view: Replica;

beforeAll(async () => {
  scene = await ChargingScene.start('renewal', {
    provider: { lifetimeDays: 365, renewalDays: 366 },
    // Due three seconds into a year's life.
    renewal: { lookSeconds: 1, notBeforeShare: 1e-7 },
  });
  view = await scene.network.replica();
});
afterAll(() => scene.stop());

/** IDs of the certificates on the chain. */
function registered(): Set<string> {
  const envelopes = scene.network.chain.blocksOf.certchain
    .flatMap(({ transactions }) => transactions)
    .map(({ envelope }) => Buffer.from(envelope).toString('latin1'));
  return new Set(
    envelopes.flatMap((text) => [...text.matchAll(/"id":"([0-9a-f]{32})"/g)].map(([, id]) => id as string)),
  );
}

const versionOf = async (id: string): Promise<number> => (await view.certificateOf(id))?.version ?? 0;

/** Resolves when every certificate has been renewed once more. */
async function renewed(): Promise<void> {
  const ids = [...registered()];
  expect(ids).toHaveLength(4);
  for (const id of ids) {
    const before = await versionOf(id);
    await eventually(async () => (await versionOf(id)) > before || undefined, 'a certificate to be renewed');
  }
}

async function delivered(session: { pile: Uint8Array; session: Uint8Array }, name: string): Promise<void> {
  const command = stopping(name);
  await scene.network.submit(await scene.seal('VIN1', session, command));
  const receipt = (): string | undefined =>
    scene.receipts.find(({ commandId }) => commandId === command.commandId)?.outcome;
  expect(await eventually(receipt, `the receipt of ${name}`)).toBe('done');
}

test('the open session goes on under the same id; after a break both ends authenticate by their successors', async () => {
  const vehicle = scene.ev.vehicles.get('VIN1');
  const plug = await vehicle?.plugIn('cp1/P1');
  if (!plug) throw new Error('not plugged in');
  await delivered(plug, 'before');
  await renewed();
  await delivered(plug, 'after a renewal');
  expect(toHex(vehicle?.plug?.session as Uint8Array)).toBe(toHex(plug.session));

  await scene.cp.stop();
  await scene.startPiles();
  await delivered(plug, 'after a restart of the piles');
  await scene.ev.stop();
  await scene.startVehicles();
  await delivered(plug, 'after a restart of the vehicles');
  expect(toHex(scene.ev.vehicles.get('VIN1')?.plug?.session as Uint8Array)).toBe(toHex(plug.session));
  await renewed();
  await scene.ev.vehicles.get('VIN1')?.unplug();
});
