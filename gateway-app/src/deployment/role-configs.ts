import { dirname, relative, resolve } from 'node:path';

import { issueRoleTlsBatch, type ProcessRole } from '@chargecast/network';
import { z } from 'zod';

import { loadConfig } from '../common/config';
import { codeOf } from '../common/errors';
import { writePrivateFile } from '../common/files';
import { type Consortium, providerMspId } from './consortium';
import { type Layout } from './layout';
import { type Manifest } from './manifest';
import { peoplePlaces, preparePeople } from './people';
import { HOST } from './host';
import { type RolePlace, restPortsOf, providerOfStation, pileProcesses, type PileProcess } from './role-places';

/** Members that a deployment writes or leaves out by what it was opened for. */
const BY_FORM: ReadonlySet<string> = new Set(['ledgerFolder', 'ocpp', 'rest', 'charging']);

/** Folder of a pile process in which its charging stations' passwords lie. */
export const STATION_PASSWORDS = 'station-passwords';

export interface RoleConfigOptions {
  readonly logLevel?: string | undefined;
  /** Absolute path; of the KGC's keys. */
  readonly passphraseFile?: string | undefined;
}

/**
 * Certificates and `config.json` for every role; ports may differ from run to run. Settings that an operator has added to
 * a `config.json` stay.
 * @throws CodedError E_CONFIG_SYNTAX, E_CONFIG_INVALID if one was spoilt
 */
export async function writeRoleConfigs(
  layout: Layout,
  manifest: Manifest,
  consortium: Consortium,
  places: readonly RolePlace[],
  { logLevel = 'warn', passphraseFile }: RoleConfigOptions = {},
): Promise<void> {
  await issueRoleTlsBatch(layout.rolePki, places);
  if (restPortsOf(places) > 0) await preparePeople(layout.people, places);
  if (manifest.charging) {
    await writePrivateFile(layout.tariff, `${JSON.stringify(manifest.charging.tariff, null, 2)}\n`);
  }
  const writer = new ConfigWriter(layout, manifest, consortium, places, logLevel);
  for (const place of places.filter(({ guest }) => !guest)) {
    const file = layout.roleConfig(place.name);
    const made = writer.config(place);
    if (place.role === 'kgc' && passphraseFile !== undefined) made['passphraseFile'] = passphraseFile;
    const added = Object.entries(await standing(file)).filter(([member]) => !(member in made) && !BY_FORM.has(member));
    await writePrivateFile(file, `${JSON.stringify({ ...made, ...Object.fromEntries(added) }, null, 2)}\n`);
  }
}

/** Where the passphrase of the KGC's keys lies, by its configuration. */
export async function kgcPassphraseFile(layout: Layout): Promise<string | undefined> {
  const file = layout.roleConfig('kgc');
  const { passphraseFile } = await standing(file);
  return typeof passphraseFile === 'string' ? resolve(dirname(file), passphraseFile) : undefined;
}

/** A `config.json` as it lies there; nothing before the first. */
async function standing(file: string): Promise<Record<string, unknown>> {
  try {
    return (await loadConfig(file, z.record(z.string(), z.unknown()))).config;
  } catch (error) {
    if (codeOf(error) === 'E_FILE_MISSING') return {};
    throw error;
  }
}

class ConfigWriter {
  readonly #layout: Layout;
  readonly #manifest: Manifest;
  readonly #consortium: Consortium;
  readonly #places: readonly RolePlace[];
  readonly #logLevel: string;

  constructor(
    layout: Layout,
    manifest: Manifest,
    consortium: Consortium,
    places: readonly RolePlace[],
    logLevel: string,
  ) {
    this.#logLevel = logLevel;
    this.#layout = layout;
    this.#manifest = manifest;
    this.#consortium = consortium;
    this.#places = places;
  }

  config({ role, name, port, stationPort, restPort }: RolePlace): Record<string, unknown> {
    const own = this.#layout.role(name);
    const to = (path: string): string => relative(own, path);
    const tls = this.#layout.roleTls(role, name);
    return {
      role,
      name,
      listen: `${HOST}:${port}`,
      dataDir: 'data',
      keyFile: 'store.key',
      logFile: 'role.log',
      logLevel: this.#logLevel,
      tls: { cert: to(`${tls}/cert.pem`), key: to(`${tls}/key.pem`), roots: to(`${tls}/ca.pem`) },
      trust: to(this.#layout.trust),
      ...this.#special(role, name, to),
      ...(stationPort === undefined
        ? {}
        : { ocpp: { listen: `${HOST}:${stationPort}`, passwords: STATION_PASSWORDS } }),
      ...(restPort === undefined ? {} : { rest: this.#rest(name, restPort, to) }),
    };
  }

  #rest(name: string, port: number, to: (path: string) => string): Record<string, unknown> {
    const { authority, removed, service } = peoplePlaces(this.#layout.people);
    const { cert, key } = service(name);
    return {
      listen: `${HOST}:${port}`,
      tls: { cert: to(cert), key: to(key), people: to(authority) },
      removed: to(removed),
    };
  }

  #special(role: ProcessRole, name: string, to: (path: string) => string): Record<string, unknown> {
    switch (role) {
      case 'css':
        return this.#css(name, to);
      case 'kgc':
        return { peers: { css: this.#gateways() }, homes: this.#homes() };
      case 'esp':
        return this.#esp(name, to);
      case 'csc':
        return {
          peers: { css: this.#gateways(), kgc: this.#endpoint('kgc'), esp: this.#named('esp') },
          ...(this.#manifest.charging ? { charging: { tariff: to(this.#layout.tariff) } } : {}),
        };
      case 'cp':
        return this.#cp(name);
      case 'ev':
        return this.#ev();
    }
  }

  #css(name: string, to: (path: string) => string): Record<string, unknown> {
    const mspId = this.#mspId(name);
    return {
      profile: to(this.#consortium.ledger.profileFile),
      identity: { mspId, name: 'relay' },
      ...(this.#manifest.existing ? {} : { ledgerFolder: to(this.#layout.ledger) }),
      organisationKey: to(this.#layout.key(mspId)),
      peers: { css: this.#gateways(name), kgc: this.#endpoint('kgc'), csc: this.#named('csc') },
    };
  }

  #esp(name: string, to: (path: string) => string): Record<string, unknown> {
    const customers = this.#manifest.fleet.vehicles
      .filter(({ provider }) => provider === name)
      .map(({ contract, name: vehicle }) => ({ contract, vehicle, process: this.#named('ev')[0]?.name }));
    return {
      profile: to(this.#consortium.ledger.profileFile),
      identity: { mspId: providerMspId(this.#consortium.topology, name), name: 'provider' },
      provider: name,
      providerKey: to(this.#layout.key(name)),
      customers,
      stations: this.#places
        .filter(({ role, name: station }) => role === 'cp' && this.#providerOf(station) === name)
        .map(({ name: station }) => station),
      peers: { css: this.#gateways(), csc: this.#named('csc') },
    };
  }

  #cp(name: string): Record<string, unknown> {
    const { css, piles } = pileProcesses(this.#manifest).find((process) => process.name === name) as PileProcess;
    return {
      piles: piles.map((pile) => ({ name: pile })),
      owner: this.#mspId(css),
      peers: {
        css: this.#gatewaysFrom(css),
        kgc: this.#endpoint('kgc'),
        esp: this.#named('esp').filter((provider) => provider.name === this.#providerOf(name)),
        csc: this.#named('csc'),
      },
    };
  }

  #ev(): Record<string, unknown> {
    return {
      vehicles: this.#manifest.fleet.vehicles,
      peers: {
        css: this.#gateways(),
        kgc: this.#endpoint('kgc'),
        esp: this.#named('esp'),
        csc: this.#named('csc'),
        cp: this.#named('cp'),
      },
    };
  }

  #providerOf(station: string): string {
    return providerOfStation({ manifest: this.#manifest, places: this.#places }, station);
  }

  #homes(): Record<string, string> {
    return Object.fromEntries(pileProcesses(this.#manifest).map(({ name, css }) => [name, this.#mspId(css)]));
  }

  #gateways(except?: string): { name: string; mspId: string; endpoint: string }[] {
    return this.#consortium.topology.organisations
      .filter(({ name }) => name !== except)
      .map(({ name, mspId }) => ({ name, mspId, endpoint: this.#endpoint(name) }));
  }

  /** A pile asks its own gateway first. */
  #gatewaysFrom(css: string): { name: string; mspId: string; endpoint: string }[] {
    const all = this.#gateways();
    return [...all.filter(({ name }) => name === css), ...all.filter(({ name }) => name !== css)];
  }

  #named(role: ProcessRole): { name: string; endpoint: string }[] {
    return this.#places
      .filter((place) => place.role === role)
      .map(({ name }) => ({ name, endpoint: this.#endpoint(name) }));
  }

  #mspId(css: string): string {
    return this.#consortium.topology.organisations.find(({ name }) => name === css)?.mspId as string;
  }

  #endpoint(name: string): string {
    return `${HOST}:${this.#places.find((place) => place.name === name)?.port}`;
  }
}
