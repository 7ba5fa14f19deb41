import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';

import { NetworkError } from '../errors';
import {
  type CertificateAuthority,
  createAuthority,
  issueCertificate,
  type KeyAndCertificate,
  loadAuthority,
} from './certificates';
import { keepOrMake } from './files';

/** What people, and the machines that act for them, may be towards a service. */
export type PersonRole = 'operator' | 'integrator' | 'auditor' | 'owner' | 'government' | 'car-maker' | 'monitor';

export const PERSON_ROLES: readonly PersonRole[] = [
  'operator',
  'integrator',
  'auditor',
  'owner',
  'government',
  'car-maker',
  'monitor',
];

/** Stands in a certificate for every service. */
export const ANY_SERVICE = 'any';

export interface Person {
  readonly role: PersonRole;
  /** The service that knows this person, by its name; `any` for all. */
  readonly at: string;
  readonly name: string;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const URI = /^chargecast:person:([a-z-]+):([A-Za-z0-9][A-Za-z0-9._-]{0,63}):([A-Za-z0-9][A-Za-z0-9._-]{0,63})$/;

/** @throws NetworkError E_PKI_NAME */
export function personUri({ role, at, name }: Person): string {
  const wrong = [at, name].find((part) => !NAME.test(part));
  if (wrong !== undefined) {
    throw new NetworkError('E_PKI_NAME', `"${wrong}" names nobody: use 1–64 letters, digits, ".", "_", "-"`);
  }
  return `chargecast:person:${role}:${at}:${name}`;
}

/**
 * Whom a certificate was issued to, or null if it names nobody. The caller's TLS layer has verified the chain.
 * @param der the certificate as Node's `getPeerCertificate().raw` gives it
 */
export function personOfCertificate(der: Uint8Array): (Person & { readonly serial: string }) | null {
  const certificate = new X509Certificate(der);
  const uris = (certificate.subjectAltName ?? '')
    .split(', ')
    .filter((entry) => entry.startsWith('URI:'))
    .map((entry) => entry.slice('URI:'.length));
  const match = uris.length === 1 ? URI.exec(uris[0] as string) : null;
  const role = PERSON_ROLES.find((known) => known === match?.[1]);
  if (!role || !match) return null;
  return { role, at: match[2] as string, name: match[3] as string, serial: certificate.serialNumber.toLowerCase() };
}

/** The authority of people's certificates, apart from that of the processes; kept in `<directory>/ca`, made on first use. */
export async function openPeopleAuthority(directory: string): Promise<CertificateAuthority> {
  const paths = { keyPath: join(directory, 'ca', 'key.pem'), certificatePath: join(directory, 'ca', 'cert.pem') };
  return loadAuthority(await keepOrMake(paths, () => createAuthority('ChargeCast people', 'ChargeCast')));
}

export function issuePersonCertificate(authority: CertificateAuthority, person: Person): Promise<KeyAndCertificate> {
  return issueCertificate(authority, {
    commonName: person.name,
    organisation: 'ChargeCast',
    organisationalUnit: person.role,
    usage: 'tls',
    uris: [personUri(person)],
  });
}

/** What a service shows to people, so that they need to trust their own authority alone. It names no person. */
export function issueServiceCertificate(
  authority: CertificateAuthority,
  name: string,
  hosts: readonly string[] = [],
): Promise<KeyAndCertificate> {
  return issueCertificate(authority, {
    commonName: name,
    organisation: 'ChargeCast',
    organisationalUnit: 'service',
    usage: 'tls',
    hosts: [...new Set(['127.0.0.1', 'localhost', ...hosts])],
  });
}
