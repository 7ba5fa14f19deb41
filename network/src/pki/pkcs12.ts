import { webcrypto } from 'node:crypto';

import { X509Certificate } from '@peculiar/x509';
import {
  AuthenticatedSafe,
  CertBag,
  Certificate,
  CryptoEngine,
  PFX,
  PKCS8ShroudedKeyBag,
  PrivateKeyInfo,
  SafeBag,
  SafeContents,
  setEngine,
} from 'pkijs';

import { type KeyAndCertificate } from './certificates';

const KEY_BAG = '1.2.840.113549.1.12.10.1.2';
const CERTIFICATE_BAG = '1.2.840.113549.1.12.10.1.3';

/** PBES2 with AES-256-CBC and PBKDF2-HMAC-SHA-256 (RFC 8018). Few rounds: passwords are random here, not chosen. */
const ENCRYPTION = {
  contentEncryptionAlgorithm: { name: 'AES-CBC', length: 256 },
  hmacHashAlgorithm: 'SHA-256',
  iterationCount: 2_048,
} as const;

/**
 * A key, its certificate and its authority's in one file that browsers import (PKCS #12, RFC 7292).
 * @param password 128 random bits or more
 * @returns DER
 */
export async function pkcs12Of(
  { keyPem, certificatePem }: KeyAndCertificate,
  authorityPem: string,
  password: string,
): Promise<Uint8Array> {
  setEngine('node', new CryptoEngine({ name: 'node', crypto: webcrypto as never }));
  const secret = new TextEncoder().encode(password).buffer;
  const keyBag = new PKCS8ShroudedKeyBag({ parsedValue: PrivateKeyInfo.fromBER(derOf(keyPem)) });
  await keyBag.makeInternalValues({ password: secret, ...ENCRYPTION });
  const certificates = [certificatePem, authorityPem].map((pem) => {
    const certificate = Certificate.fromBER(new X509Certificate(pem).rawData);
    return new SafeBag({ bagId: CERTIFICATE_BAG, bagValue: new CertBag({ parsedValue: certificate }) });
  });
  const key = new SafeBag({ bagId: KEY_BAG, bagValue: keyBag });
  const safe = new AuthenticatedSafe({
    parsedValue: {
      safeContents: [
        { privacyMode: 0, value: new SafeContents({ safeBags: [key] }) },
        { privacyMode: 1, value: new SafeContents({ safeBags: certificates }) },
      ],
    },
  });
  await safe.makeInternalValues({ safeContents: [{}, { password: secret, ...ENCRYPTION }] });
  const file = new PFX({ parsedValue: { integrityMode: 0, authenticatedSafe: safe } });
  await file.makeInternalValues({
    password: secret,
    iterations: ENCRYPTION.iterationCount,
    pbkdf2HashAlgorithm: 'SHA-256',
    hmacHashAlgorithm: 'SHA-256',
  });
  return new Uint8Array(file.toSchema().toBER(false));
}

function derOf(pem: string): Uint8Array {
  return Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
}
