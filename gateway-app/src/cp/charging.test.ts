import { toHex } from '@chargecast/signcryption';
import { EPOCH } from '@chargecast/signcryption/testing/world';
import { randomBytes } from 'node:crypto';

import { encodeHello, encodeProof, type Hello } from '../authentication/messages';
import { x25519KeyPair } from '../authentication/x25519';
import { Queue } from '../common/queue';
import { type FromVehicle, type OwnSession, type ToVehicle } from '../rpc';
import { getJson, toJson } from '../store';
import { ChargingScene, type Plug, stopping } from '../testing/charging-scene';
import { eventually } from '../testing/test-network';

let scene: ChargingScene;

beforeAll(async () => {
  scene = await ChargingScene.start('charging');
});
afterAll(() => scene.stop());

async function plugIn(vehicle: string, pile = 'cp1/P1'): Promise<Plug> {
  return (await scene.ev.vehicles.get(vehicle)?.plugIn(pile)) as Plug;
}

const unplug = async (vehicle: string): Promise<void> => scene.ev.vehicles.get(vehicle)?.unplug();

const receiptOf = (commandId: string): Promise<string> =>
  eventually(
    () => scene.receipts.find((receipt) => receipt.commandId === commandId)?.outcome,
    `a receipt for ${commandId}`,
  );

/** Resolves when the piles' process has looked through all that stands on the chain. */
async function lookedThrough(): Promise<void> {
  const newest = scene.network.chain.blocksOf.datachain.length - 1;
  await eventually(async () => (await scene.cp.status())['datachainBlock'] === newest || undefined, 'the newest block');
  const marker = stopping('marker');
  const plug = await plugIn('VIN2', 'cp1/P2');
  await scene.network.submit(await scene.seal('VIN2', plug, marker));
  await receiptOf(marker.commandId);
  await unplug('VIN2');
}

const effects = async (): Promise<number> => Number((await scene.cp.status())['effects']);

test('a vehicle plugs in, reports it, and its command is opened, acted upon and receipted', async () => {
  const plug = await plugIn('VIN1');
  const command = stopping('tx-1');
  await scene.network.submit(await scene.seal('VIN1', plug, command));
  expect(await receiptOf(command.commandId)).toBe('done');
  expect(scene.reports.find(({ action }) => action === 'PlugIn')?.payload).toMatchObject({
    pile: toHex(plug.pile),
    session: toHex(plug.session),
  });
  await eventually(async () => (await scene.ev.status())['notices'] === 1 || undefined, 'the notice');
  await unplug('VIN1');
  await eventually(() => scene.reports.some(({ action }) => action === 'Unplug') || undefined, 'the report');
});

test('only its own operator orders a vehicle about', async () => {
  const [own, stranger] = [await scene.operator('ev1'), await scene.operator('ev9')];
  await expect(stranger.plugIn({ vehicle: 'VIN1', pile: 'cp1/P1' })).rejects.toMatchObject({
    code: 'E_VEHICLE_UNKNOWN',
  });
  await expect(own.unplug({ vehicle: 'VIN1' })).rejects.toMatchObject({ code: 'E_NOT_PLUGGED_IN' });
  await expect(own.plugIn({ vehicle: 'VIN1', pile: 'cp1/P9' })).rejects.toMatchObject({ code: 'E_PILE_UNKNOWN' });
  await expect(own.plugIn({ vehicle: 'VIN1', pile: 'cp9/P1' })).rejects.toMatchObject({ code: 'E_PILE_UNKNOWN' });
});

test('a message to the pile’s own record is opened by the pile itself', async () => {
  const plug = await plugIn('VIN1');
  const notice = {
    commandId: randomBytes(16).toString('hex'),
    kind: 'notice' as const,
    action: 'DataTransfer',
    payload: { vendorId: 'chargecast', data: 'maintenance at noon' },
  };
  await scene.network.submit(await scene.sealTo(plug.pile, undefined, notice));
  expect(await receiptOf(notice.commandId)).toBe('done');
  await unplug('VIN1');
});

test('a command that does not fit its schema comes back refused with the reason’s code', async () => {
  const plug = await plugIn('VIN1');
  const bad = { ...stopping('tx'), payload: { transactionId: 'tx', surplus: true } };
  await scene.network.submit(await scene.seal('VIN1', plug, bad));
  expect(await receiptOf(bad.commandId)).toBe('refused');
  expect(scene.receipts.find(({ commandId }) => commandId === bad.commandId)?.code).toBe('E_OCPP_SCHEMA');
  await unplug('VIN1');
});

test('after a restart of the piles the session goes on, and what was committed meanwhile is acted upon', async () => {
  const plug = await plugIn('VIN1');
  const acted = await effects();
  const [before, during, after] = [stopping('a'), stopping('b'), stopping('c')];
  await scene.network.submit(await scene.seal('VIN1', plug, before));
  await receiptOf(before.commandId);
  await scene.cp.stop();
  await scene.network.submit(await scene.seal('VIN1', plug, during));
  await scene.startPiles();
  await scene.network.submit(await scene.seal('VIN1', plug, after));
  expect(await receiptOf(during.commandId)).toBe('done');
  expect(await receiptOf(after.commandId)).toBe('done');
  expect(toHex(scene.ev.vehicles.get('VIN1')?.plug?.session as Uint8Array)).toBe(toHex(plug.session));
  // A receipt may arrive twice when its taking was not heard of; the act is one.
  expect(await effects()).toBe(acted + 3);
  await unplug('VIN1');
});

test('after a restart of the vehicles the session goes on', async () => {
  const plug = await plugIn('VIN1');
  const command = stopping('while away');
  const sigma = await scene.seal('VIN1', plug, command);
  await scene.ev.stop();
  await scene.network.submit(sigma);
  await scene.startVehicles();
  expect(await receiptOf(command.commandId)).toBe('done');
  expect(toHex(scene.ev.vehicles.get('VIN1')?.plug?.session as Uint8Array)).toBe(toHex(plug.session));
  await unplug('VIN1');
});

test('a vehicle that does not come back counts as unplugged; when it does, it has a new session', async () => {
  const former = await plugIn('VIN1');
  await scene.ev.stop();
  await eventually(async () => (await scene.cp.status())['sessions'] === 0 || undefined, 'the session to end');
  await scene.startVehicles();
  const plug = await eventually(() => {
    const found = scene.ev.vehicles.get('VIN1')?.plug;
    return found && toHex(found.session) !== toHex(former.session) ? found : undefined;
  }, 'a new session');
  const isReported = (): boolean => scene.reports.some(({ payload }) => payload['session'] === toHex(plug.session));
  await eventually(() => isReported() || undefined, 'the report of it');
  const command = stopping('anew');
  await scene.network.submit(await scene.seal('VIN1', plug, command));
  expect(await receiptOf(command.commandId)).toBe('done');
  await unplug('VIN1');
});

test('a session is not gone on with under another certificate', async () => {
  const former = await plugIn('VIN1');
  const opened = async (): Promise<OwnSession[]> => {
    const all: OwnSession[] = [];
    for await (const each of scene.ev.vehicles.get('VIN1')?.sessions() ?? []) all.push(each);
    return all;
  };
  const own = await eventually(
    async () => (await opened()).find(({ session }) => session === toHex(former.session)),
    'the session among the vehicle’s own',
  );
  expect(own.subject).toBe((await scene.ev.vehicles.get('VIN1')?.owner())?.certificate.id);
  await scene.ev.stop();
  await scene.network.altering('ev1', async (store) => {
    const plugs = store.sub('plugs', { hiddenKeys: true });
    const kept = await getJson<{ shown: object }>(plugs, 'VIN1');
    await plugs.put('VIN1', toJson({ ...kept, shown: { ...kept?.shown, blinding: '00'.repeat(32) } }));
  });
  await scene.startVehicles();
  const anew = await eventually(() => {
    const found = scene.ev.vehicles.get('VIN1')?.plug;
    return found && toHex(found.session) !== toHex(former.session) ? found : undefined;
  }, 'a new session');
  expect(anew.shown.blinding).not.toBe('00'.repeat(32));
  await unplug('VIN1');
});

test('receipts are sent until the centre takes them', async () => {
  const plug = await plugIn('VIN1');
  scene.isDeaf = true;
  const commands = Array.from({ length: 8 }, (_, i) => stopping(`tx-${i}`));
  for (const command of commands) await scene.network.submit(await scene.seal('VIN1', plug, command));
  await eventually(async () => (await scene.cp.status())['receiptsWaiting'] === 8 || undefined, 'receipts to wait');
  scene.isDeaf = false;
  for (const { commandId } of commands) expect(await receiptOf(commandId)).toBe('done');
  await unplug('VIN1');
});

describe('attack 28: what was not sealed for this session, or comes too late, is not opened', () => {
  test('another pile, another session, after unplugging', async () => {
    const plug = await plugIn('VIN1');
    const acted = await effects();
    const elsewhere = { pile: Uint8Array.from(randomBytes(16)), session: plug.session };
    const earlier = { pile: plug.pile, session: Uint8Array.from(randomBytes(16)) };
    await scene.network.submit(await scene.seal('VIN1', elsewhere, stopping('elsewhere')));
    await scene.network.submit(await scene.seal('VIN1', earlier, stopping('earlier')));
    await unplug('VIN1');
    await scene.network.submit(await scene.seal('VIN1', plug, stopping('late')));
    await plugIn('VIN1');
    await lookedThrough();
    expect(await effects()).toBe(acted + 1);
    await unplug('VIN1');
  });
});

describe('attack 29: a re-sealed command and its twin both commit', () => {
  test('one act', async () => {
    const plug = await plugIn('VIN1');
    const command = stopping('twice');
    const [first, twin] = [await scene.seal('VIN1', plug, command), await scene.seal('VIN1', plug, command)];
    const { duplicatesSuppressed } = await scene.cp.status();
    const acted = await effects();
    await scene.network.submit(first);
    await scene.network.submit(twin);
    await receiptOf(command.commandId);
    await eventually(
      async () => (await scene.cp.status())['duplicatesSuppressed'] === Number(duplicatesSuppressed) + 1 || undefined,
      'the twin',
    );
    expect(await effects()).toBe(acted + 1);
    await unplug('VIN1');
  });
});

describe('a stream that is no honest plug-in', () => {
  async function refusal(...messages: FromVehicle[]): Promise<string> {
    const outgoing = new Queue<FromVehicle>();
    const replies = (await scene.piles()).session(outgoing);
    messages.forEach((message) => outgoing.push(message));
    try {
      for await (const reply of replies as AsyncIterable<Partial<Record<keyof ToVehicle, unknown>> & ToVehicle>) {
        if ('refused' in reply && reply.refused) return reply.refused.code;
      }
      return 'ended';
    } finally {
      outgoing.close();
    }
  }
  test('is refused with its code', async () => {
    const authentication = randomBytes(80);
    expect(await refusal({ unplug: {} })).toBe('E_AUTH_MESSAGE');
    expect(await refusal({ sealed: new Uint8Array(40) })).toBe('E_AUTH_MESSAGE');
    expect(await refusal({ authentication })).toBe('E_AUTH_MESSAGE');
    expect(await refusal(hello({ pile: 'P9' }))).toBe('E_PILE_UNKNOWN');
    expect(await refusal(hello({ epoch: 99 }))).toBe('E_PILE_RECORD');
    expect(await refusal(hello({ time: 1 }))).toBe('E_AUTH_CLOCK');
    expect(await refusal(hello(), { authentication: encodeProof(randomBytes(300)) })).toBe('E_AUTH_KEYS');
    expect(await refusal(hello(), { answer: { id: 1, keys: [] } })).toBe('E_AUTH_MESSAGE');
  });

  const hello = (change: Partial<Hello> = {}): FromVehicle => ({
    authentication: encodeHello({
      time: Math.floor(Date.now() / 1000),
      epoch: EPOCH,
      nonce: Uint8Array.from(randomBytes(32)),
      ephemeral: x25519KeyPair().publicKey,
      pile: 'P1',
      ...change,
    }),
  });
});

describe('revocation', () => {
  const revoke = async (id: string): Promise<void> => {
    const esp = await scene.network.client('Esp', scene.esp, 'esp', 'provider-one');
    const parameters = JSON.stringify({ id, reason: 'lost' });
    await esp.administer({ verb: 'revoke', parameters });
  };
  const idOf = async (pile: string): Promise<string> => {
    const esp = await scene.network.client('Esp', scene.esp, 'esp', 'provider-one');
    const { result } = await esp.administer({ verb: 'query', parameters: JSON.stringify({ name: pile }) });
    return (JSON.parse(result) as { readonly id: string }).id;
  };

  test('of a vehicle’s certificate ends its open session within two seconds, and no other opens', async () => {
    const [plug, staying] = [await plugIn('VIN1'), await plugIn('VIN2', 'cp1/P2')];
    await revoke(await idOf('vin:VIN1'));
    const revokedAt = Date.now();
    await eventually(async () => (await scene.cp.status())['sessions'] === 1 || undefined, 'the end of the session');
    expect(Date.now() - revokedAt).toBeLessThan(2_000);
    await unplug('VIN1');
    await expect(plugIn('VIN1', 'cp1/P2')).rejects.toMatchObject({ code: 'E_CERTIFICATE_REVOKED' });
    const acted = await effects();
    await scene.network.submit(await scene.seal('VIN1', plug, stopping('too late')));
    const command = stopping('still here');
    await scene.network.submit(await scene.seal('VIN2', staying, command));
    expect(await receiptOf(command.commandId)).toBe('done');
    expect(await effects()).toBe(acted + 1);
  });

  test('of a pile’s certificate: the vehicle in front of it lends nothing more', async () => {
    const plug = scene.ev.vehicles.get('VIN2')?.plug as Plug;
    await revoke(await idOf('pile:cp1/P2'));
    await eventually(async () => (await scene.cp.status())['sessions'] === 0 || undefined, 'the end of the session');
    const acted = await effects();
    await scene.network.submit(await scene.seal('VIN2', plug, stopping('to a revoked pile')));
    await unplug('VIN2');
    await expect(plugIn('VIN2', 'cp1/P2')).rejects.toMatchObject({ code: 'E_CERTIFICATE_REVOKED' });
    expect(await effects()).toBe(acted);
    await plugIn('VIN2', 'cp1/P1');
    await unplug('VIN2');
  });
});
