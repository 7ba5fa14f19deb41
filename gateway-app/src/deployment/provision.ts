import {
  BROADCAST,
  type GenesisGovernance,
  type GovernanceReply,
  type ProviderEntry,
  type ProviderList,
  REGISTRATION,
  type RoleMap,
} from '@chargecast/protocol';
import { encodeParams, type Params } from '@chargecast/signcryption';

import { CodedError, codeOf } from '../common/errors';
import { type Channel, type Ledger } from '../ledger';

export interface Genesis {
  readonly params: Params;
  readonly governance: GenesisGovernance;
  readonly providers: readonly ProviderEntry[];
  /** Ledger roles for certificates without a role attribute; empty where every certificate has one. */
  readonly roleMap: RoleMap;
}

/**
 * Writes what both channels start from: params, the first limits and epochs, the providers. What stands there already
 * is compared and kept.
 *
 * @param ledger of an administrator
 * @throws CodedError E_DEPLOYMENT_OTHER if the ledger was initialised with other params; LedgerError
 */
export async function provision(ledger: Ledger, genesis: Genesis): Promise<void> {
  const { params, governance, providers, roleMap } = genesis;
  const document = encodeParams(params);
  const roles = JSON.stringify(roleMap);
  await initialise(ledger, 'certchain', REGISTRATION.contract, document, [document, roles]);
  await initialise(ledger, 'datachain', BROADCAST.contract, document, [document, JSON.stringify(governance), roles]);
  await mirrorGovernance(ledger, governance);
  await putProviders(ledger, providers);
}

async function mirrorGovernance(ledger: Ledger, { limits, epochs }: GenesisGovernance): Promise<void> {
  const { contract, governance, mirrorGovernance: name } = REGISTRATION;
  const found = await ledger.evaluate('certchain', { contract, name: governance });
  const { versions } = JSON.parse(Buffer.from(found).toString('utf8')) as GovernanceReply;
  for (const item of [limits, epochs]) {
    if (versions[item.kind] < item.version) {
      await ledger.submit('certchain', { contract, name, args: [JSON.stringify(item)] });
    }
  }
}

async function initialise(
  ledger: Ledger,
  channel: Channel,
  contract: string,
  document: string,
  args: string[],
): Promise<void> {
  const found = await currentParams(ledger, channel, contract);
  if (found === undefined) {
    await ledger.submit(channel, { contract, name: 'init', args });
  } else if (found !== document) {
    throw new CodedError(
      'E_DEPLOYMENT_OTHER',
      `${channel} belongs to another deployment: name that deployment's folder, or start a ledger of its own`,
    );
  }
}

async function currentParams(ledger: Ledger, channel: Channel, contract: string): Promise<string | undefined> {
  try {
    return Buffer.from(await ledger.evaluate(channel, { contract, name: 'getParams' })).toString('utf8');
  } catch (error) {
    if (codeOf(error) === 'E_NOT_INITIALISED') return undefined;
    throw error;
  }
}

async function putProviders(ledger: Ledger, providers: readonly ProviderEntry[]): Promise<void> {
  const listed = await ledger.evaluate('certchain', {
    contract: REGISTRATION.contract,
    name: REGISTRATION.listProviders,
  });
  const known = new Set(
    (JSON.parse(Buffer.from(listed).toString('utf8')) as ProviderList).map(({ provider }) => provider),
  );
  for (const entry of providers.filter(({ provider }) => !known.has(provider))) {
    await ledger.submit('certchain', {
      contract: REGISTRATION.contract,
      name: REGISTRATION.putProvider,
      args: [JSON.stringify(entry)],
    });
  }
}
