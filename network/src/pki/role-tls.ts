import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';

import { allSettled } from '../all-settled';
import { NetworkError } from '../errors';
import {
  type CertificateAuthority,
  createAuthority,
  issueCertificate,
  type KeyAndCertificate,
  loadAuthority,
} from './certificates';
import { keepOrMake, writePrivateFile } from './files';

/** The processes that talk to each other over gRPC with mutual TLS. */
export type ProcessRole = 'kgc' | 'csc' | 'css' | 'cp' | 'ev' | 'esp';

export const PROCESS_ROLES: readonly ProcessRole[] = ['kgc', 'csc', 'css', 'cp', 'ev', 'esp'];

export interface RoleTlsRequest {
  readonly role: ProcessRole;
  /** 1–64 letters, digits, `.`, `_`, `-`; unique within the role. */
  readonly name: string;
  /** DNS names and addresses beside 127.0.0.1 and localhost. */
  readonly hosts?: readonly string[];
}

/** Files of one process's TLS identity; all PEM. */
export interface RoleTlsFiles {
  readonly role: ProcessRole;
  readonly name: string;
  readonly keyPath: string;
  readonly certPath: string;
  /** The root every other process's certificate is checked against. */
  readonly caPath: string;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const URI = /^chargecast:([a-z]+):([A-Za-z0-9][A-Za-z0-9._-]{0,63})$/;

export function roleUri(role: ProcessRole, name: string): string {
  if (!NAME.test(name)) {
    throw new NetworkError('E_PKI_NAME', `"${name}" cannot name a process: use 1–64 letters, digits, ".", "_", "-"`);
  }
  return `chargecast:${role}:${name}`;
}

/** The authority of the roles' transport, kept in `<directory>/ca`; made on first use. */
export async function openRoleAuthority(directory: string): Promise<CertificateAuthority> {
  const paths = { keyPath: join(directory, 'ca', 'key.pem'), certificatePath: join(directory, 'ca', 'cert.pem') };
  return loadAuthority(await keepOrMake(paths, () => createAuthority('ChargeCast role transport', 'ChargeCast')));
}

/** A key and certificate in memory, for callers that keep their own files. */
export function issueRoleCertificate(
  authority: CertificateAuthority,
  { role, name, hosts = [] }: RoleTlsRequest,
): Promise<KeyAndCertificate> {
  return issueCertificate(authority, {
    commonName: name,
    organisation: 'ChargeCast',
    organisationalUnit: role,
    usage: 'tls',
    hosts: [...new Set(['127.0.0.1', 'localhost', ...hosts])],
    uris: [roleUri(role, name)],
  });
}

/** Issues into `<directory>/<role>/<name>/{key,cert,ca}.pem`; what is already there is kept. */
export async function issueRoleTls(request: RoleTlsRequest & { readonly directory: string }): Promise<RoleTlsFiles> {
  const [files] = await issueRoleTlsBatch(request.directory, [request]);
  return files as RoleTlsFiles;
}

/** As `issueRoleTls`, for many processes with one opening of the authority. */
export async function issueRoleTlsBatch(
  directory: string,
  requests: readonly RoleTlsRequest[],
): Promise<RoleTlsFiles[]> {
  const authority = await openRoleAuthority(directory);
  const issued: RoleTlsFiles[] = [];
  // Slices keep the number of files open at once bounded.
  for (let start = 0; start < requests.length; start += 64) {
    const slice = requests.slice(start, start + 64);
    issued.push(...(await allSettled(slice.map((request) => issueIntoFiles(directory, authority, request)))));
  }
  return issued;
}

async function issueIntoFiles(
  directory: string,
  authority: CertificateAuthority,
  request: RoleTlsRequest,
): Promise<RoleTlsFiles> {
  roleUri(request.role, request.name);
  const own = join(directory, request.role, request.name);
  const files = { keyPath: join(own, 'key.pem'), certPath: join(own, 'cert.pem'), caPath: join(own, 'ca.pem') };
  await keepOrMake({ keyPath: files.keyPath, certificatePath: files.certPath }, () =>
    issueRoleCertificate(authority, request),
  );
  await writePrivateFile(files.caPath, authority.certificatePem);
  return { role: request.role, name: request.name, ...files };
}

/**
 * Who stands behind a TLS connection: the role and name in the peer certificate's URI, or null if it carries none or
 * more than one. The caller's TLS layer has already verified the chain.
 * @param der the certificate as Node's `getPeerCertificate().raw` gives it
 */
export function roleOfCertificate(der: Uint8Array): { role: ProcessRole; name: string } | null {
  const uris = (new X509Certificate(der).subjectAltName ?? '')
    .split(', ')
    .filter((entry) => entry.startsWith('URI:'))
    .map((entry) => entry.slice('URI:'.length));
  const match = uris.length === 1 ? URI.exec(uris[0] as string) : null;
  const role = PROCESS_ROLES.find((known) => known === match?.[1]);
  return role && match ? { role, name: match[2] as string } : null;
}
