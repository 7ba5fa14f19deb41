import 'reflect-metadata';

import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';

import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

/** Extension in which Fabric CA, and so Fabric's client identity libraries, keep certificate attributes (JSON). */
export const FABRIC_ATTRIBUTES_OID = '1.2.3.4.5.6.7.8.1';

const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNING_ALGORITHM = { name: 'ECDSA', hash: 'SHA-256' } as const;
const P256_HALF_ORDER = 0x7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8n;

const DAY = 24 * 60 * 60 * 1000;
const CA_VALIDITY = 3650 * DAY;
const LEAF_VALIDITY = 730 * DAY;
/** Machines' clocks differ: a certificate made now must be valid on a machine a little behind. */
const BACKDATE = 10 * 60 * 1000;

/** PKCS#8 private key and X.509 certificate, both PEM. */
export interface KeyAndCertificate {
  readonly keyPem: string;
  readonly certificatePem: string;
}

export interface CertificateAuthority {
  readonly certificatePem: string;
  readonly certificate: X509Certificate;
  readonly signingKey: webcrypto.CryptoKey;
}

export interface CertificateRequest {
  readonly commonName: string;
  readonly organisation: string;
  /** `client`, `peer`, `admin` or `orderer` where Fabric's NodeOUs classify the identity. */
  readonly organisationalUnit?: string;
  readonly usage: 'signing' | 'tls';
  /** DNS names and IP addresses. */
  readonly hosts?: readonly string[];
  readonly uris?: readonly string[];
  /** Fabric attributes, e.g. `{ 'chargecast.role': 'relay' }`. */
  readonly attributes?: Readonly<Record<string, string>>;
}

export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** A self-signed ECDSA P-256 root. */
export async function createAuthority(
  commonName: string,
  organisation: string,
  validity: Validity = validFor(CA_VALIDITY),
): Promise<KeyAndCertificate> {
  const keys = await newKeyPair();
  const certificate = await withLowS(async () =>
    X509CertificateGenerator.createSelfSigned({
      name: subject(commonName, organisation),
      keys,
      signingAlgorithm: SIGNING_ALGORITHM,
      ...validity,
      extensions: [
        new BasicConstraintsExtension(true, undefined, true),
        new KeyUsagesExtension(
          KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign | KeyUsageFlags.digitalSignature,
          true,
        ),
        await SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    }),
  );
  return { keyPem: await exportKey(keys.privateKey), certificatePem: pem(certificate) };
}

export async function loadAuthority({ keyPem, certificatePem }: KeyAndCertificate): Promise<CertificateAuthority> {
  const signingKey = await webcrypto.subtle.importKey('pkcs8', PemConverter.decodeFirst(keyPem), KEY_ALGORITHM, false, [
    'sign',
  ]);
  return { certificatePem, certificate: new X509Certificate(certificatePem), signingKey };
}

/** A new key pair and a certificate for it, signed by `authority`. */
export async function issueCertificate(
  authority: CertificateAuthority,
  request: CertificateRequest,
  validity: Validity = validFor(LEAF_VALIDITY),
): Promise<KeyAndCertificate> {
  const keys = await newKeyPair();
  const extensions = await leafExtensions(authority, request, keys.publicKey);
  const sign = (): Promise<X509Certificate> =>
    X509CertificateGenerator.create({
      subject: subject(request.commonName, request.organisation, request.organisationalUnit),
      issuer: authority.certificate.subjectName.toJSON(),
      publicKey: keys.publicKey,
      signingKey: authority.signingKey,
      signingAlgorithm: SIGNING_ALGORITHM,
      ...validity,
      extensions,
    });
  const certificate = await (request.usage === 'signing' ? withLowS(sign) : sign());
  return { keyPem: await exportKey(keys.privateKey), certificatePem: pem(certificate) };
}

async function leafExtensions(
  authority: CertificateAuthority,
  request: CertificateRequest,
  publicKey: webcrypto.CryptoKey,
): Promise<Extension[]> {
  const extensions: Extension[] = [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    await SubjectKeyIdentifierExtension.create(publicKey),
    await AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey),
  ];
  if (request.usage === 'tls') {
    extensions.push(new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]));
  }
  const names = [
    ...(request.hosts ?? []).map((value) => ({ type: isIP(value) ? ('ip' as const) : ('dns' as const), value })),
    ...(request.uris ?? []).map((value) => ({ type: 'url' as const, value })),
  ];
  if (names.length > 0) extensions.push(new SubjectAlternativeNameExtension(names));
  if (request.attributes) {
    const attributes = Buffer.from(JSON.stringify({ attrs: request.attributes }));
    extensions.push(new Extension(FABRIC_ATTRIBUTES_OID, false, attributes));
  }
  return extensions;
}

function newKeyPair(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify']);
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  return `${PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), PemConverter.PrivateKeyTag)}\n`;
}

function pem(certificate: X509Certificate): string {
  return `${certificate.toString('pem')}\n`;
}

function subject(commonName: string, organisation: string, organisationalUnit?: string): Record<string, string[]>[] {
  const unit = organisationalUnit === undefined ? [] : [{ OU: [organisationalUnit] }];
  return [{ O: [organisation] }, ...unit, { CN: [commonName] }];
}

function validFor(duration: number): Validity {
  const now = Date.now();
  return { notBefore: new Date(now - BACKDATE), notAfter: new Date(now + duration) };
}

/**
 * Fabric's MSP rewrites an identity's certificate whose signature has s > n/2, and then two byte strings stand for one identity;
 * signing again until s is low costs two signatures on average and avoids it.
 */
async function withLowS(sign: () => Promise<X509Certificate>): Promise<X509Certificate> {
  for (;;) {
    const certificate = await sign();
    if (signatureS(Buffer.from(certificate.signature)) <= P256_HALF_ORDER) return certificate;
  }
}

/** s of a DER-encoded ECDSA signature (RFC 3279, section 2.2.3). */
function signatureS(der: Buffer): bigint {
  const rLength = der.readUInt8(3);
  const sStart = 4 + rLength + 2;
  return BigInt(`0x${der.subarray(sStart, sStart + der.readUInt8(sStart - 1)).toString('hex')}`);
}
