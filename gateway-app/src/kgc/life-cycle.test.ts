/** Epochs, revocation, readmission and restored copies, asked of a running KGC by its operator. */
import { BROADCAST } from '@chargecast/protocol';
import { decodeSigma, type HolderKey, toHex } from '@chargecast/signcryption';
import { EPOCH } from '@chargecast/signcryption/testing/world';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { CodedError, codeOf } from '../common/errors';
import { type RunningRole } from '../common/running-role';
import { encodePayload, type Holder } from '../holder';
import { type Client, type GovernanceStep } from '../rpc';
import { eventually, TestNetwork, type TestRole } from '../testing/test-network';
import { startKgc } from '.';

jest.setTimeout(120_000);

let network: TestNetwork;
let configFile: string;
let kgc: RunningRole;
let operator: Client<'Kgc'>;

beforeEach(async () => {
  network = await TestNetwork.start(expect.getState().currentTestName);
  configFile = await network.kgcConfig();
  kgc = await startKgc(configFile);
  network.closing(() => kgc.stop());
  operator = await network.client('Kgc', kgc, 'kgc', 'kgc');
});
afterEach(() => network.stop());

const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'accepted',
    (error: unknown) => codeOf(error) ?? 'uncoded',
  );

/** Of a roll asked of a KGC that has just started: until it has read the chain it says so. */
const refusalOfRoll = (overlapSeconds: number): Promise<string> =>
  eventually(async () => {
    const code = await refusal(all(operator.roll({ overlapSeconds })));
    return code === 'E_REPLICA_EMPTY' ? undefined : code;
  }, 'the KGC to have read the chain');

async function all(told: AsyncIterable<GovernanceStep>): Promise<GovernanceStep[]> {
  const steps: GovernanceStep[] = [];
  for await (const step of told) steps.push(step);
  return steps;
}

const committed = (steps: readonly GovernanceStep[]): string[] =>
  steps.filter(({ state }) => state === 'committed').map(({ kind }) => kind);

const message = encodePayload([{ commandId: '00'.repeat(16), kind: 'notice', action: 'DataTransfer', payload: {} }]);
const seal = async (from: Holder, to: Holder): Promise<Uint8Array> =>
  (await from.seal([{ keys: to.key, message }], 900)).sigma;
const revoke = { holder: 'csc:csc1', reason: 'compromised', effective: 0 };

async function centreAndPile(): Promise<{ centre: TestRole; pile: TestRole }> {
  return { centre: await network.holder('csc', 'csc1', kgc), pile: await network.holder('cp', 'cp1/pile1', kgc) };
}

describe('rolling the epoch', () => {
  test('a majority signs by rule, both chains carry it, holders move while the old epoch is accepted', async () => {
    const { centre, pile } = await centreAndPile();
    const steps = await all(operator.roll({ overlapSeconds: 4 * 3600 }));
    expect(committed(steps)).toEqual(['epochs']);
    expect(steps.find(({ state }) => state === 'signed')?.organisations.length).toBeGreaterThanOrEqual(3);
    const replica = await network.replica();
    await eventually(async () => replica.epochs().current === EPOCH + 1 || undefined, 'the next epoch');
    expect(replica.epochs().accepted).toEqual([EPOCH, EPOCH + 1]);
    const { holder } = centre;
    await eventually(async () => pile.holder.keyOf(EPOCH + 1) && holder.keyOf(EPOCH + 1), 'both to enrol anew');
    for (const epoch of [EPOCH, EPOCH + 1]) {
      const keys = pile.holder.keyOf(epoch) as HolderKey;
      const { sigma } = await holder.seal([{ keys, message }], 900);
      expect(await network.submit(sigma)).toMatchObject({ status: 'committed' });
    }
  });

  test('an overlap shorter than a message lives is refused', async () => {
    expect(await refusalOfRoll(60)).toBe('E_EPOCH_OVERLAP');
  });

  test('gateways that decline leave the epoch as it is, and the operator hears why', async () => {
    network.conduct.govern = (): void => {
      throw new CodedError('E_GOVERNANCE_ROLL', 'not by the rule');
    };
    expect(await refusalOfRoll(4 * 3600)).toBe('E_GOVERNANCE_ROLL');
    const replica = await network.replica();
    await replica.reached('datachain', 1n);
    expect(replica.epochs().current).toBe(EPOCH);
  });
});

describe('revoking a holder', () => {
  test('its record and every one-time key it has left fall; a σ sealed before is refused by the chain', async () => {
    const { centre, pile } = await centreAndPile();
    const before = await seal(centre.holder, pile.holder);
    const after = await seal(centre.holder, pile.holder);
    expect(await network.submit(before)).toMatchObject({ status: 'committed' });
    const replica = await network.replica();
    await eventually(() => replica.isCredentialSpent(decodeSigma(before).header.oneTimeKey), 'the nullifier');
    const steps = await all(operator.revoke(revoke));
    expect(committed(steps).sort()).toEqual(['revokedCredentials', 'revokedRecord']);
    expect(await network.submit(after)).toMatchObject({ status: 'refused', code: 'E_CREDENTIAL_REVOKED' });
    await eventually(async () => (await replica.record(centre.holder.f))?.revoked, 'the revocation of the record');
    await eventually(() => replica.isCredentialRevoked(decodeSigma(after).header.oneTimeKey), 'the revoked keys');
    expect(await replica.isCredentialRevoked(decodeSigma(before).header.oneTimeKey)).toBe(false);
    const { items } = await network.chain.consortium.query<{ items: unknown[] }>(
      'owner',
      'datachain',
      BROADCAST.listRevocations,
      ['500', ''],
    );
    expect(items.length).toBeGreaterThan(1);
  });

  test('waits for operators, tells for whom, and repeats to the same end', async () => {
    await centreAndPile();
    const undecided = new Set(['CSS2MSP', 'CSS3MSP', 'CSS4MSP']);
    network.conduct.govern = ({ mspId }): void => {
      if (undecided.has(mspId)) throw new CodedError('E_GOVERNANCE_PENDING', 'the operator has not decided');
    };
    const steps: GovernanceStep[] = [];
    for await (const step of operator.revoke(revoke)) {
      steps.push(step);
      if (step.state === 'waiting') undecided.clear();
    }
    expect(steps.find(({ state }) => state === 'waiting')?.organisations).toEqual(['CSS2MSP', 'CSS3MSP', 'CSS4MSP']);
    expect(committed(steps)).toContain('revokedRecord');
    const replica = await network.replica();
    await replica.reached('datachain', BigInt(network.chain.blocksOf.datachain.length - 1));
    expect(committed(await all(operator.revoke(revoke)))).not.toContain('revokedCredentials');
  });

  test('it enrols anew only when readmitted, and then under another pseudo-identity', async () => {
    const { centre } = await centreAndPile();
    const { f } = centre.holder;
    await all(operator.revoke(revoke));
    const replica = await network.replica();
    await eventually(async () => (await replica.record(f))?.revoked, 'the revocation');
    expect(await refusal(network.holder('csc', 'csc1', kgc))).toBe('E_STORE_LOCKED');
    await centre.holder.stop();
    const again = (): Promise<Holder> => network.reopen('csc', 'csc1', kgc, centre.store);
    expect(await refusal(again())).toBe('E_ENROL_BARRED');
    await operator.readmit({ holder: 'csc:csc1' });
    const readmitted = await again();
    expect(toHex(readmitted.f)).not.toBe(toHex(f));
    expect(await refusal(operator.readmit({ holder: 'csc:csc1' }))).toBe('E_HOLDER_UNKNOWN');
  });

  test('names nobody has, and reasons outside the list', async () => {
    expect(await refusal(all(operator.revoke({ ...revoke, holder: 'csc:nobody' })))).toBe('E_HOLDER_UNKNOWN');
    expect(await refusal(all(operator.revoke({ ...revoke, reason: 'because' })))).toBe('E_DECODE');
  });
});

test('attack 25: a KGC restored from an older copy issues no pseudo-identity twice and learns again whose they are', async () => {
  const copy = join(network.directory, 'copy');
  const data = join(network.directory, 'roles', 'kgc', 'data');
  await kgc.stop();
  cpSync(data, copy, { recursive: true });
  kgc = await startKgc(configFile);
  const { centre, pile } = await centreAndPile();
  await seal(centre.holder, pile.holder);
  await kgc.stop();
  rmSync(data, { recursive: true });
  cpSync(copy, data, { recursive: true });
  kgc = await startKgc(configFile);
  network.closing(() => kgc.stop());
  await centre.holder.stop();
  const reopened = await network.reopen('csc', 'csc1', kgc, centre.store);
  expect(toHex(reopened.f)).toBe(toHex(centre.holder.f));
  const keys = new Set<string>();
  for (let i = 0; i < 12; i++) keys.add(toHex(decodeSigma(await seal(reopened, pile.holder)).header.oneTimeKey));
  expect(keys.size).toBe(12);
  const restored = await network.client('Kgc', kgc, 'kgc', 'kgc');
  const last = [...keys].pop() as string;
  expect(await restored.open({ oneTimeKey: Buffer.from(last, 'hex') })).toMatchObject({ name: 'csc1' });
});
