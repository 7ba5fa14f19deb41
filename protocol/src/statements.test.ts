/** What authorities sign: every member of an item, and nothing that another item could be taken for. */
import { nodePrimitives } from '@chargecast/signcryption/primitives/node';
import { ready } from '@chargecast/signcryption/primitives/native';
import { hash } from '@chargecast/signcryption/hash';
import { generateKeyPair } from '@chargecast/signcryption/statements';
import { hex, World } from '@chargecast/signcryption/testing/world';
import { gateways, majority, type OrganisationSignature, type Statement, suffices, tally } from './authority';
import { decodeGovernanceItem, governanceStatement, type Revocation } from './governance';
import { type PlugClaim, plugStatement } from './plug';
import { decodeRecordRevocation, providerStatement } from './registration';
import { decodeReceipt, decodePlugReport, decodePowerReport, decodeUnplugReport } from './reports';
import { holdsLedgerStatement, signLedgerStatement } from './signing';
import { decodeSignedSlotHead, slotNumber, slotStatement, type SlotHead } from './slot';

beforeAll(ready);

const digest = ({ tag, parts }: Statement): string => hex(hash(nodePrimitives, tag, ...parts));

/** All statements differ from each other. */
function expectDistinct(statements: readonly Statement[]): void {
  const digests = statements.map(digest);
  expect(new Set(digests).size).toBe(digests.length);
}

const head: SlotHead = {
  number: 1,
  epoch: 2,
  recordsRoot: '03'.repeat(64),
  revocationsRoot: '04'.repeat(64),
  certchainBlock: 5,
};
const revocation: Revocation = { subject: '06'.repeat(16), reason: 'lost', effective: 7 };
const coded = (code: string): Error => expect.objectContaining({ code }) as Error;

test('every member of a slot head is signed', () => {
  expectDistinct([
    slotStatement(head),
    slotStatement({ ...head, number: 2 }),
    slotStatement({ ...head, epoch: 3 }),
    slotStatement({ ...head, recordsRoot: head.revocationsRoot, revocationsRoot: head.recordsRoot }),
    slotStatement({ ...head, certchainBlock: 6 }),
  ]);
});

test('every member of a governance item is signed, and its kind', () => {
  const epochs = { current: 1, accepted: [{ epoch: 1 }] };
  expectDistinct([
    governanceStatement({ kind: 'epochs', version: 1, body: epochs }),
    governanceStatement({ kind: 'epochs', version: 2, body: epochs }),
    governanceStatement({ kind: 'epochs', version: 1, body: { ...epochs, current: 2 } }),
    governanceStatement({ kind: 'limits', version: 1, body: { a: 1 } }),
    governanceStatement({ kind: 'limits', version: 1, body: { a: 2 } }),
    governanceStatement({ kind: 'revokedRecord', body: revocation }),
    governanceStatement({ kind: 'revokedRecord', body: { ...revocation, subject: '07'.repeat(16) } }),
    governanceStatement({ kind: 'revokedRecord', body: { ...revocation, reason: 'ceased' } }),
    governanceStatement({ kind: 'revokedRecord', body: { ...revocation, effective: 8 } }),
    governanceStatement({ kind: 'revokedProvider', body: revocation }),
    governanceStatement({ kind: 'revokedCredential', body: revocation }),
  ]);
});

test('the order of a body’s members does not change what is signed', () => {
  const one = governanceStatement({ kind: 'limits', version: 1, body: { a: 1, b: 2 } });
  const two = governanceStatement({ kind: 'limits', version: 1, body: { b: 2, a: 1 } });
  expect(digest(one)).toBe(digest(two));
});

test('every member of a provider is signed', () => {
  const provider = { provider: 'ab', mspId: 'c', key: '00'.repeat(32) };
  expectDistinct([
    providerStatement(provider),
    providerStatement({ ...provider, provider: 'a', mspId: 'bc' }),
    providerStatement({ ...provider, key: '01'.repeat(32) }),
  ]);
});

test('plug-in: each side its own, every part signed, lengths exact', () => {
  const of = (byte: number, length = 16): Uint8Array => new Uint8Array(length).fill(byte);
  const pile: PlugClaim = { side: 'pile', pile: of(1), transcript: of(2, 32) };
  const vehicle: PlugClaim = { side: 'vehicle', vehicle: of(3), pile: of(1), session: of(4), transcript: of(2, 32) };
  expectDistinct([
    plugStatement(pile),
    plugStatement(vehicle),
    plugStatement({ ...pile, pile: of(9) }),
    plugStatement({ ...pile, transcript: of(9, 32) }),
    plugStatement({ ...vehicle, vehicle: of(9) }),
    plugStatement({ ...vehicle, pile: of(9) }),
    plugStatement({ ...vehicle, session: of(9) }),
    plugStatement({ ...vehicle, transcript: of(9, 32) }),
  ]);
  for (const claim of [pile, vehicle]) {
    for (const part of Object.keys(claim).filter((member) => member !== 'side')) {
      expect(() => plugStatement({ ...claim, [part]: of(1, 15) })).toThrow(coded('E_ARGUMENT'));
    }
  }
});

test('a statement holds under its signer’s key, on its network, and nowhere else', () => {
  const world = new World();
  const { secret, publicKey } = generateKeyPair(world.env);
  const statement = slotStatement(head);
  const signature = signLedgerStatement(world.env, world.params, secret, statement);
  const holds = (params: World['params'], key: Uint8Array, said: Statement): boolean =>
    holdsLedgerStatement(nodePrimitives, params, hex(key), said, signature);
  expect(holds(world.params, publicKey, statement)).toBe(true);
  expect(holds(world.params, generateKeyPair(world.env).publicKey, statement)).toBe(false);
  expect(holds(new World('world', undefined, 'other').params, publicKey, statement)).toBe(false);
  expect(holds(world.params, publicKey, slotStatement({ ...head, epoch: 9 }))).toBe(false);
  expect(holds(world.params, publicKey, { ...statement, tag: 'gov' })).toBe(false);
});

test('a tally counts each voter once and strangers never', () => {
  const world = new World();
  const statement = slotStatement(head);
  const sign = (mspId: string): OrganisationSignature => ({
    mspId,
    signature: signLedgerStatement(world.env, world.params, world.organisation(mspId).secret, statement),
  });
  const voters = gateways(world.params);
  const count = (signatures: OrganisationSignature[]): number =>
    tally(nodePrimitives, world.params, voters, majority(voters.length), statement, signatures).given;
  expect(voters.map(({ mspId }) => mspId)).toEqual(['CSS1MSP', 'CSS2MSP', 'CSS3MSP', 'CSS4MSP']);
  expect(count([sign('CSS1MSP'), sign('CSS1MSP'), sign('CSS2MSP')])).toBe(2);
  expect(count([sign('KGCMSP'), sign('ESP1MSP')])).toBe(0);
  expect(count([{ ...sign('CSS1MSP'), mspId: 'CSS2MSP' }])).toBe(0);
  expect([1, 2, 3, 4, 5].map(majority)).toEqual([1, 2, 2, 3, 3]);
  expect(suffices({ given: 0, needed: 0 })).toBe(false);
});

test('items, heads, revocations and reports are decoded strictly', () => {
  const signatures = [{ mspId: 'A', signature: '00'.repeat(64) }];
  expect(decodeSignedSlotHead({ ...head, signatures }, 'head')).toEqual({ ...head, signatures });
  expect(slotNumber(1799)).toBe(1);
  const item = { kind: 'revokedRecord', body: revocation, authority: [{ by: 'kgc', signature: '00'.repeat(64) }] };
  expect(decodeGovernanceItem(item, 'item')).toEqual(item);
  const { subject: f, ...rest } = revocation;
  expect(decodeRecordRevocation({ f, ...rest, authority: item.authority }, 'r')).toEqual(item);
  const session = '00'.repeat(16);
  const receipt = { commandId: session, outcome: 'refused', code: 'E_X', sigmaId: '00'.repeat(32), at: 1 };
  expect(decodeReceipt(receipt, 'r')).toEqual(receipt);
  expect(decodePlugReport({ pile: session, session, at: 1 }, 'r')).toEqual({ pile: session, session, at: 1 });
  expect(decodeUnplugReport({ session, at: 1 }, 'r')).toEqual({ session, at: 1 });
  const power = { session, powerWatts: -5, energyWh: 0, at: 1 };
  expect(decodePowerReport(power, 'r')).toEqual(power);
  const wrong = [
    () => decodeSignedSlotHead({ ...head, signatures, x: 1 }, 'h'),
    () => decodeGovernanceItem({ ...item, kind: 'revoked' }, 'i'),
    () => decodeGovernanceItem({ ...item, version: 1 }, 'i'),
    () => decodeGovernanceItem({ ...item, authority: [{ by: 'anybody', signature: '00'.repeat(64) }] }, 'i'),
    () => decodeRecordRevocation({ f, ...rest, authority: item.authority, subject: f }, 'r'),
    () => decodeReceipt({ ...receipt, code: 'oops' }, 'r'),
    () => decodePowerReport({ ...power, powerWatts: 1.5 }, 'r'),
  ];
  for (const attempt of wrong) expect(attempt).toThrow(coded('E_DECODE'));
});
