import { join } from 'node:path';

import { type CssMaterial } from '../pki/organisation';
import { type CssOrganisation, peerName, type Topology } from '../topology';
import { duration } from './channel-config';
import { type NodeLayout } from './layout';

const MAX_MESSAGE = 100 * 1024 * 1024;

/** Which organisation's node, with its certificates and folders. */
export interface NodeContext {
  readonly topology: Topology;
  readonly organisation: CssOrganisation;
  readonly material: CssMaterial;
  readonly files: NodeLayout;
}

/** The content of `core.yaml` (JSON is YAML): a peer that runs chaincode as a service and knows no Docker. */
export function peerConfig(context: NodeContext & { readonly builder: string }): object {
  return {
    peer: peerSection(context),
    // An empty endpoint keeps the health check from waiting for a Docker daemon.
    vm: { endpoint: '' },
    chaincode: {
      mode: 'net',
      keepalive: 0,
      installTimeout: duration(context.topology.timeouts.step),
      startuptimeout: duration(context.topology.timeouts.step),
      executetimeout: duration(context.topology.timeouts.chaincodeExecution),
      system: { _lifecycle: 'enable', cscc: 'enable', lscc: 'enable', qscc: 'enable' },
      logging: { level: 'warning', shim: 'warning' },
      // A chaincode reads and writes many keys in one message each (Fabric's own defaults; off where core.yaml is silent).
      runtimeParams: {
        useWriteBatch: true,
        maxSizeWriteBatch: 1000,
        useGetMultipleKeys: true,
        maxSizeGetMultipleKeys: 1000,
      },
      externalBuilders: [
        { name: 'ccaas', path: context.builder, propagateEnvironment: ['CHARGECAST_CHAINCODE_CONNECTION'] },
      ],
    },
    ledger: {
      state: { stateDatabase: 'goleveldb', totalQueryLimit: 100_000 },
      history: { enableHistoryDatabase: false },
      pvtdataStore: {
        collElgProcMaxDbBatchSize: 5000,
        collElgProcDbBatchesInterval: 1000,
        deprioritizedDataReconcilerInterval: '60m',
        purgeInterval: 100,
      },
      snapshots: { rootDir: join(context.files.data, 'snapshots') },
    },
    operations: operations(context.organisation.ports.peerOperations),
    metrics: { provider: 'prometheus' },
  };
}

function peerSection({ topology, organisation, material, files }: NodeContext): object {
  const { host, ports } = organisation;
  const { timeouts } = topology;
  const address = `${host}:${ports.peer}`;
  const { peer } = material;
  return {
    id: peerName(organisation),
    networkId: topology.networkId,
    listenAddress: address,
    address,
    chaincodeListenAddress: `127.0.0.1:${ports.peerChaincode}`,
    chaincodeAddress: `127.0.0.1:${ports.peerChaincode}`,
    localMspId: organisation.mspId,
    localMspType: 'bccsp',
    mspConfigPath: peer.mspDirectory,
    fileSystemPath: files.data,
    BCCSP: { Default: 'SW', SW: { Hash: 'SHA2', Security: 256 } },
    tls: tlsFiles(peer.tls),
    gateway: {
      enabled: true,
      endorsementTimeout: duration(timeouts.endorsement),
      broadcastTimeout: duration(timeouts.broadcast),
      dialTimeout: '5s',
    },
    authentication: { timewindow: duration(timeouts.authenticationWindow) },
    keepalive: {
      interval: '7200s',
      timeout: '20s',
      minInterval: '5s',
      client: { interval: '60s', timeout: '20s' },
      deliveryClient: { interval: '10s', timeout: '5s' },
    },
    gossip: {
      bootstrap: address,
      endpoint: address,
      externalEndpoint: address,
      useLeaderElection: false,
      orgLeader: true,
      membershipTrackerInterval: '5s',
      aliveTimeInterval: '2s',
      aliveExpirationTimeout: '10s',
      reconnectInterval: '3s',
      publishStateInfoInterval: '1s',
      // Each answer is a signature to verify for every peer and channel, also on an idle network.
      requestStateInfoInterval: '4s',
      publishCertPeriod: '2s',
      state: { enabled: false },
      pvtData: { reconciliationEnabled: false },
    },
    deliveryclient: {
      blockGossipEnabled: false,
      reconnectTotalTimeThreshold: '87600h',
      connTimeout: '3s',
      reConnectBackoffThreshold: duration(timeouts.peerReconnectThreshold),
      minimalReconnectInterval: '100ms',
      blockCensorshipTimeoutKey: '30s',
      policy: 'cluster',
    },
    client: { connTimeout: '5s' },
    handlers: {
      authFilters: [{ name: 'DefaultAuth' }, { name: 'ExpirationCheck' }, { name: 'TimeWindowCheck' }],
      decorators: [{ name: 'DefaultDecorator' }],
      endorsers: { escc: { name: 'DefaultEndorsement' } },
      validators: { vscc: { name: 'DefaultValidation' } },
    },
    discovery: {
      enabled: true,
      authCacheEnabled: true,
      authCacheMaxSize: 1000,
      authCachePurgeRetentionRatio: 0.75,
      orgMembersAllowedAccess: true,
    },
    limits: { concurrency: { endorserService: 2500, deliverService: 2500, gatewayService: 500 } },
    maxRecvMsgSize: MAX_MESSAGE,
    maxSendMsgSize: MAX_MESSAGE,
  };
}

/** The content of `orderer.yaml`: a SmartBFT consenter that joins its channels through the participation API. */
export function ordererConfig({ topology, organisation, material, files }: NodeContext): object {
  const { host, ports } = organisation;
  const { orderer } = material;
  const tls = {
    Enabled: true,
    PrivateKey: orderer.tls.keyPath,
    Certificate: orderer.tls.certPath,
    RootCAs: [orderer.tls.caPath],
  };
  return {
    General: {
      ListenAddress: host,
      ListenPort: ports.orderer,
      BootstrapMethod: 'none',
      LocalMSPID: organisation.mspId,
      LocalMSPDir: orderer.mspDirectory,
      BCCSP: { Default: 'SW', SW: { Hash: 'SHA2', Security: 256 } },
      TLS: tls,
      Cluster: { ClientCertificate: orderer.tls.certPath, ClientPrivateKey: orderer.tls.keyPath, SendBufferSize: 100 },
      Keepalive: { ServerMinInterval: '5s', ServerInterval: '7200s', ServerTimeout: '20s' },
      Backoff: { BaseDelay: '500ms', Multiplier: 1.6, MaxDelay: duration(topology.ordering.reconnectMaxDelay) },
      Authentication: { TimeWindow: duration(topology.timeouts.authenticationWindow) },
      MaxRecvMsgSize: MAX_MESSAGE,
      MaxSendMsgSize: MAX_MESSAGE,
    },
    FileLedger: { Location: join(files.data, 'ledger') },
    Operations: { ListenAddress: `127.0.0.1:${ports.ordererOperations}`, TLS: { Enabled: false } },
    Metrics: { Provider: 'prometheus' },
    Admin: {
      ListenAddress: `127.0.0.1:${ports.ordererAdmin}`,
      TLS: { ...tls, ClientAuthRequired: true, ClientRootCAs: [orderer.tls.caPath] },
    },
    ChannelParticipation: { Enabled: true, MaxRequestBodySize: '1 MB' },
    Consensus: { WALDir: join(files.data, 'wal'), SnapDir: join(files.data, 'snapshots') },
  };
}

function tlsFiles({ certPath, keyPath, caPath }: { certPath: string; keyPath: string; caPath: string }): object {
  return {
    enabled: true,
    clientAuthRequired: false,
    cert: { file: certPath },
    key: { file: keyPath },
    rootcert: { file: caPath },
    clientCert: { file: certPath },
    clientKey: { file: keyPath },
    clientRootCAs: { files: [caPath] },
  };
}

/** Health and metrics in the clear, therefore on the loopback address only. */
function operations(port: number): object {
  return { listenAddress: `127.0.0.1:${port}`, tls: { enabled: false } };
}
