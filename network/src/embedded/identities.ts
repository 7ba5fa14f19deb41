import { type KeyObject, X509Certificate } from 'node:crypto';

import { msp } from '@hyperledger/fabric-protos';

import { isSupportedKey, verify } from './ecdsa';
import { EmbeddedLedgerError, messageOf } from './errors';
import { type OrganisationOptions } from './options';

/** What an organisational unit of a certificate says its holder is (Fabric's node OUs). */
export type MemberKind = 'client' | 'peer' | 'admin' | 'orderer';

const MEMBER_KINDS: readonly string[] = ['client', 'peer', 'admin', 'orderer'] satisfies MemberKind[];

/** Someone whose organisation is known; `fault` says why its certificate does not count, if so. */
export class Identity {
  readonly mspId: string;
  readonly kind: MemberKind | undefined;
  readonly fault: string | undefined;
  /** Issued by an authority of the organisation. */
  readonly certified: boolean;
  readonly #publicKey: KeyObject;
  readonly #expires: number;

  constructor(mspId: string, certificate: X509Certificate, authorities: readonly X509Certificate[]) {
    this.mspId = mspId;
    this.#publicKey = certificate.publicKey;
    this.#expires = Date.parse(certificate.validTo);
    const kinds = organisationalUnits(certificate).filter((unit) => MEMBER_KINDS.includes(unit)) as MemberKind[];
    this.kind = kinds.length === 1 ? kinds[0] : undefined;
    this.certified = isCertifiedBy(certificate, authorities);
    this.fault = certificateFault(certificate, this.certified, kinds);
  }

  /** Certificates are checked for expiry where a request comes in, not where a block is validated, as Fabric does. */
  isExpired(now: number): boolean {
    return now > this.#expires;
  }

  /** Never true of an identity with a fault. */
  verify(message: Uint8Array, signature: Uint8Array): boolean {
    return this.fault === undefined && verify(this.#publicKey, message, signature);
  }
}

function organisationalUnits(certificate: X509Certificate): readonly string[] {
  const { OU: units } = (certificate.toLegacyObject() as { subject: { OU?: string | string[] } }).subject;
  if (units === undefined) return [];
  return Array.isArray(units) ? units : [units];
}

function certificateFault(
  certificate: X509Certificate,
  certified: boolean,
  kinds: readonly MemberKind[],
): string | undefined {
  if (certificate.ca) return 'the certificate is an authority’s';
  if (!isSupportedKey(certificate.publicKey)) return 'its key is of a kind not supported';
  if (!certified) return 'the certificate is not issued by the organisation’s authority';
  if (kinds.length !== 1) return `one organisational unit of ${MEMBER_KINDS.join(', ')} is needed`;
  return undefined;
}

function isCertifiedBy(certificate: X509Certificate, authorities: readonly X509Certificate[]): boolean {
  return authorities.some((authority) => certificate.checkIssued(authority) && certificate.verify(authority.publicKey));
}

/** Certificates that differ are many only under attack; the cache is emptied rather than let grow. */
const CACHE_LIMIT = 4096;

/** The organisations' certificate authorities: turns serialized identities into identities. */
export class Identities {
  readonly #authorities: ReadonlyMap<string, readonly X509Certificate[]>;
  readonly #cache = new Map<string, Identity>();

  /** @throws EmbeddedLedgerError `E_LEDGER_OPTIONS` where an authority's certificate cannot be used */
  constructor(organisations: readonly OrganisationOptions[]) {
    this.#authorities = new Map(organisations.map((organisation) => [organisation.mspId, authoritiesOf(organisation)]));
  }

  /** @returns undefined where the organisation is unknown or the bytes hold no certificate */
  find(serialized: Uint8Array): Identity | undefined {
    const key = Buffer.from(serialized.buffer, serialized.byteOffset, serialized.byteLength).toString('latin1');
    const known = this.#cache.get(key);
    if (known) return known;
    const identity = this.#read(serialized);
    if (identity) {
      if (this.#cache.size >= CACHE_LIMIT) this.#cache.clear();
      this.#cache.set(key, identity);
    }
    return identity;
  }

  #read(serialized: Uint8Array): Identity | undefined {
    try {
      const message = msp.SerializedIdentity.deserializeBinary(serialized);
      const authorities = this.#authorities.get(message.getMspid());
      if (!authorities) return undefined;
      return new Identity(message.getMspid(), new X509Certificate(message.getIdBytes_asU8()), authorities);
    } catch {
      return undefined;
    }
  }
}

export function serializeIdentity(mspId: string, certificatePem: string): Uint8Array {
  const message = new msp.SerializedIdentity();
  message.setMspid(mspId);
  message.setIdBytes(Buffer.from(certificatePem));
  return message.serializeBinary();
}

function authoritiesOf(organisation: OrganisationOptions): readonly X509Certificate[] {
  const { mspId, rootCertificatesPem, intermediateCertificatesPem = [] } = organisation;
  const read = (pem: string): X509Certificate => readAuthority(mspId, pem);
  const trusted = rootCertificatesPem.map(read);
  if (trusted.length === 0) throw fault(mspId, 'no root certificate');
  let pending = intermediateCertificatesPem.map(read);
  while (pending.length > 0) {
    const certified = pending.filter((certificate) => isCertifiedBy(certificate, trusted));
    if (certified.length === 0) throw fault(mspId, 'an intermediate certificate leads to none of its roots');
    trusted.push(...certified);
    pending = pending.filter((certificate) => !certified.includes(certificate));
  }
  return trusted;
}

function readAuthority(mspId: string, pem: string): X509Certificate {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch (error) {
    throw fault(mspId, `an authority’s certificate is not PEM (${messageOf(error)})`, error);
  }
  if (!certificate.ca) throw fault(mspId, 'a root or intermediate certificate is not an authority’s');
  return certificate;
}

function fault(mspId: string, text: string, cause?: unknown): EmbeddedLedgerError {
  return new EmbeddedLedgerError('E_LEDGER_OPTIONS', `organisation ${mspId}: ${text}`, { cause });
}
