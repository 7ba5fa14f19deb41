import {
  defaultTopology,
  materialiseNetwork,
  type OnProgress,
  type RunningLedger,
  startLedger,
  type Topology,
} from '@chargecast/network';
import { encodeParams, type Params } from '@chargecast/signcryption';

import { writePrivateFile } from '../common/files';
import { connectLedger, encodeTrust, type Ledger, pinGenesis, type TrustBundle } from '../ledger';
import { genesisGovernance, paramsOf, providerEntry } from './genesis';
import { type CeremonyKeys, keepOrDrawKeys } from './keys';
import { type Layout } from './layout';
import { type Manifest } from './manifest';
import { provision } from './provision';
import { CHAINCODE_BUNDLE } from './root';

/** A running ledger on which the deployment's params, governance and providers stand. */
export interface Consortium {
  readonly topology: Topology;
  readonly keys: CeremonyKeys;
  readonly params: Params;
  readonly trust: TrustBundle;
  readonly ledger: RunningLedger;
  /** Connects as a member named in the profile. */
  connect(mspId: string, identity: string): Promise<Ledger>;
}

export function topologyOf({ networkId, organisations, ledgerPort }: Manifest): Topology {
  return defaultTopology({ networkId, organisations, basePort: ledgerPort });
}

/** MSP id of the organisation behind the provider `esp<n>`. */
export function providerMspId(topology: Topology, provider: string): string {
  const organisation = topology.clientOrganisations.find(({ name }) => name === provider);
  return organisation?.mspId ?? provider;
}

/** Starts the ledger and writes what it starts from; repeating it changes nothing. */
export async function startConsortium(layout: Layout, manifest: Manifest, onProgress: OnProgress): Promise<Consortium> {
  const topology = topologyOf(manifest);
  const mspIds = topology.organisations.map(({ mspId }) => mspId);
  const keys = await keepOrDrawKeys(layout, mspIds, manifest.fleet.providers);
  const params = paramsOf(topology, keys);
  const ledger = await startLedgerOf(layout, manifest, onProgress);
  try {
    const connect = (mspId: string, identity: string): Promise<Ledger> =>
      connectLedger(ledger.profileFile, { mspId, name: identity });
    await writePrivateFile(layout.params, `${encodeParams(params)}\n`);
    const administrator = await connect(mspIds[0] as string, 'admin');
    let trust: TrustBundle;
    try {
      trust = await trustOf(topology, layout, params, administrator);
      await writePrivateFile(layout.trust, encodeTrust(trust));
      await provision(administrator, {
        params,
        governance: genesisGovernance(params, keys),
        providers: manifest.fleet.providers.map((provider) =>
          providerEntry(params, keys, provider, providerMspId(topology, provider)),
        ),
        roleMap: {},
      });
    } finally {
      administrator.close();
    }
    return { topology, keys, params, trust, ledger, connect };
  } catch (error) {
    await ledger.stop();
    throw error;
  }
}

/** The ledger alone, on the data it has. */
export function startLedgerOf(layout: Layout, manifest: Manifest, onProgress: OnProgress): Promise<RunningLedger> {
  return startLedger({
    ledger: manifest.ledger,
    stateDir: layout.ledger,
    topology: topologyOf(manifest),
    chaincodeBundle: CHAINCODE_BUNDLE,
    onProgress,
  });
}

async function trustOf(topology: Topology, layout: Layout, params: Params, ledger: Ledger): Promise<TrustBundle> {
  const { css, clients } = await materialiseNetwork(topology, layout.ledger);
  const roots = [...css.values(), ...clients.values()].map(
    ({ mspId, caCertificatePem }) => [mspId, [caCertificatePem]] as const,
  );
  return { params, chaincode: topology.chaincode, roots: Object.fromEntries(roots), ...(await pinGenesis(ledger)) };
}
