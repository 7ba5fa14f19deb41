import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';

import {
  type CertificateAuthority,
  issuePersonCertificate,
  issueServiceCertificate,
  openPeopleAuthority,
  personOfCertificate,
  personUri,
  pkcs12Of,
  roleOfCertificate,
} from '.';

const PERSON = { role: 'car-maker', at: 'any', name: 'oem1' } as const;

describe("people's certificates", () => {
  let directory: string;
  let authority: CertificateAuthority;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'people-pki-'));
    authority = await openPeopleAuthority(directory);
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it('name a person, and no process', async () => {
    const { certificatePem } = await issuePersonCertificate(authority, PERSON);
    const { raw, serialNumber } = new X509Certificate(certificatePem);
    expect(personOfCertificate(raw)).toEqual({ ...PERSON, serial: serialNumber.toLowerCase() });
    expect(roleOfCertificate(raw)).toBeNull();
  });

  it("of a service name nobody, so that its key does not open another's doors", async () => {
    const { certificatePem } = await issueServiceCertificate(authority, 'csc1');
    const certificate = new X509Certificate(certificatePem);
    expect(personOfCertificate(certificate.raw)).toBeNull();
    expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
  });

  it('come from an authority that is kept', async () => {
    expect((await openPeopleAuthority(directory)).certificatePem).toBe(authority.certificatePem);
  });

  it.each(['', 'a:b', 'x'.repeat(65), '../a'])('refuse the name %j', (name) => {
    expect(() => personUri({ ...PERSON, name })).toThrow(/names nobody/);
  });

  it('come as PKCS #12 under a password', async () => {
    const issued = await issuePersonCertificate(authority, PERSON);
    const pfx = Buffer.from(await pkcs12Of(issued, authority.certificatePem, 'correct horse'));
    expect(() => createSecureContext({ pfx, passphrase: 'correct horse' })).not.toThrow();
    expect(() => createSecureContext({ pfx, passphrase: 'wrong' })).toThrow(/mac verify/i);
    expect(pfx.includes(Buffer.from('oem1'))).toBe(false);
  });
});
