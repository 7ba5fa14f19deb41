import {
  BROADCAST,
  type CredentialsRevocation,
  type Epochs,
  type EpochsItem,
  GOVERNANCE_EVENT,
  type GovernanceItem,
  type GovernanceReply,
  governanceStatement,
  type LimitsItem,
  REGISTRATION,
} from '@chargecast/protocol';
import { type Credential } from '@chargecast/signcryption/credential';
import { createLimits } from '@chargecast/signcryption/limits';
import { ready } from '@chargecast/signcryption/primitives/native';
import { Role } from '@chargecast/signcryption/roles';
import { EPOCH, hex, NOW } from '@chargecast/signcryption/testing/world';
import { codeOf, CONSORTIUM, Consortium, GATEWAYS } from './testing/consortium';

let consortium: Consortium;

beforeAll(ready);

beforeEach(async () => {
  consortium = await Consortium.initialised();
});

const limits = (version: number): LimitsItem =>
  consortium.versioned<LimitsItem>(
    consortium.limits(createLimits({ ...consortium.world.limits, version, maxTtl: 1800 })),
  );

const epochs = (version: number, body: Epochs): EpochsItem =>
  consortium.versioned<EpochsItem>(consortium.epochs(version, body));

const onBoth = async (item: GovernanceItem): Promise<string[]> => {
  const argument = [JSON.stringify(item)];
  const replies = [
    await consortium.register('kgc', REGISTRATION.mirrorGovernance, argument),
    await consortium.cast('relay', BROADCAST.mirrorGovernance, argument),
  ];
  return replies.map(({ payload }) => (JSON.parse(payload) as { status: string }).status);
};

const refusalOf = async (item: object): Promise<string> => {
  const argument = [JSON.stringify(item)];
  const [one, two] = [
    await codeOf(consortium.register('kgc', REGISTRATION.mirrorGovernance, argument)),
    await codeOf(consortium.cast('kgc', BROADCAST.mirrorGovernance, argument)),
  ];
  expect(one).toBe(two);
  return one;
};

describe('versioned items', () => {
  test('the same bytes are accepted by both channels, and a second time change nothing', async () => {
    const item = limits(2);
    expect(await onBoth(item)).toEqual(['committed', 'committed']);
    expect(await onBoth(item)).toEqual(['unchanged', 'unchanged']);
    for (const chain of ['certchain', 'datachain'] as const) {
      const found = await consortium.query<GovernanceReply>('owner', chain, 'governance');
      expect(found.versions.limits).toBe(2);
      expect(found.limits).toEqual(item.body);
    }
  });

  test('an item read from one channel is carried to the other', async () => {
    await consortium.register('kgc', REGISTRATION.mirrorGovernance, [JSON.stringify(limits(2))]);
    const item = await consortium.query<LimitsItem>('relay', 'certchain', REGISTRATION.governanceItem, ['limits']);
    const simulation = await consortium.cast('relay', BROADCAST.mirrorGovernance, [JSON.stringify(item)]);
    expect(simulation.event).toEqual({
      name: GOVERNANCE_EVENT,
      payload: JSON.stringify({ kind: 'limits', version: 2 }),
    });
  });

  test('versions follow one another', async () => {
    expect(await refusalOf(limits(3))).toBe('E_VERSION');
    await onBoth(limits(2));
    expect(await refusalOf(limits(4))).toBe('E_VERSION');
    const other = consortium.versioned<LimitsItem>(
      consortium.limits(createLimits({ ...consortium.world.limits, version: 2, maxTtl: 3600 })),
    );
    expect(await refusalOf(other)).toBe('E_VERSION');
    expect(await refusalOf({ ...limits(3), version: 4 })).toBe('E_DECODE');
  });

  test('need the KGC and a majority of the others', async () => {
    const item = consortium.limits(createLimits({ ...consortium.world.limits, version: 2 }));
    expect(await refusalOf(consortium.versioned<LimitsItem>(item, CONSORTIUM, false))).toBe('E_AUTHORITY');
    expect(await refusalOf(consortium.versioned<LimitsItem>(item, GATEWAYS.slice(0, 2)))).toBe('E_AUTHORITY');
    expect(await refusalOf(consortium.versioned<LimitsItem>(item, ['CSS1MSP', 'CSS2MSP', 'KGCMSP']))).toBe(
      'E_AUTHORITY',
    );
    const signed = consortium.versioned<LimitsItem>(item);
    expect(await refusalOf({ ...signed, body: { ...signed.body, maxTtl: 900 } })).toBe('E_AUTHORITY');
    const [kgc, ...rest] = signed.authority;
    expect(await refusalOf({ ...signed, authority: [{ ...kgc, by: 'organisation', name: 'CSS4MSP' }, ...rest] })).toBe(
      'E_AUTHORITY',
    );
    expect(await onBoth(signed)).toEqual(['committed', 'committed']);
  });

  test('limits out of bounds and unknown kinds', async () => {
    expect(await refusalOf({ ...limits(2), body: { version: 2 } })).toBe('E_LIMITS');
    expect(await refusalOf({ ...limits(2), kind: 'prices' })).toBe('E_DECODE');
    expect(await refusalOf({ ...limits(2), extra: true })).toBe('E_DECODE');
    expect(await refusalOf([limits(2)])).toBe('E_DECODE');
  });
});

describe('epochs', () => {
  const closing = { epoch: EPOCH, closeAt: NOW + 7200 };
  const rolled: Epochs = { current: EPOCH + 1, accepted: [closing, { epoch: EPOCH + 1 }] };

  test('roll: the old one closes, the new one opens', async () => {
    expect(await onBoth(epochs(2, rolled))).toEqual(['committed', 'committed']);
    expect(await onBoth(epochs(3, { current: EPOCH + 1, accepted: [{ epoch: EPOCH + 1 }] }))).toEqual([
      'committed',
      'committed',
    ]);
  });

  test('never shrink, return, or close later than announced', async () => {
    await onBoth(epochs(2, rolled));
    const open = { epoch: EPOCH + 1 };
    const refusedBodies: Epochs[] = [
      { current: EPOCH, accepted: [{ epoch: EPOCH }] },
      { current: EPOCH + 1, accepted: [{ epoch: EPOCH }, open] },
      { current: EPOCH + 1, accepted: [{ epoch: EPOCH, closeAt: NOW + 7201 }, open] },
      { current: EPOCH + 1, accepted: [{ epoch: EPOCH - 1, closeAt: NOW + 1 }, closing, open] },
    ];
    for (const body of refusedBodies) expect(await refusalOf(epochs(3, body))).toBe('E_EPOCH');
  });

  test('the current epoch does not go back to one that is still open', async () => {
    await onBoth(epochs(2, { current: EPOCH + 1, accepted: [{ epoch: EPOCH }, { epoch: EPOCH + 1 }] }));
    expect(await refusalOf(epochs(3, { current: EPOCH, accepted: [{ epoch: EPOCH }] }))).toBe('E_EPOCH');
  });

  test('malformed lists', async () => {
    const bodies = [
      { current: EPOCH, accepted: [] },
      { current: EPOCH, accepted: [{ epoch: EPOCH, closeAt: NOW }] },
      { current: EPOCH, accepted: [{ epoch: EPOCH + 1 }] },
      { current: EPOCH + 1, accepted: [{ epoch: EPOCH + 1 }, { epoch: EPOCH }] },
      { current: EPOCH, accepted: [{ epoch: EPOCH }, { epoch: EPOCH }] },
    ];
    for (const body of bodies) expect(await refusalOf(epochs(2, body))).toBe('E_DECODE');
  });
});

describe('revocations on both channels', () => {
  test('a one-time key by its holder, or by a majority, never by the KGC', async () => {
    const csc = await consortium.world.enrol('csc', Role.CSC);
    const { credentials } = await consortium.world.credentials(csc, 2);
    const [own, others] = credentials.map(({ oneTimeKey }) => hex(oneTimeKey));
    const [first] = credentials;
    if (own === undefined || others === undefined || first === undefined) throw new Error('two credentials expected');
    const byKgc = consortium.revocation('revokedCredential', own, (statement) => [
      { by: 'kgc', signature: consortium.sign(consortium.world.kgc.masterSecret, statement) },
    ]);
    const byNeighbour = consortium.revocation('revokedCredential', others, (statement) => [
      { by: 'holder', signature: consortium.sign(first.y, statement) },
    ]);
    const mislabelled = consortium.revocation('revokedCredential', own, (statement) => [
      { by: 'provider', signature: consortium.sign(first.y, statement) },
    ]);
    expect(await refusalOf(mislabelled)).toBe('E_AUTHORITY');
    expect(await refusalOf(byKgc)).toBe('E_AUTHORITY');
    expect(await refusalOf(byNeighbour)).toBe('E_AUTHORITY');
    const byHolder = consortium.revocation('revokedCredential', own, (statement) => [
      { by: 'holder', signature: consortium.sign(first.y, statement) },
    ]);
    const byMajority = consortium.revocation('revokedCredential', others, (statement) =>
      consortium.organisations(GATEWAYS.slice(1), statement),
    );
    expect(await onBoth(byHolder)).toEqual(['committed', 'committed']);
    expect(await onBoth(byMajority)).toEqual(['committed', 'committed']);
    const page = await consortium.query<{ items: unknown[] }>('owner', 'datachain', BROADCAST.listRevocations, [
      '9',
      '',
    ]);
    expect(page.items).toHaveLength(2);
  });

  test('a list of one-time keys by a majority alone, each refused in a submission afterwards', async () => {
    const csc = await consortium.world.enrol('csc', Role.CSC);
    const { credentials } = await consortium.world.credentials(csc, 3);
    const subjects = credentials.map(({ oneTimeKey }) => hex(oneTimeKey)).sort();
    const body = { subjects, reason: 'compromised', effective: NOW } as const;
    const statement = governanceStatement({ kind: 'revokedCredentials', body });
    const [first] = credentials;
    const byOneHolder: CredentialsRevocation = {
      kind: 'revokedCredentials',
      body,
      authority: [{ by: 'holder', signature: consortium.sign((first as Credential).y, statement) }],
    };
    expect(await refusalOf(byOneHolder)).toBe('E_AUTHORITY');
    expect(await refusalOf({ ...byOneHolder, body: { ...body, subjects: [...subjects].reverse() } })).toBe('E_DECODE');
    const byMinority = { ...byOneHolder, authority: consortium.organisations(GATEWAYS.slice(2), statement) };
    expect(await refusalOf(byMinority)).toBe('E_AUTHORITY');
    const byMajority = { ...byOneHolder, authority: consortium.organisations(GATEWAYS.slice(1), statement) };
    expect(await onBoth(byMajority)).toEqual(['committed', 'committed']);
    expect(await onBoth(byMajority)).toEqual(['unchanged', 'unchanged']);
    const page = await consortium.query<{ items: { subject: string }[] }>(
      'owner',
      'datachain',
      BROADCAST.listRevocations,
      ['9', ''],
    );
    expect(page.items.map(({ subject }) => subject)).toEqual(subjects);
  });

  test('a signature for one kind of revocation is none for another', async () => {
    const csc = await consortium.world.enrol('csc', Role.CSC);
    const credential = await consortium.world.credential(csc);
    const item = consortium.revocation('revokedProvider', hex(credential.oneTimeKey), (statement) =>
      consortium.organisations(GATEWAYS, statement),
    );
    expect(await refusalOf({ ...item, kind: 'revokedCredential' })).toBe('E_AUTHORITY');
  });

  test('records and providers fall to a majority alone where their keys are not known', async () => {
    const holder = await consortium.world.enrol('csc', Role.CSC);
    await consortium.register('relay', REGISTRATION.putRecords, [JSON.stringify([consortium.entry(holder.record)])]);
    const item = consortium.revocation('revokedRecord', hex(holder.record.f), (statement) => [
      { by: 'holder', signature: consortium.sign(holder.q, statement) },
    ]);
    const argument = [JSON.stringify(item)];
    expect(await codeOf(consortium.cast('relay', BROADCAST.mirrorGovernance, argument))).toBe('E_AUTHORITY');
    await consortium.register('relay', REGISTRATION.mirrorGovernance, argument);
    expect(
      await onBoth(
        consortium.revocation('revokedProvider', 'somebody', (statement) =>
          consortium.organisations(CONSORTIUM, statement),
        ),
      ),
    ).toEqual(['committed', 'committed']);
  });
});
