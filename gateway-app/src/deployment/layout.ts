import { join } from 'node:path';

import { type ProcessRole } from '@chargecast/network';

/** Where everything of a deployment lies. Keys and role folders are its owner's alone; params and trust are public. */
export interface Layout {
  readonly directory: string;
  /** What was built: topology, fleet, ports. */
  readonly manifest: string;
  readonly params: string;
  readonly trust: string;
  /** What centres charge, where they do the charging themselves. */
  readonly tariff: string;
  /** What a replay leaves for a recomputation: charging records of the data chain, transactions as the centres state them. */
  readonly records: string;
  readonly statement: string;
  /** State of a ledger this deployment runs. */
  readonly ledger: string;
  /** Certificates of the roles' own gRPC. */
  readonly rolePki: string;
  readonly keys: string;
  /** Certificates of people, and of what serves them. */
  readonly people: string;
  /** Disks of simulated stations that run in processes of their own. */
  readonly stations: string;
  /** Every committed σ as `<id>.sigma`. */
  readonly sigmas: string;
  /** All of the above, and the roles' folders; the manifest last. */
  readonly all: readonly string[];
  key(name: string): string;
  role(name: string): string;
  roleConfig(name: string): string;
  roleTls(role: ProcessRole, name: string): string;
}

export function layoutOf(directory: string): Layout {
  const places = {
    params: join(directory, 'params.json'),
    trust: join(directory, 'trust.json'),
    tariff: join(directory, 'tariff.json'),
    records: join(directory, 'records.json'),
    statement: join(directory, 'statement.json'),
    ledger: join(directory, 'ledger'),
    rolePki: join(directory, 'pki'),
    keys: join(directory, 'keys'),
    people: join(directory, 'people'),
    stations: join(directory, 'stations'),
    sigmas: join(directory, 'sigmas'),
  };
  const roles = join(directory, 'roles');
  const manifest = join(directory, 'deployment.json');
  return {
    directory,
    ...places,
    manifest,
    all: [...Object.values(places), roles, manifest],
    key: (name) => join(places.keys, `${name}.json`),
    role: (name) => join(roles, name),
    roleConfig: (name) => join(roles, name, 'config.json'),
    roleTls: (role, name) => join(places.rolePki, role, name),
  };
}
