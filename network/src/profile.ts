import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';

import { NetworkError } from './errors';
import { writePrivateFile } from './pki/files';
import { type OrganisationMaterial } from './pki/organisation';
import { type ClientOrganisationRole } from './topology';

export type LedgerKind = 'embedded' | 'fabric';
export type OrganisationRole = 'css' | ClientOrganisationRole;

/** All an application needs to reach a ledger as a member; both ledgers write it, the gateway app reads it. */
export interface ConnectionProfile {
  readonly ledger: LedgerKind;
  readonly networkId: string;
  readonly chaincode: string;
  readonly channels: { readonly certchain: string; readonly datachain: string };
  readonly organisations: readonly ProfileOrganisation[];
}

export interface ProfileOrganisation {
  readonly mspId: string;
  readonly role: OrganisationRole;
  /** Peers whose Gateway service the organisation's clients use, in order of preference. */
  readonly gateways: readonly ProfileGateway[];
  readonly identities: Readonly<Record<string, ProfileIdentity>>;
}

export interface ProfileGateway {
  /** `host:port` */
  readonly endpoint: string;
  /** Name the TLS certificate is checked against where it is not the endpoint's host. */
  readonly hostOverride?: string;
  /** One or more PEM certificates. */
  readonly tlsRootCertPem: string;
}

/** Paths are relative to the profile's folder in the file and absolute once read. */
export interface ProfileIdentity {
  readonly certPath: string;
  readonly keyPath: string;
}

/** The profile as `profile.json` of a ledger's state folder. Paths in `profile` are absolute. */
export async function writeProfile(file: string, profile: ConnectionProfile): Promise<void> {
  const base = dirname(resolve(file));
  const organisations = profile.organisations.map((organisation) => ({
    ...organisation,
    identities: mapValues(organisation.identities, ({ certPath, keyPath }) => ({
      certPath: relative(base, certPath),
      keyPath: relative(base, keyPath),
    })),
  }));
  await writePrivateFile(file, `${JSON.stringify({ ...profile, organisations }, null, 2)}\n`);
}

/**
 * @returns the profile with absolute paths
 * @throws NetworkError `E_PROFILE_MISSING`, `E_PROFILE_SYNTAX` (not JSON), `E_PROFILE_INVALID` (names the faulty place)
 */
export async function readProfile(file: string): Promise<ConnectionProfile> {
  const path = resolve(file);
  return parseProfile(await readText(path), path);
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const advice = code === 'ENOENT' ? 'start the ledger first, or name an existing profile' : 'check its permissions';
    throw new NetworkError('E_PROFILE_MISSING', `cannot read the connection profile ${path} (${code}): ${advice}`, {
      cause: error,
    });
  }
}

/** @param path absolute path of the file `text` came from: identity paths are resolved against its folder */
export function parseProfile(text: string, path: string): ConnectionProfile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new NetworkError('E_PROFILE_SYNTAX', `the connection profile ${path} is not JSON`, { cause: error });
  }
  return new ProfileReader(path).profile(json);
}

type Fields = Record<string, unknown>;

class ProfileReader {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  profile(json: unknown): ConnectionProfile {
    const at = 'profile';
    const fields = this.#object(json, at, ['ledger', 'networkId', 'chaincode', 'channels', 'organisations']);
    const channels = this.#object(fields.channels, 'channels', ['certchain', 'datachain']);
    const organisations = this.#array(fields.organisations, 'organisations').map((entry, index) =>
      this.#organisation(entry, `organisations[${index}]`),
    );
    const mspIds = organisations.map(({ mspId }) => mspId);
    if (new Set(mspIds).size !== mspIds.length) this.#fail('organisations', 'an MSP id occurs more than once');
    if (!organisations.some(({ gateways }) => gateways.length > 0)) {
      this.#fail('organisations', 'no organisation has a gateway');
    }
    return {
      ledger: this.#oneOf(fields.ledger, 'ledger', ['embedded', 'fabric']),
      networkId: this.#text(fields.networkId, 'networkId'),
      chaincode: this.#text(fields.chaincode, 'chaincode'),
      channels: {
        certchain: this.#text(channels.certchain, 'channels.certchain'),
        datachain: this.#text(channels.datachain, 'channels.datachain'),
      },
      organisations,
    };
  }

  #organisation(json: unknown, at: string): ProfileOrganisation {
    const fields = this.#object(json, at, ['mspId', 'role', 'gateways', 'identities']);
    const identities = this.#object(fields.identities, `${at}.identities`);
    return {
      mspId: this.#text(fields.mspId, `${at}.mspId`),
      role: this.#oneOf(fields.role, `${at}.role`, ['css', 'kgc', 'esp', 'readers']),
      gateways: this.#array(fields.gateways, `${at}.gateways`).map((entry, index) =>
        this.#gateway(entry, `${at}.gateways[${index}]`),
      ),
      identities: Object.fromEntries(
        Object.entries(identities).map(([name, entry]) => [name, this.#identity(entry, `${at}.identities.${name}`)]),
      ),
    };
  }

  #gateway(json: unknown, at: string): ProfileGateway {
    const fields = this.#object(json, at, ['endpoint', 'tlsRootCertPem'], ['hostOverride']);
    const endpoint = this.#text(fields.endpoint, `${at}.endpoint`);
    const port = Number(/^[^\s/]+:(\d{1,5})$/.exec(endpoint)?.[1]);
    if (!(port >= 1 && port <= 65535)) this.#fail(`${at}.endpoint`, 'must be host:port');
    const tlsRootCertPem = this.#text(fields.tlsRootCertPem, `${at}.tlsRootCertPem`);
    try {
      new X509Certificate(tlsRootCertPem);
    } catch (error) {
      this.#fail(`${at}.tlsRootCertPem`, 'must be a PEM certificate', error);
    }
    if (fields.hostOverride === undefined) return { endpoint, tlsRootCertPem };
    return { endpoint, hostOverride: this.#text(fields.hostOverride, `${at}.hostOverride`), tlsRootCertPem };
  }

  #identity(json: unknown, at: string): ProfileIdentity {
    const fields = this.#object(json, at, ['certPath', 'keyPath']);
    const base = dirname(this.#path);
    return {
      certPath: resolve(base, this.#text(fields.certPath, `${at}.certPath`)),
      keyPath: resolve(base, this.#text(fields.keyPath, `${at}.keyPath`)),
    };
  }

  /** An object with all of `required` and nothing outside `required` and `optional`; any keys if neither is given. */
  #object(json: unknown, at: string, required?: readonly string[], optional: readonly string[] = []): Fields {
    if (typeof json !== 'object' || json === null || Array.isArray(json)) this.#fail(at, 'must be an object');
    const fields = json as Fields;
    if (required) {
      for (const key of required) if (!(key in fields)) this.#fail(at, `lacks "${key}"`);
      const known = new Set([...required, ...optional]);
      for (const key of Object.keys(fields)) if (!known.has(key)) this.#fail(at, `has an unknown member "${key}"`);
    }
    return fields;
  }

  #array(json: unknown, at: string): unknown[] {
    return Array.isArray(json) ? (json as unknown[]) : this.#fail(at, 'must be a list');
  }

  #text(json: unknown, at: string): string {
    return typeof json === 'string' && json.length > 0 ? json : this.#fail(at, 'must be a non-empty string');
  }

  #oneOf<T extends string>(json: unknown, at: string, values: readonly T[]): T {
    return values.find((value) => value === json) ?? this.#fail(at, `must be one of ${values.join(', ')}`);
  }

  #fail(at: string, fault: string, cause?: unknown): never {
    throw new NetworkError('E_PROFILE_INVALID', `the connection profile ${this.#path} is not valid: ${at} ${fault}`, {
      cause,
    });
  }
}

/** Identities of issued material as a profile lists them. */
export function profileIdentities(material: OrganisationMaterial): Record<string, ProfileIdentity> {
  return mapValues(material.identities, ({ certPath, keyPath }) => ({ certPath, keyPath }));
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
