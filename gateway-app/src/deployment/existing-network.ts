import { type ConnectionProfile, importProfile, NetworkError, readProfile } from '@chargecast/network';
import { LEDGER_ROLES, type RoleMap } from '@chargecast/protocol';
import { resolve } from 'node:path';
import { z } from 'zod';

import { loadConfig } from '../common/config';
import { CodedError } from '../common/errors';

/** A Fabric network that somebody else runs, as one of its members describes it. */
export interface ExistingNetwork {
  readonly profile: ConnectionProfile;
  /** Ledger roles of organisations whose certificates carry no attribute `chargecast.role`. */
  readonly roleMap: RoleMap;
}

const text = z.string().min(1);
const identity = z.union([z.strictObject({ mspDirectory: text }), z.strictObject({ certPath: text, keyPath: text })]);
const ledgerRoles = z.array(z.enum(LEDGER_ROLES)).readonly();
export const roleMapSchema = z.record(z.string(), ledgerRoles);

const descriptionSchema = z
  .strictObject({
    networkId: text,
    chaincode: text,
    channels: z.strictObject({ certchain: text, datachain: text }),
    organisations: z
      .array(
        z.strictObject({
          role: z.enum(['css', 'kgc', 'esp', 'readers']),
          connectionProfile: text,
          identities: z.record(z.string(), identity),
          ledgerRoles: ledgerRoles.optional(),
        }),
      )
      .min(1),
  })
  .refine(({ channels }) => channels.certchain !== channels.datachain, 'channels: two different channels are needed');

type Description = z.infer<typeof descriptionSchema>;

/**
 * Reads what `--profile` names, with the identities that a deployment acts as.
 * @throws CodedError E_PROFILE_MEMBERS, and as `readMemberProfile`
 */
export async function readExistingNetwork(file: string): Promise<ExistingNetwork> {
  const network = await readMemberProfile(file);
  ensureMembers(network.profile, file);
  return network;
}

/**
 * Reads what `--profile` names, whichever identities it holds: a network description (JSON; for each organisation Fabric's
 * standard connection profile and its identities), or a `profile.json` that ChargeCast has written.
 * @throws CodedError E_FILE_…, E_CONFIG_…, E_PROFILE_STANDARD; NetworkError E_PROFILE_…
 */
export async function readMemberProfile(file: string): Promise<ExistingNetwork> {
  const { config } = await loadConfig(file, z.record(z.string(), z.unknown()));
  if ('peers' in config && 'client' in config) {
    throw new CodedError(
      'E_PROFILE_STANDARD',
      `${file} is the connection profile of one organisation: name it in a network description and give that (docs/network.md, "Existing networks")`,
    );
  }
  return 'ledger' in config ? { profile: await readOwn(file), roleMap: {} } : importDescribed(file);
}

async function readOwn(file: string): Promise<ConnectionProfile> {
  const profile = await readProfile(file);
  if (profile.ledger === 'fabric') return profile;
  throw new NetworkError('E_PROFILE_INVALID', `${file} is the embedded ledger's: --profile is for Fabric networks`);
}

async function importDescribed(file: string): Promise<ExistingNetwork> {
  const { config, path } = await loadConfig(file, descriptionSchema);
  const { organisations, ...network } = config;
  const sources = organisations.map(({ role, connectionProfile, identities }) => ({
    role,
    connectionProfile: path(connectionProfile),
    identities: Object.fromEntries(Object.entries(identities).map(([name, at]) => [name, located(at, path)])),
  }));
  const profile = await importProfile(network, sources);
  const roles = organisations.map(
    ({ ledgerRoles }, index) => [profile.organisations[index]?.mspId, ledgerRoles] as const,
  );
  return { profile, roleMap: Object.fromEntries(roles.filter(([, granted]) => granted !== undefined)) as RoleMap };
}

type Identity = Description['organisations'][number]['identities'][string];

function located(at: Identity, path: (relative: string) => string): Identity {
  if ('mspDirectory' in at) return { mspDirectory: path(at.mspDirectory) };
  return { certPath: path(at.certPath), keyPath: path(at.keyPath) };
}

/** The identities a deployment acts as, named all at once where some are missing. */
function ensureMembers({ organisations }: ConnectionProfile, file: string): void {
  const gateways = organisations.filter(({ role }) => role === 'css');
  const missing = gateways.filter(({ identities }) => !identities.relay).map(({ mspId }) => `"relay" of ${mspId}`);
  if (!gateways[0]?.identities.admin) missing.push(`"admin" of ${gateways[0]?.mspId ?? 'a gateway organisation'}`);
  for (const name of ['provider', 'auditor']) {
    if (!organisations.some(({ identities }) => identities[name])) missing.push(`"${name}" of some organisation`);
  }
  if (gateways.length === 0) missing.unshift('an organisation with the role css');
  if (missing.length > 0) {
    throw new CodedError(
      'E_PROFILE_MEMBERS',
      `${resolve(file)} lacks ${missing.join(', ')}: add what is missing there`,
    );
  }
}

/** How many organisations run a gateway. */
export function gatewayCount({ profile }: ExistingNetwork): number {
  return profile.organisations.filter(({ role }) => role === 'css').length;
}

/** Who takes part, by the names a deployment uses: gateways css1, css2, … and the organisations behind the providers. */
export interface Members {
  readonly networkId: string;
  readonly chaincode: string;
  readonly channels: { readonly certchain: string; readonly datachain: string };
  readonly organisations: readonly { readonly mspId: string; readonly name: string }[];
  readonly clientOrganisations: readonly { readonly mspId: string; readonly name: string }[];
}

export function membersOf(
  { networkId, chaincode, channels, organisations }: ConnectionProfile,
  providers: readonly string[],
): Members {
  const gateways = organisations.filter(({ role }) => role === 'css');
  const withProvider = organisations.filter(({ identities }) => identities.provider);
  const dedicated = withProvider.filter(({ role }) => role === 'esp');
  const behind = dedicated.length > 0 ? dedicated : withProvider;
  return {
    networkId,
    chaincode,
    channels,
    organisations: gateways.map(({ mspId }, index) => ({ mspId, name: `css${index + 1}` })),
    clientOrganisations: providers.map((name, index) => ({
      name,
      mspId: behind[index % behind.length]?.mspId as string,
    })),
  };
}
