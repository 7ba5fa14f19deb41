import {
  defaultTopology,
  existingLedger,
  type OnProgress,
  readProfile,
  type RunningLedger,
  startLedger,
  type Topology,
} from '@chargecast/network';
import { encodeParams, type Params } from '@chargecast/signcryption';
import { join } from 'node:path';

import { writePrivateFile } from '../common/files';
import { connectLedger, encodeTrust, type Ledger, pinGenesis, parseTrust, type TrustBundle } from '../ledger';
import { type Members, membersOf } from './existing-network';
import { genesisGovernance, paramsOf, providerEntry } from './genesis';
import { type CeremonyKeys, keepOrDrawKeys } from './keys';
import { type Layout } from './layout';
import { type Manifest } from './manifest';
import { provision } from './provision';
import { CHAINCODE_BUNDLE } from './root';

/** A running ledger on which the deployment's params, governance and providers stand. */
export interface Consortium {
  readonly topology: Members;
  readonly keys: CeremonyKeys;
  readonly params: Params;
  readonly trust: TrustBundle;
  readonly ledger: RunningLedger;
  /** Connects as a member named in the profile. */
  connect(mspId: string, identity: string): Promise<Ledger>;
  /** Connects as whichever organisation has an identity of this name. */
  connectAs(identity: string): Promise<Ledger>;
}

/** Of a deployment that runs its own ledger. */
export function topologyOf({ networkId, organisations, ledgerPort }: Manifest): Topology {
  return defaultTopology({ networkId, organisations, basePort: ledgerPort });
}

/** MSP id of the organisation behind the provider `esp<n>`. */
export function providerMspId(topology: Members, provider: string): string {
  const organisation = topology.clientOrganisations.find(({ name }) => name === provider);
  return organisation?.mspId ?? provider;
}

export interface ConsortiumOptions {
  readonly chaincodeBundle?: string | undefined;
  /** Of the KGC's keys. */
  readonly passphraseFile?: string | undefined;
}

/** Starts the ledger and writes what it starts from; repeating it changes nothing. */
export async function startConsortium(
  layout: Layout,
  manifest: Manifest,
  onProgress: OnProgress,
  { chaincodeBundle = CHAINCODE_BUNDLE, passphraseFile }: ConsortiumOptions = {},
): Promise<Consortium> {
  const { existing } = manifest;
  const topology = existing
    ? membersOf(await readProfile(profileFileOf(layout)), manifest.fleet.providers)
    : topologyOf(manifest);
  const mspIds = topology.organisations.map(({ mspId }) => mspId);
  const keys = await keepOrDrawKeys(layout, mspIds, manifest.fleet.providers, passphraseFile);
  const params = paramsOf(topology, keys);
  const ledger = await startLedgerOf(layout, manifest, onProgress, chaincodeBundle);
  try {
    const connect = (mspId: string, identity: string): Promise<Ledger> =>
      connectLedger(ledger.profileFile, { mspId, name: identity });
    await writePrivateFile(layout.params, `${encodeParams(params)}\n`);
    const administrator = await connect(mspIds[0] as string, 'admin');
    let trust: TrustBundle;
    try {
      trust = await trustOf(topology, params, administrator);
      await writePrivateFile(layout.trust, encodeTrust(trust));
      await provision(administrator, {
        params,
        governance: genesisGovernance(params, keys),
        providers: manifest.fleet.providers.map((provider) =>
          providerEntry(params, keys, provider, providerMspId(topology, provider)),
        ),
        roleMap: existing?.roleMap ?? {},
      });
    } finally {
      administrator.close();
    }
    const connectAs = async (identity: string): Promise<Ledger> => {
      const { organisations } = await readProfile(ledger.profileFile);
      const owner = organisations.find(({ identities }) => identities[identity]);
      return connect(owner?.mspId ?? '(none)', identity);
    };
    return { topology, keys, params, trust, ledger, connect, connectAs };
  } catch (error) {
    await ledger.stop();
    throw error;
  }
}

/** Where the profile of a deployment's ledger lies, its own or somebody else's. */
export function profileFileOf(layout: Layout): string {
  return join(layout.ledger, 'profile.json');
}

/** The ledger alone, on the data it has. */
export function startLedgerOf(
  layout: Layout,
  manifest: Manifest,
  onProgress: OnProgress,
  chaincodeBundle = CHAINCODE_BUNDLE,
): Promise<RunningLedger> {
  if (manifest.existing) return existingLedger(profileFileOf(layout));
  return startLedger({
    ledger: manifest.ledger,
    stateDir: layout.ledger,
    topology: topologyOf(manifest),
    chaincodeBundle,
    onProgress,
  });
}

async function trustOf({ chaincode }: Members, params: Params, ledger: Ledger): Promise<TrustBundle> {
  const trust = { params, chaincode, ...(await pinGenesis(ledger)) };
  return parseTrust(JSON.parse(encodeTrust(trust)), 'the channels’ configuration');
}
