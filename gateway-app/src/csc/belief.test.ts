import { PROVIDER } from '@chargecast/chaincode/testing/consortium';
import { signStatement, toHex } from '@chargecast/signcryption';
import { EPOCH } from '@chargecast/signcryption/testing/world';
import { eventually } from '../testing/test-network';
import { Directory } from './directory';
import {
  committedSigmas,
  csc,
  esp,
  ev,
  id16,
  kgc,
  network,
  now,
  operator,
  pile,
  plugIn,
  reaches,
  receipt,
  refusal,
  sealedToCentre,
  send,
  startCentre,
  stop,
  useCentre,
} from './testing/centre-scene';

useCentre();

describe('whom a centre believes', () => {
  it('attack 5: the KGC naming its own car for a customer is not asked; only the provider’s word counts', async () => {
    const own = await network.holder('ev', 'ev1/VIN2', kgc, esp);
    const listed: string[] = [];
    const client = await network.client('Kgc', kgc, 'csc', 'csc1');
    for await (const { f } of client.listReceivers({ epoch: EPOCH })) listed.push(toHex(Uint8Array.from(f)));
    expect(listed).toContain(toHex(own.holder.f));
    await plugIn(own.holder);
    await csc.stop();
    await startCentre();
    await eventually(async () => ((await csc.status())['customers'] === 2 ? true : undefined), 'both bindings');
    const [unknown = '', bound = ''] = await send(stop('contract-9'), stop('contract-1'));
    await reaches(unknown, 'waiting', 'E_CUSTOMER_UNBOUND');
    await reaches(bound, 'waiting', 'E_NOT_PLUGGED_IN');
    expect(committedSigmas()).toHaveLength(0);
  });

  it('attack 5: a binding signed by the KGC, or of another X, is refused', async () => {
    const directory = await Directory.load((await network.store('directory')).sub('d'));
    const replica = await network.replica();
    const { params } = replica;
    const { f, X } = ev.holder.key.record;
    const { kgc: keys } = network.chain.consortium.world;
    const contract = 'contract-1';
    const forged = signStatement(params, keys.masterSecret, { tag: 'bind', f, X, contract });
    const binding = { f, x: X, contract, provider: PROVIDER, signature: forged };
    expect(await refusal(directory.bind(binding, PROVIDER, replica))).toBe('E_STATEMENT');
    const { secret } = network.chain.consortium.provider;
    const honest = signStatement(params, secret, { tag: 'bind', f, X, contract });
    const moved = { ...binding, f: pile.holder.f, signature: honest };
    expect(await refusal(directory.bind(moved, PROVIDER, replica))).toBe('E_STATEMENT');
    expect(await refusal(directory.bind({ ...binding, provider: 'other' }, PROVIDER, replica))).toBe(
      'E_BINDING_FOREIGN',
    );
    expect(await refusal(directory.bind({ ...binding, provider: 'none' }, 'none', replica))).toBe('E_PROVIDER_UNKNOWN');
    expect(directory.find(contract)).toEqual({ code: 'E_CUSTOMER_UNBOUND' });
    expect(await directory.bind({ ...binding, signature: honest }, PROVIDER, replica)).toBe(true);
    expect(directory.find(contract)).toMatchObject({ kind: 'vehicle', bound: { f: toHex(f) } });
    expect(directory.find(`${PROVIDER}/${contract}`)).toMatchObject({ kind: 'vehicle' });
  });

  it('takes a receipt only from the pile the command was sealed for', async () => {
    const other = await network.holder('cp', 'cp1/pile2', kgc);
    await plugIn();
    const [id = ''] = await send(stop());
    await reaches(id, 'committed');
    expect(await receipt(id, other.holder)).toBe('E_RECEIPT_FOREIGN');
    expect(await receipt(toHex(id16()))).toBe('E_RECEIPT_FOREIGN');
    await reaches(id, 'committed');
  });

  it('takes reports once, from vehicles, sealed to itself, and refuses changed bytes', async () => {
    const client = await network.client('Csc', csc, 'ev', 'ev1');
    const session = toHex(id16());
    const payload = { session, powerWatts: 7200, energyWh: 1500, at: now() };
    const sigma = await sealedToCentre(ev.holder, 'report', 'PowerReport', payload);
    await client.report({ sigma });
    await client.report({ sigma });
    expect(await csc.status()).toMatchObject({ reports: 1 });
    const changed = Uint8Array.from(sigma);
    changed[sigma.length - 1] = (changed[sigma.length - 1] as number) ^ 1;
    expect(await refusal(client.report({ sigma: changed }))).toBe('E_SIGMA_SIGNATURE');
    const fromPile = await sealedToCentre(pile.holder, 'report', 'PowerReport', payload);
    expect(await refusal(client.report({ sigma: fromPile }))).toBe('E_SENDER_ROLE');
    const asReceipt = await sealedToCentre(ev.holder, 'report', 'Steal', payload);
    expect(await refusal(client.report({ sigma: asReceipt }))).toBe('E_MESSAGE_KIND');
  });

  it('sends and follows for its own operator only, and refuses what no schema allows', async () => {
    const rival = await network.client('Csc', csc, 'csc', 'csc2');
    expect(await refusal(rival.send({ commands: [stop()] }))).toBe('E_FORBIDDEN');
    const own = await operator();
    const bad = { ...stop(), payload: JSON.stringify({ transactionId: 7 }) };
    expect(await refusal(own.send({ commands: [stop(), bad] }))).toBe('E_OCPP_SCHEMA');
    expect(await refusal(own.send({ commands: [] }))).toBe('E_COMMAND');
    expect(await refusal(own.send({ commands: [{ ...stop(), payload: '[]' }] }))).toBe('E_COMMAND');
    expect(await refusal(own.send({ commands: [{ ...stop(), kind: 'report' }] }))).toBe('E_COMMAND_KIND');
    const unsealable = { ...stop(), payload: String.raw`{"transactionId":"\ud800"}` };
    expect(await refusal(own.send({ commands: [stop(), unsealable] }))).toBe('E_COMMAND');
    expect(await csc.status()).toMatchObject({ waiting: 0 });
    const lost = (async (): Promise<void> => {
      for await (const state of own.follow({ commandIds: ['00'.repeat(16)] })) throw new Error(state.state);
    })();
    expect(await refusal(lost)).toBe('E_COMMAND_UNKNOWN');
  });
});
