import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

import { parse } from 'yaml';

import { NetworkError } from './errors';
import {
  type ConnectionProfile,
  type OrganisationRole,
  parseProfile,
  type ProfileGateway,
  type ProfileIdentity,
  type ProfileOrganisation,
} from './profile';

/** An organisation of an existing network, as its operator describes it. */
export interface OrganisationSource {
  /** Fabric's standard connection profile, JSON or YAML; the client's organisation is the one taken. */
  readonly connectionProfile: string;
  readonly role: OrganisationRole;
  /** Identities by name: an MSP folder, or a certificate and a key file. */
  readonly identities: Readonly<Record<string, ProfileIdentity | { readonly mspDirectory: string }>>;
}

export interface ExistingNetwork {
  readonly networkId: string;
  readonly chaincode: string;
  readonly channels: { readonly certchain: string; readonly datachain: string };
}

/**
 * The connection profile of a Fabric network that was not started here.
 * @throws NetworkError `E_PROFILE_MISSING`, `E_PROFILE_SYNTAX`, `E_PROFILE_INVALID`
 */
export async function importProfile(
  network: ExistingNetwork,
  sources: readonly OrganisationSource[],
): Promise<ConnectionProfile> {
  const organisations = await Promise.all(sources.map(importOrganisation));
  const profile: ConnectionProfile = { ledger: 'fabric', ...network, organisations };
  return parseProfile(JSON.stringify(profile), resolve('imported profile'));
}

async function importOrganisation(source: OrganisationSource): Promise<ProfileOrganisation> {
  const document = new StandardProfile(resolve(source.connectionProfile), await readDocument(source.connectionProfile));
  const organisation = document.clientOrganisation();
  const identities = await Promise.all(
    Object.entries(source.identities).map(async ([name, at]) => [name, await identityFiles(at)] as const),
  );
  return {
    mspId: document.text(organisation, 'mspid'),
    role: source.role,
    gateways: await document.gateways(organisation),
    identities: Object.fromEntries(identities),
  };
}

async function readDocument(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new NetworkError('E_PROFILE_MISSING', `cannot read the connection profile ${file}`, { cause: error });
  }
  try {
    return parse(text);
  } catch (error) {
    throw new NetworkError('E_PROFILE_SYNTAX', `${file} is neither JSON nor YAML`, { cause: error });
  }
}

async function identityFiles(at: ProfileIdentity | { readonly mspDirectory: string }): Promise<ProfileIdentity> {
  if (!('mspDirectory' in at)) return { certPath: resolve(at.certPath), keyPath: resolve(at.keyPath) };
  const [certPath, keyPath] = await Promise.all([
    onlyFile(join(at.mspDirectory, 'signcerts')),
    onlyFile(join(at.mspDirectory, 'keystore')),
  ]);
  return { certPath, keyPath };
}

async function onlyFile(directory: string): Promise<string> {
  const names = await readdir(directory).catch((error: unknown) => {
    throw new NetworkError('E_PROFILE_MISSING', `${directory} cannot be read: name an MSP folder with a key`, {
      cause: error,
    });
  });
  const [name] = names;
  if (names.length !== 1 || name === undefined) {
    throw new NetworkError('E_PROFILE_INVALID', `${directory} holds ${names.length} files, one is needed`);
  }
  return resolve(directory, name);
}

type Fields = Readonly<Record<string, unknown>>;

/** The parts of Fabric's connection profile a gateway client needs. */
class StandardProfile {
  readonly #file: string;
  readonly #root: Fields;

  constructor(file: string, document: unknown) {
    this.#file = file;
    this.#root = this.#fields(document, 'the document');
  }

  clientOrganisation(): Fields {
    const name = this.text(this.#member(this.#root, 'client'), 'organization');
    return this.#member(this.#member(this.#root, 'organizations'), name);
  }

  gateways(organisation: Fields): Promise<ProfileGateway[]> {
    const names: unknown = organisation.peers;
    if (!Array.isArray(names) || names.length === 0) this.#fail('the client’s organisation has no peers');
    const peers = this.#member(this.#root, 'peers');
    return Promise.all((names as unknown[]).map((name) => this.#gateway(this.#member(peers, String(name)))));
  }

  text(fields: Fields, name: string): string {
    const value = fields[name];
    return typeof value === 'string' && value !== '' ? value : this.#fail(`"${name}" is not a text`);
  }

  async #gateway(peer: Fields): Promise<ProfileGateway> {
    const url = this.text(peer, 'url');
    const [, endpoint] = /^grpcs:\/\/([^/]+)\/?$/.exec(url) ?? this.#fail(`${url} is not a grpcs:// address`);
    const options = peer.grpcOptions === undefined ? {} : this.#member(peer, 'grpcOptions');
    const override = options['ssl-target-name-override'] ?? options.hostnameOverride;
    const tlsRootCertPem = await this.#rootCertificate(this.#member(peer, 'tlsCACerts'));
    const gateway = { endpoint: endpoint as string, tlsRootCertPem };
    return typeof override === 'string' ? { ...gateway, hostOverride: override } : gateway;
  }

  async #rootCertificate(certificates: Fields): Promise<string> {
    const { pem } = certificates;
    if (typeof pem === 'string') return pem;
    if (Array.isArray(pem) && pem.every((one) => typeof one === 'string')) return pem.join('\n');
    const path = resolve(dirname(this.#file), this.text(certificates, 'path'));
    return readFile(path, 'utf8').catch((error: unknown) => this.#fail(`cannot read ${path}`, error));
  }

  #member(fields: Fields, name: string): Fields {
    return this.#fields(fields[name], `"${name}"`);
  }

  #fields(value: unknown, what: string): Fields {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
    return this.#fail(`${what} is not a set of members`);
  }

  #fail(fault: string, cause?: unknown): never {
    throw new NetworkError('E_PROFILE_INVALID', `the connection profile ${this.#file} cannot be used: ${fault}`, {
      cause,
    });
  }
}
