import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  type ChaincodeOptions,
  type ChaincodeServerOptions,
  type EmbeddedLedger,
  type EmbeddedLedgerOptions,
  type KeyPair,
  startEmbeddedLedger,
} from '@chargecast/network/embedded/index';

import { bundleTwins } from './chaincode-bundles';
import { made, Unsupported } from './errors';
import { makeOrganisations, type Organisation } from './organisations';
import { parsePolicy } from './policy';

export interface Deployment {
  readonly channel: string;
  readonly chaincode: string;
  readonly version: string;
  /** A signature policy as `peer lifecycle chaincode` takes it. */
  readonly policy: string;
}

/** How a client reaches an organisation's gateway. */
export interface GatewayAddress {
  readonly address: string;
  readonly serverName: string;
  readonly tlsRootPem: string;
}

/**
 * The embedded ledger as the suite's network. Chaincodes are given to it at start, so a new definition restarts it on
 * its data; definitions made before stay, as on Fabric.
 */
export class ScenarioLedger {
  readonly #directory: string;
  readonly #organisations: readonly Organisation[];
  readonly #bundles: ReadonlyMap<string, string>;
  /** By channel and chaincode, as the running ledger has them. */
  #deployments: ReadonlyMap<string, Deployment> = new Map();
  #ledger: EmbeddedLedger | undefined;

  private constructor(directory: string, organisations: readonly Organisation[], bundles: ReadonlyMap<string, string>) {
    this.#directory = directory;
    this.#organisations = organisations;
    this.#bundles = bundles;
  }

  /** Certificates, bundled chaincodes and an empty data folder; nothing runs before the first deployment. */
  static async make(): Promise<ScenarioLedger> {
    const directory = await mkdtemp(join(tmpdir(), 'chargecast-conformance-'));
    try {
      const [organisations, bundles] = await Promise.all([makeOrganisations(), bundleTwins(directory)]);
      return new ScenarioLedger(directory, organisations, bundles);
    } catch (error) {
      await rm(directory, { recursive: true, force: true });
      throw error;
    }
  }

  /** @throws Unsupported for a chaincode without a twin or a policy the ledger cannot hold */
  async deploy(deployment: Deployment): Promise<void> {
    const { channel, chaincode, version, policy } = deployment;
    const key = `${channel}/${chaincode}`;
    const known = this.#deployments.get(key);
    if (known && known.version === version && known.policy === policy) return;
    if (!this.#bundles.has(chaincode)) throw new Unsupported(`chaincode ${chaincode}: there is no twin of it`);
    const deployments = new Map(this.#deployments).set(key, deployment);
    const options = this.#options([...deployments.values()]);
    await this.#ledger?.stop();
    this.#ledger = undefined;
    this.#ledger = await startEmbeddedLedger(options);
    this.#deployments = deployments;
  }

  /** @throws Unsupported for a peer the ledger does not run */
  gateway(peer: string): GatewayAddress {
    const organisation = this.#organisations.find((candidate) => candidate.peer === peer);
    if (!organisation) throw new Unsupported(`${peer}: an organisation of the embedded ledger has one peer`);
    const address = made(this.#ledger?.gateways[organisation.mspId], 'a ledger: deploy a chaincode first');
    return { address, serverName: peer, tlsRootPem: organisation.tlsRootPem };
  }

  /** @throws Unsupported for an organisation the suite's network does not have */
  user(name: string, mspId: string): Promise<KeyPair> {
    const organisation = this.#organisations.find((candidate) => candidate.mspId === mspId);
    if (!organisation) throw new Unsupported(`organisation ${mspId} is not part of the scenarios' network`);
    return organisation.user(name);
  }

  /** Whether an error detail may name this endpoint. */
  runs(endpoint: string): boolean {
    return this.#organisations.some(({ externalEndpoint }) => externalEndpoint === endpoint);
  }

  async stop(): Promise<void> {
    await this.#ledger?.stop();
    await rm(this.#directory, { recursive: true, force: true });
  }

  #options(deployments: readonly Deployment[]): EmbeddedLedgerOptions {
    const channels = [...new Set(deployments.map(({ channel }) => channel))];
    return {
      dataDir: join(this.#directory, 'ledger'),
      organisations: this.#organisations.map(({ options }) => options),
      channels: channels.map((name) => ({
        name,
        chaincodes: deployments.filter(({ channel }) => channel === name).map(({ chaincode }) => chaincode),
      })),
      chaincodes: deployments.map((deployment) => this.#chaincode(deployment)),
    };
  }

  /** A process for each organisation, which knows whose it is as one launched by a peer does. */
  #chaincode({ chaincode, version, policy }: Deployment): ChaincodeOptions {
    const servers = this.#organisations.map(({ mspId }): [string, ChaincodeServerOptions] => [
      mspId,
      { environment: { CORE_PEER_LOCALMSPID: mspId } },
    ]);
    return {
      name: chaincode,
      version,
      entry: made(this.#bundles.get(chaincode), `chaincode ${chaincode}`),
      endorsement: parsePolicy(policy),
      servers: Object.fromEntries(servers),
    };
  }
}
