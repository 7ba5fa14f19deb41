import { toHex, verifySigma } from '@chargecast/signcryption';
import { EPOCH } from '@chargecast/signcryption/testing/world';
import { CodedError } from '../common/errors';
import { silentLogger } from '../common/log';
import { eventually } from '../testing/test-network';
import { Addressing } from './addressing';
import { Directory } from './directory';
import { Outbox } from './outbox';
import { Sealer } from './sealer';
import { Sessions } from './sessions';
import {
  committedSigmas,
  cost,
  csc,
  dispatch,
  kgc,
  network,
  now,
  openedAtPile,
  pile,
  plugIn,
  reaches,
  receipt,
  report,
  send,
  startCentre,
  stop,
  useCentre,
} from './testing/centre-scene';

useCentre();

describe('what goes wrong on the way', () => {
  it('lets nobody it may not address hold up the others', async () => {
    const other = await network.holder('csc', 'csc2', kgc);
    const directory = await Directory.load(await network.store('probe'));
    await directory.announce('css', 'css1', other.holder.f);
    const replica = await network.replica();
    const addressing = new Addressing({
      directory,
      sessions: await Sessions.load(await network.store('probe-sessions')),
      replica,
      epochs: () => [EPOCH],
    });
    await directory.announce('cp', 'cp1/pile1', pile.holder.f);
    const store = await network.store('probe-outbox');
    const outbox = await Outbox.load(store, Date.now);
    const command = { kind: 'notice', action: 'DataTransfer', payload: { vendorId: 'x' } } as const;
    await outbox.add([
      { id: '01'.repeat(16), customer: 'css:css1', ...command },
      { id: '02'.repeat(16), customer: 'cp:cp1/pile1', ...command },
    ]);
    const sender = await network.holder('csc', 'csc3', kgc);
    const sealer = new Sealer({
      outbox,
      addressing,
      holder: sender.holder,
      replica,
      settings: { maxReceivers: 128, ttlSeconds: 900, commandSeconds: 60 },
      now: Date.now,
      sealed: () => undefined,
      logger: silentLogger(),
    });
    await sealer.run();
    expect(await outbox.command('01'.repeat(16))).toMatchObject({ stage: 'waiting', code: 'E_NOT_ALLOWED' });
    expect(await outbox.command('02'.repeat(16))).toMatchObject({ stage: 'sealed', code: '' });
  });

  it('seals anew, under the same id, what was acknowledged and not included, and keeps the acks', async () => {
    network.conduct.includes = false;
    network.conduct.ackSeconds = 0;
    const session = await plugIn();
    const [id = ''] = await send(stop());
    await reaches(id, 'acknowledged');
    await eventually(async () => ((await csc.status())['resealed'] as number) > 0 || undefined, 'a second sealing');
    network.conduct.includes = true;
    await reaches(id, 'committed');
    const messages = await openedAtPile(session);
    expect(messages.map(({ commandId }) => commandId)).toEqual([id]);
    expect(await receipt(id)).toBe('accepted');
    await reaches(id, 'delivered');
  });

  it('seals anew when no receipt comes; the twin carries the same id', async () => {
    await csc.stop();
    await startCentre({ dispatch: { ...dispatch, receiptSeconds: 1 } });
    const session = await plugIn();
    const [id = ''] = await send(stop());
    await reaches(id, 'committed');
    await eventually(async () => (committedSigmas().length > 1 ? true : undefined), 'a twin');
    expect(new Set((await openedAtPile(session)).map(({ commandId }) => commandId))).toEqual(new Set([id]));
    expect(await receipt(id)).toBe('accepted');
    expect(await receipt(id)).toBe('accepted');
    await reaches(id, 'delivered');
  });

  it('sends the same bytes again while the KGC or the gateways are away', async () => {
    await plugIn();
    network.conduct.hold = (): void => {
      throw new Error('away');
    };
    const [id = ''] = await send(stop());
    const { sigmaId } = await reaches(id, 'sealed');
    network.conduct.hold = (): void => undefined;
    expect((await reaches(id, 'committed')).sigmaId).toBe(sigmaId);
  });

  it('waits while every gateway is full, and drops nothing', async () => {
    await plugIn();
    let refusals = 0;
    network.conduct.hold = (): void => {
      refusals += 1;
      throw new CodedError('E_CSS_FULL', 'full: later');
    };
    const ids = [...(await send(stop())), ...(await send(stop())), ...(await send(stop()))];
    const sealed = await Promise.all(ids.map((id) => reaches(id, 'sealed')));
    await eventually(() => Promise.resolve(refusals > 2 * sealed.length || undefined), 'the centre to come again');
    network.conduct.hold = (): void => undefined;
    const committed = await Promise.all(ids.map((id) => reaches(id, 'committed')));
    expect(committed.map(({ sigmaId }) => sigmaId)).toEqual(sealed.map(({ sigmaId }) => sigmaId));
  });

  it('moves a command to the vehicle’s new session when it left before the pile could open', async () => {
    network.conduct.includes = false;
    const first = await plugIn();
    const [id = ''] = await send(stop());
    await reaches(id, 'acknowledged');
    await report('Unplug', { session: toHex(first), at: now() });
    await reaches(id, 'waiting', 'E_NOT_PLUGGED_IN');
    network.conduct.includes = true;
    const second = await plugIn();
    await reaches(id, 'committed');
    expect(await openedAtPile(first)).toEqual([]);
    expect((await openedAtPile(second)).map(({ commandId }) => commandId)).toEqual([id]);
  });

  it.each(['waiting', 'sealed', 'acknowledged', 'committed'])('a restart at %s delivers once', async (stage) => {
    if (stage !== 'waiting') await plugIn();
    if (stage === 'sealed') {
      network.conduct.hold = (): void => {
        throw new Error('away');
      };
    }
    if (stage === 'acknowledged') Object.assign(network.conduct, { includes: false, ackSeconds: 1 });
    const [id = ''] = await send(stop());
    await reaches(id, stage);
    await csc.stop();
    Object.assign(network.conduct, { hold: () => undefined, includes: true });
    await startCentre();
    if (stage === 'waiting') await plugIn();
    await reaches(id, 'committed');
    expect(await receipt(id)).toBe('accepted');
    await reaches(id, 'delivered');
  });

  it('attack 26: a credential marked spent before a crash is never used again', async () => {
    await plugIn();
    const [first = ''] = await send(stop());
    await reaches(first, 'committed');
    await csc.stop();
    await startCentre();
    const [second = ''] = await send(cost());
    await reaches(second, 'committed');
    const sigmas = committedSigmas();
    const keys = sigmas.map((sigma) => toHex(verifySigma(network.chain.trust.params, sigma).header.oneTimeKey));
    expect(new Set(keys).size).toBe(sigmas.length);
  });
});
