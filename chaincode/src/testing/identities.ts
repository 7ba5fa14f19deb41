import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { ROLE_ATTRIBUTE } from '@chargecast/protocol';
import * as x509 from '@peculiar/x509';

export interface TestIdentity {
  readonly mspId: string;
  /** PEM. */
  readonly certificate: string;
}

const ATTRIBUTES_OID = '1.2.3.4.5.6.7.8.1';
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** A self-signed certificate with the role attribute Fabric CAs write; without a role it carries none. */
export async function makeIdentity(
  mspId: string,
  role: string | undefined,
  subject = 'CN=client, OU=client',
): Promise<TestIdentity> {
  x509.cryptoProvider.set(webcrypto as never);
  const attributes = Buffer.from(JSON.stringify({ attrs: { [ROLE_ATTRIBUTE]: role } }));
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: subject,
    keys: await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']),
    signingAlgorithm: ALGORITHM,
    notBefore: new Date('2025-01-01'),
    notAfter: new Date('2035-01-01'),
    extensions: role === undefined ? [] : [new x509.Extension(ATTRIBUTES_OID, false, attributes)],
  });
  return { mspId, certificate: certificate.toString('pem') };
}
