import { randomBytes, X509Certificate } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import {
  ANY_SERVICE,
  type CertificateAuthority,
  issuePersonCertificate,
  issueServiceCertificate,
  openPeopleAuthority,
  type Person,
  personOfCertificate,
  pkcs12Of,
} from '@chargecast/network';

import { CodedError } from '../common/errors';
import { readFileCoded, writePrivateFile } from '../common/files';
import { personId, readRemoved, type RemovedCertificate } from '../rest';
import { type RolePlace } from './role-places';

/** Where people's certificates lie: `ca/`, `services/<name>/`, `<person>/`, `removed.json`. */
export interface PeoplePlaces {
  readonly authority: string;
  readonly removed: string;
  readonly service: (name: string) => { readonly key: string; readonly cert: string };
  readonly person: (id: string) => PersonFiles;
}

export interface PersonFiles {
  readonly directory: string;
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
  /** Key and certificates for a browser, and the password that opens them. */
  readonly p12: string;
  readonly password: string;
}

export interface IssuedPerson extends Person {
  readonly id: string;
  readonly serial: string;
  readonly notAfter: string;
  readonly files: PersonFiles;
}

export function peoplePlaces(directory: string): PeoplePlaces {
  return {
    authority: join(directory, 'ca', 'cert.pem'),
    removed: join(directory, 'removed.json'),
    service: (name) => ({
      key: join(directory, 'services', name, 'key.pem'),
      cert: join(directory, 'services', name, 'cert.pem'),
    }),
    person: (id) => {
      const own = join(directory, id);
      return {
        directory: own,
        key: join(own, 'key.pem'),
        cert: join(own, 'cert.pem'),
        ca: join(own, 'ca.pem'),
        p12: join(own, `${id}.p12`),
        password: join(own, 'password'),
      };
    },
  };
}

/** Who is there from the start: an operator of each service, and one of each kind that looks at the whole system. */
export function firstPeople(places: readonly RolePlace[]): Person[] {
  const served = places.filter(({ restPort }) => restPort !== undefined);
  return [
    ...served.map(({ name }): Person => ({ role: 'operator', at: name, name: '1' })),
    ...served
      .filter(({ role }) => role === 'csc')
      .map(({ name }): Person => ({ role: 'integrator', at: name, name: '1' })),
    ...(['auditor', 'government', 'car-maker', 'monitor'] as const).map((role) => ({
      role,
      at: ANY_SERVICE,
      name: '1',
    })),
  ];
}

/** Makes what is missing: the authority, the services' certificates, the first people. Who was removed stays so. */
export async function preparePeople(directory: string, places: readonly RolePlace[]): Promise<void> {
  const authority = await openPeopleAuthority(directory);
  const paths = peoplePlaces(directory);
  if (!(await exists(paths.removed))) await writePrivateFile(paths.removed, '[]\n');
  for (const { name } of places.filter(({ restPort }) => restPort !== undefined)) {
    const { key, cert } = paths.service(name);
    if (await exists(cert)) continue;
    const issued = await issueServiceCertificate(authority, name);
    await writePrivateFile(key, issued.keyPem);
    await writePrivateFile(cert, issued.certificatePem);
  }
  const removed = new Set((await readRemoved(paths.removed)).map(({ id }) => id));
  for (const person of firstPeople(places)) {
    const id = personId(person);
    if (!removed.has(id) && !(await exists(paths.person(id).cert))) await issue(directory, authority, person);
  }
}

/**
 * Issues a certificate; the person's folder holds it as PEM and as PKCS #12.
 * @param directory the `people` folder of a deployment
 * @throws CodedError E_PERSON_EXISTS, E_PEOPLE_MISSING; NetworkError E_PKI_NAME
 */
export async function addPerson(directory: string, person: Person): Promise<IssuedPerson> {
  await ensurePeople(directory);
  const id = personId(person);
  if (await exists(peoplePlaces(directory).person(id).cert)) {
    throw new CodedError('E_PERSON_EXISTS', `${id} has a certificate: remove it first, or give another --name`);
  }
  return issue(directory, await openPeopleAuthority(directory), person);
}

/** Everybody who holds a certificate, by id. @throws CodedError E_PEOPLE_MISSING */
export async function listPeople(directory: string): Promise<IssuedPerson[]> {
  await ensurePeople(directory);
  const { person } = peoplePlaces(directory);
  const found: IssuedPerson[] = [];
  const folders = (await readdir(directory, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  for (const { name } of folders.filter(({ name }) => name !== 'ca')) {
    const files = person(name);
    if (await exists(files.cert)) found.push(await issued(files));
  }
  return found.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/**
 * Withdraws a certificate and deletes its folder: the services refuse it within a second, copies included.
 * @throws CodedError E_PERSON_UNKNOWN, E_PEOPLE_MISSING
 */
export async function removePerson(directory: string, id: string): Promise<RemovedCertificate> {
  const person = (await listPeople(directory)).find((each) => each.id === id);
  if (!person) throw new CodedError('E_PERSON_UNKNOWN', `${id} holds no certificate here: person list names who does`);
  const { removed } = peoplePlaces(directory);
  const entry = { serial: person.serial, id, removedAt: new Date().toISOString() };
  await writePrivateFile(removed, `${JSON.stringify([...(await readRemoved(removed)), entry], null, 2)}\n`);
  await rm(person.files.directory, { recursive: true, force: true });
  return entry;
}

async function issue(directory: string, authority: CertificateAuthority, person: Person): Promise<IssuedPerson> {
  const files = peoplePlaces(directory).person(personId(person));
  const certificate = await issuePersonCertificate(authority, person);
  const password = randomBytes(16).toString('base64url');
  await writePrivateFile(files.key, certificate.keyPem);
  await writePrivateFile(files.ca, authority.certificatePem);
  await writePrivateFile(files.p12, await pkcs12Of(certificate, authority.certificatePem, password));
  await writePrivateFile(files.password, `${password}\n`);
  // Last: with it the person exists.
  await writePrivateFile(files.cert, certificate.certificatePem);
  return issued(files);
}

async function issued(files: PersonFiles): Promise<IssuedPerson> {
  const certificate = new X509Certificate(await readFileCoded(files.cert));
  const person = personOfCertificate(certificate.raw);
  if (!person) throw new CodedError('E_PERSON_CERTIFICATE', `${files.cert} names no person: remove its folder`);
  return { ...person, id: personId(person), notAfter: new Date(certificate.validTo).toISOString(), files };
}

async function ensurePeople(directory: string): Promise<void> {
  if (await exists(peoplePlaces(directory).removed)) return;
  throw new CodedError('E_PEOPLE_MISSING', `${directory} holds no people: deployment create or up makes them`);
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
