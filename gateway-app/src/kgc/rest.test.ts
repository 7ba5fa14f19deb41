import { type Person } from '@chargecast/network';

import { CodedError } from '../common/errors';
import { type RunningRole } from '../common/running-role';
import { startEsp } from '../esp';
import { type HttpAnswer, TestPeople } from '../rest/testing/people';
import { type Client } from '../rpc';
import { eventually, TestNetwork } from '../testing/test-network';
import { startKgc } from '.';

jest.setTimeout(120_000);

const OPERATOR: Person = { role: 'operator', at: 'kgc', name: '1' };

let network: TestNetwork;
let people: TestPeople;
let kgc: RunningRole;
let tool: Client<'Kgc'>;

beforeEach(async () => {
  network = await TestNetwork.start(expect.getState().currentTestName);
  people = await TestPeople.make();
  network.closing(() => people.remove());
  kgc = await startKgc(await network.kgcConfig({ rest: await people.restConfig('kgc') }));
  network.closing(() => kgc.stop());
  tool = await network.client('Kgc', kgc, 'kgc', 'kgc');
  await eventually(async () => (await ask('/readyz')).status === 200, 'the key generation centre');
});
afterEach(() => network.stop());

const ask = (path: string, person = OPERATOR): Promise<HttpAnswer> => people.ask(`${kgc.url}${path}`, person);

test('counts holders and absent vehicles, and names nobody', async () => {
  const esp = await startEsp(await network.espConfig(), { connect: async () => network.ledger() });
  network.closing(() => esp.stop());
  await network.holder('csc', 'csc1', kgc);
  await network.holder('cp', 'cp1/pile1', kgc);
  await network.holder('cp', 'cp1/pile2', kgc);
  const { holder } = await network.holder('ev', 'ev1/VIN1', kgc, esp);
  const counted = await eventually(async () => {
    const answer = await ask('/v1/holders');
    return answer.json<{ items: { counting: number }[] }>().items.reduce((sum, { counting }) => sum + counting, 0) === 4
      ? answer
      : undefined;
  }, 'the records in the centre’s replica');
  expect(counted.json()).toEqual({
    items: [
      { epoch: holder.epoch, role: 'EV', enrolled: 1, counting: 1, revoked: 0 },
      { epoch: holder.epoch, role: 'CP', enrolled: 2, counting: 2, revoked: 0 },
      { epoch: holder.epoch, role: 'CSS', enrolled: 0, counting: 0, revoked: 0 },
      { epoch: holder.epoch, role: 'CSC', enrolled: 1, counting: 1, revoked: 0 },
    ],
  });
  const absent = await ask('/v1/absent-receivers');
  expect(absent.json()).toEqual({ epoch: holder.epoch, enrolled: 1, pluggedIn: 0, absent: 1 });
  const said = [counted, absent, await ask('/v1/epochs'), await ask('/metrics')].map(({ text }) => text).join('\n');
  const secrets = ['VIN1', 'pile1', 'csc1', Buffer.from(holder.f).toString('hex')];
  expect(secrets.filter((secret) => said.includes(secret))).toEqual([]);
});

test('shows what organisations are asked to sign, as long as it waits, and what was revoked', async () => {
  await network.holder('csc', 'csc1', kgc);
  network.conduct.govern = () => {
    throw new CodedError('E_GOVERNANCE_PENDING', 'the operator has not decided');
  };
  const stop = new AbortController();
  const revocation = { holder: 'csc:csc1', reason: 'compromised', effective: 0 };
  const asked = (async () => {
    for await (const step of tool.revoke(revocation, { signal: stop.signal })) void step;
  })().catch(() => undefined);
  interface Waiting {
    readonly items: readonly { readonly kind: string; readonly waitedFor: string[]; readonly subject: string }[];
  }
  const waiting = async (): Promise<Waiting['items']> => (await ask('/v1/governance')).json<Waiting>().items;
  const [record] = await eventually(async () => {
    const found = (await waiting()).filter(({ kind }) => kind === 'revokedRecord');
    return found.length > 0 ? found : undefined;
  }, 'the proposal');
  expect(record?.waitedFor).toEqual(['CSS1MSP', 'CSS2MSP', 'CSS3MSP', 'CSS4MSP']);
  stop.abort();
  await asked;
  await eventually(async () => (await waiting()).length === 0, 'the proposal to be gone');
  network.conduct.govern = () => undefined;
  for await (const step of tool.revoke(revocation)) void step;
  const revoked = await eventually(async () => {
    const { items } = (await ask('/v1/revocations')).json<{ items: object[] }>();
    return items.length > 0 ? items : undefined;
  }, 'the revocation in the centre’s replica');
  expect(revoked).toEqual([{ f: record?.subject, role: 'CSC', epoch: expect.any(Number) as number }]);
});

test('tells the epochs, and when one closes', async () => {
  const before = (await ask('/v1/epochs')).json<{ current: number }>();
  for await (const step of tool.roll({ overlapSeconds: 4 * 3600 })) void step;
  await eventually(async () => (await ask('/v1/epochs')).json().current === before.current + 1, 'the next epoch');
  expect((await ask('/v1/epochs')).json()).toMatchObject({
    epochs: [
      { epoch: before.current, accepted: true, closesAt: expect.any(String) as string },
      { epoch: before.current + 1, accepted: true, closesAt: null },
    ],
  });
});
