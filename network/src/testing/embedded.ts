import { createPrivateKey } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type ChannelCredentials, Client, type ClientOptions, credentials } from '@grpc/grpc-js';
import { connect, type ConnectOptions, type Gateway, hash, type Identity, signers } from '@hyperledger/fabric-gateway';

import { bundleProbeChaincode } from '../differential/chaincode/bundle';
import { type EmbeddedLedgerOptions } from '../embedded/options';
import { optionsFromTopology, type TopologySources } from '../embedded/from-topology';
import { materialiseNetwork, type NetworkMaterial, type OrganisationMaterial } from '../pki/organisation';
import { type ConnectionProfile } from '../profile';
import { defaultTopology } from '../default-topology';
import { type Topology } from '../topology';

export interface Endpoint {
  readonly address: string;
  readonly credentials: ChannelCredentials;
  readonly options: ClientOptions;
}

/** Certificates of the default consortium, a bundled test chaincode, and a folder for the ledgers of one test file. */
export class EmbeddedFixture {
  readonly directory: string;
  readonly topology: Topology;
  readonly material: NetworkMaterial;
  readonly chaincodeBundle: string;
  readonly #closing: (() => void)[] = [];

  private constructor(directory: string, topology: Topology, material: NetworkMaterial, chaincodeBundle: string) {
    this.directory = directory;
    this.topology = topology;
    this.material = material;
    this.chaincodeBundle = chaincodeBundle;
  }

  static async make(): Promise<EmbeddedFixture> {
    const directory = await mkdtemp(join(tmpdir(), 'chargecast-embedded-'));
    const topology = defaultTopology();
    const [material, chaincodeBundle] = await Promise.all([
      materialiseNetwork(topology, directory),
      bundleProbeChaincode(directory),
    ]);
    return new EmbeddedFixture(directory, topology, material, chaincodeBundle);
  }

  options(name: string, sources: Partial<TopologySources> = {}): Promise<EmbeddedLedgerOptions> {
    const { topology, material, chaincodeBundle, directory } = this;
    return optionsFromTopology({
      topology,
      material,
      chaincodeBundle,
      dataDir: join(directory, name),
      anyPort: true,
      ...sources,
    });
  }

  async identity(mspId: string, name: string): Promise<{ identity: Identity; keyPem: string }> {
    const { certPath, keyPath } = this.organisation(mspId).identities[name] as { certPath: string; keyPath: string };
    const [certificate, keyPem] = await Promise.all([readFile(certPath), readFile(keyPath, 'utf8')]);
    return { identity: { mspId, credentials: certificate }, keyPem };
  }

  /** A gateway connection as `name` of `mspId`, through the peer of `through`. */
  async connect(
    gateways: Readonly<Record<string, string>>,
    mspId: string,
    name: string,
    options: { through?: string; unsigned?: boolean } & Partial<ConnectOptions> = {},
  ): Promise<Gateway> {
    const { identity, keyPem } = await this.identity(mspId, name);
    const { through = 'CSS1MSP', unsigned = false, ...rest } = options;
    const client = this.client(gateways, through);
    const gateway = connect({
      identity,
      client,
      hash: hash.sha256,
      ...(!unsigned && { signer: signers.newPrivateKeySigner(createPrivateKey(keyPem)) }),
      ...rest,
    });
    this.#closing.push(() => gateway.close());
    return gateway;
  }

  /** As `connect`, with what a profile says; `endpoint` instead of the profile's where given. */
  async connectByProfile(profile: ConnectionProfile, mspId: string, name: string, endpoint?: string): Promise<Gateway> {
    const organisation = profile.organisations.find((candidate) => candidate.mspId === mspId);
    const files = organisation?.identities[name];
    const [first] = organisation?.gateways ?? [];
    if (!files || !first) throw new RangeError(`the profile lacks ${mspId} ${name}`);
    const client = new Client(
      endpoint ?? first.endpoint,
      credentials.createSsl(Buffer.from(first.tlsRootCertPem)),
      first.hostOverride === undefined ? {} : { 'grpc.ssl_target_name_override': first.hostOverride },
    );
    this.#closing.push(() => client.close());
    return connect({
      client,
      hash: hash.sha256,
      identity: { mspId, credentials: await readFile(files.certPath) },
      signer: signers.newPrivateKeySigner(createPrivateKey(await readFile(files.keyPath, 'utf8'))),
    });
  }

  /** Options for the consortium whose certificates lie in `stateDir`. */
  async optionsOf(stateDir: string): Promise<EmbeddedLedgerOptions> {
    const { topology, chaincodeBundle } = this;
    return optionsFromTopology({
      topology,
      chaincodeBundle,
      material: await materialiseNetwork(topology, stateDir),
      dataDir: join(stateDir, 'ledger'),
      anyPort: true,
      chaincodeProcesses: 'shared',
    });
  }

  endpoint(gateways: Readonly<Record<string, string>>, mspId: string): Endpoint {
    const roots = Buffer.from(this.organisation(mspId).tlsCaCertificatePem);
    const domain = this.topology.organisations.find((organisation) => organisation.mspId === mspId)?.domain;
    return {
      address: gateways[mspId] ?? '',
      credentials: credentials.createSsl(roots),
      options: { 'grpc.ssl_target_name_override': `peer.${domain}` },
    };
  }

  client(gateways: Readonly<Record<string, string>>, mspId: string): Client {
    const { address, credentials: tls, options } = this.endpoint(gateways, mspId);
    const client = new Client(address, tls, options);
    this.#closing.push(() => client.close());
    return client;
  }

  organisation(mspId: string): OrganisationMaterial {
    const found = this.material.css.get(mspId) ?? this.material.clients.get(mspId);
    if (!found) throw new RangeError(`no organisation ${mspId}`);
    return found;
  }

  async dispose(): Promise<void> {
    for (const close of this.#closing) close();
    await rm(this.directory, { recursive: true, force: true });
  }
}
