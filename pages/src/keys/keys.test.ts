/** What the pages sign is what the chaincode verifies: against the protocol's own encodings. */
import {
  AuthenticationKey,
  authenticationKeyId,
  grantBytes as protocolGrantBytes,
  readRequestBytes as protocolReadRequestBytes,
  verifyAuthentication,
} from '@chargecast/protocol';
import fc from 'fast-check';

import { KeyFileError, ownerSigner, partyOf, readerSigner } from './key-file';
import { grantBytes, GRANTEE_KINDS, publicKeyOf, readRequestBytes, SCOPES, withdrawalBytes } from './statements';

const hexOf = (bytes: number): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((each) => Buffer.from(each).toString('hex'));
const key = AuthenticationKey.generate();
const secret = Buffer.from(key.secret()).toString('hex');

const word = fc.record({
  grantor: fc.record({
    by: fc.constant('owner' as const),
    role: fc.constantFrom('vehicle' as const, 'pile' as const),
    provider: fc.constantFrom('esp1', 'ESP2MSP'),
    owner: fc.constant(key.publicKey),
    commitment: hexOf(32),
  }),
  subject: hexOf(16),
  party: fc.constantFrom('Garage1MSP', 'Org1MSP/alice', `key:${'0a'.repeat(16)}`),
  version: fc.nat(),
});
const terms = fc.record({
  kind: fc.constantFrom(...GRANTEE_KINDS),
  scopes: fc.subarray([...SCOPES], { minLength: 1 }),
  until: fc.nat(),
});

describe('bytes', () => {
  it('of grants and withdrawals', () => {
    fc.assert(
      fc.property(word, terms, hexOf(32), (body, more, ctxHex) => {
        const ctx = Buffer.from(ctxHex, 'hex');
        const grant = { ...body, ...more };
        expect(Buffer.from(grantBytes(ctx, grant))).toEqual(protocolGrantBytes(ctx, grant));
        expect(Buffer.from(withdrawalBytes(ctx, body))).toEqual(protocolGrantBytes(ctx, body));
      }),
    );
  });

  it('of reads', () => {
    fc.assert(
      fc.property(hexOf(16), fc.constantFrom(...SCOPES), fc.nat(), hexOf(32), (subject, scope, at, ctxHex) => {
        const ctx = Buffer.from(ctxHex, 'hex');
        const body = { subject, scope, at, key: key.publicKey };
        expect(Buffer.from(readRequestBytes(ctx, body))).toEqual(protocolReadRequestBytes(ctx, body));
      }),
    );
  });
});

describe('key files', () => {
  const ctx = 'ab'.repeat(32);
  const bytes = Buffer.from(ctx, 'hex');
  const certificate = {
    id: '01'.repeat(16),
    provider: 'esp1',
    attributes: { role: 'vehicle', auth: 'user' },
    owner: key.publicKey,
    commitment: 'cd'.repeat(32),
  };
  const file = (members: object): string => JSON.stringify({ format: 'chargecast-credential/1', ...members });

  it('an owner signs for its vehicle what chaincode takes, s in the lower half', () => {
    const owner = ownerSigner(file({ ownerSecret: secret, certificate }));
    expect(owner.subject).toBe(certificate.id);
    for (let version = 1; version <= 20; version++) {
      const { signature: withdrawn, ...withdrawal } = owner.withdraw(ctx, { party: 'Garage1MSP', version });
      expect(verifyAuthentication(key.publicKey, protocolGrantBytes(bytes, withdrawal), withdrawn)).toBe(true);
    }
    const { signature, ...grant } = owner.grant(ctx, {
      party: 'Garage1MSP',
      kind: 'thirdParty',
      scopes: ['charging'],
      until: 2_000_000_000,
      version: 9,
    });
    expect(verifyAuthentication(key.publicKey, protocolGrantBytes(bytes, grant), signature)).toBe(true);
    const request = owner.readRequest(ctx, certificate.id, 'maintenance', 1_800_000_000);
    expect(request.owner).toMatchObject({ owner: key.publicKey, provider: 'esp1' });
    expect(verifyAuthentication(key.publicKey, protocolReadRequestBytes(bytes, request), request.signature)).toBe(true);
  });

  it('a reader is named by its key', () => {
    const reader = readerSigner(file({ secret, ownerSecret: '11'.repeat(32) }));
    expect(reader.party).toBe(`key:${authenticationKeyId(key.publicKey)}`);
    expect(partyOf(publicKeyOf(secret))).toBe(reader.party);
    expect(reader.readRequest(ctx, certificate.id, 'charging', 1)).not.toHaveProperty('owner');
  });

  it.each([
    ['text', 'hello'],
    ['another format', '{"format":"x"}'],
    ['JSON null', 'null'],
    ['a file without the owner’s key', file({ secret, certificate })],
    ['a file without certificate', file({ ownerSecret: secret })],
    ['an owner’s key of another certificate', file({ ownerSecret: '22'.repeat(32), certificate })],
  ])('%s is refused', (_, text) => expect(() => ownerSigner(text)).toThrow(KeyFileError));

  it('an owner’s file holds no key to read as another', () => {
    expect(() => readerSigner(file({ ownerSecret: secret, certificate }))).toThrow(KeyFileError);
  });
});
