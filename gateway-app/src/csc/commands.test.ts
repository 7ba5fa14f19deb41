import { ownEntryKey, Role, unsigncrypt, verifySigma } from '@chargecast/signcryption';
import { decodePayload, findSender } from '../holder';
import { type Command } from '../rpc';
import {
  committedSigmas,
  cost,
  csc,
  kgc,
  network,
  now,
  openedAtPile,
  operator,
  pile,
  plugIn,
  reaches,
  receipt,
  report,
  sealedToCentre,
  send,
  stop,
  useCentre,
} from './testing/centre-scene';

useCentre();

describe('a command from operator to pile', () => {
  it('waits until the vehicle is plugged in, then is sealed, routed, committed, opened and receipted', async () => {
    const [id = '', bill = ''] = await send(stop(), cost());
    await reaches(id, 'waiting', 'E_NOT_PLUGGED_IN');
    const session = await plugIn();
    await reaches(id, 'committed');
    const messages = await openedAtPile(session);
    expect(messages.map(({ commandId, kind, action }) => [commandId, kind, action])).toEqual([
      [id, 'control', 'RequestStopTransaction'],
      [bill, 'billing', 'CostUpdated'],
    ]);
    expect(committedSigmas()).toHaveLength(1);
    expect(await receipt(id)).toBe('accepted');
    expect(await receipt(bill, pile.holder, { outcome: 'refused', code: 'E_OCPP_SCHEMA' })).toBe('accepted');
    await reaches(id, 'delivered');
    await reaches(bill, 'failed', 'E_OCPP_SCHEMA');
    expect(await csc.status()).toMatchObject({ delivered: 1, failed: 1, waiting: 0, sigmas: 0, resealed: 0 });
  });

  it('ends a follower when all its commands are done, having shown each state in order', async () => {
    await plugIn();
    const [id = ''] = await send(stop());
    const seen: string[] = [];
    const following = (async (): Promise<void> => {
      for await (const { state } of (await operator()).follow({ commandIds: [id] })) seen.push(state);
    })();
    await reaches(id, 'committed');
    expect(await receipt(id)).toBe('accepted');
    await following;
    expect(seen.at(-1)).toBe('delivered');
    const order = ['waiting', 'sealed', 'acknowledged', 'committed', 'delivered'];
    const ranks = seen.map((state) => order.indexOf(state));
    expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
  });

  it('knows a gateway by its announcement too, and a vehicle by none', async () => {
    const { holder: gateway } = await network.holder('css', 'css1', kgc);
    const client = await network.client('Csc', csc, 'css', 'css1');
    await client.report({ sigma: await sealedToCentre(gateway, 'report', 'Announce', { at: now(), unit: '' }) });
    const [id = ''] = await send({
      ...stop('css:css1'),
      kind: 'notice',
      action: 'DataTransfer',
      payload: '{"vendorId":"x"}',
    });
    await reaches(id, 'committed');
    expect(await receipt(id, gateway)).toBe('E_SENDER_ROLE');
    const own = { commandId: id, outcome: 'done', sigmaId: '00'.repeat(32), at: now() };
    await client.receipt({ sigma: await sealedToCentre(gateway, 'receipt', 'Receipt', own) });
    await reaches(id, 'delivered');
    await expect(report('Announce', { at: now(), unit: 'VIN1' })).rejects.toMatchObject({ code: 'E_SENDER_ROLE' });
  });

  it('reaches piles and gateways by the name they announced', async () => {
    const command: Command = {
      customer: 'cp:cp1/pile1',
      kind: 'control',
      action: 'ChangeAvailability',
      payload: JSON.stringify({ operationalStatus: 'Inoperative' }),
    };
    const [id = ''] = await send(command);
    await reaches(id, 'waiting', 'E_CUSTOMER_UNBOUND');
    const cp = await network.client('Csc', csc, 'cp', 'cp1');
    const sigma = await sealedToCentre(pile.holder, 'report', 'Announce', { at: now(), unit: 'pile1' });
    await cp.report({ sigma });
    await reaches(id, 'committed');
    const replica = await network.replica();
    const [only] = committedSigmas();
    const verified = verifySigma(replica.params, only as Uint8Array);
    const opened = await unsigncrypt({
      params: replica.params,
      limits: replica.limits(),
      verified,
      receiver: { f: pile.holder.f, role: Role.CP },
      entryKey: ownEntryKey(replica.params, pile.holder.key, verified.sigma.headerBytes),
      findSender: (f) => findSender(replica, f),
    });
    expect(opened && decodePayload(opened)[0]?.commandId).toBe(id);
    expect(await receipt(id)).toBe('accepted');
    await reaches(id, 'delivered');
  });
});
