import { equal, toHex } from '@chargecast/signcryption/bytes';
import { p256 } from '@noble/curves/nist.js';

import { BIT_STRING, type Element, elements } from './der';
import { bytesOfText, InputError } from './input';

/** What is needed of an X.509 certificate with a P-256 key; times in Unix seconds. */
export interface Certificate {
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly notBefore: number;
  readonly notAfter: number;
  /** Uncompressed point. */
  readonly publicKey: Uint8Array;
}

const P256_KEY = '301306072a8648ce3d020106082a8648ce3d030107';
const EXPLICIT_VERSION = 0xa0;
const UTC_TIME = 0x17;

/** @throws InputError E_CERTIFICATE_MALFORMED */
export function readCertificate(pem: string): Certificate {
  const body = /-----BEGIN CERTIFICATE-----([\s\S]+?)-----END CERTIFICATE-----/.exec(pem)?.[1] ?? '';
  const [outer] = elements(bytesOfText(body));
  const [tbs, , signature] = parts(outer);
  const [, , issuer, validity, subject, key] = parts(tbs).filter(({ tag }) => tag !== EXPLICIT_VERSION);
  const [notBefore, notAfter] = parts(validity).map(timeOf);
  return {
    signed: present(tbs).whole,
    signature: bitString(present(signature)),
    issuer: present(issuer).whole,
    subject: present(subject).whole,
    notBefore: present(notBefore),
    notAfter: present(notAfter),
    publicKey: pointOf(present(key)),
  };
}

/** Whether a root issued a certificate: name and ECDSA signature. */
export const isIssuedBy = (certificate: Certificate, root: Certificate): boolean =>
  equal(certificate.issuer, root.subject) && verifyEcdsa(root.publicKey, certificate.signed, certificate.signature);

/** ECDSA over P-256 with SHA-256. @param signature DER */
export function verifyEcdsa(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return p256.verify(signature, message, publicKey, { format: 'der', lowS: false });
  } catch {
    // A signature that cannot be decoded is one that does not hold.
    return false;
  }
}

function pointOf(key: Element): Uint8Array {
  const [algorithm, point] = parts(key);
  if (toHex(present(algorithm).whole) !== P256_KEY) throw malformed();
  return bitString(present(point));
}

const parts = (whole: Element | undefined): Element[] => elements(present(whole).content);

function present<T>(part: T | undefined): T {
  if (part === undefined) throw malformed();
  return part;
}

function bitString({ tag, content }: Element): Uint8Array {
  if (tag !== BIT_STRING || content[0] !== 0) throw malformed();
  return content.subarray(1);
}

/** UTCTime (years 1950 to 2049) or GeneralizedTime, both in UTC: RFC 5280 4.1.2.5. */
function timeOf({ tag, content }: Element): number {
  const text = new TextDecoder().decode(content);
  const whole = tag === UTC_TIME ? `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}` : text;
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(whole) ?? [];
  return Math.floor(Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`) / 1000);
}

const malformed = (): InputError =>
  new InputError('E_CERTIFICATE_MALFORMED', 'a certificate is not X.509 with a P-256 key: take the deployment’s own');
