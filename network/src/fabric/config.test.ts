import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { materialiseNetwork, type NetworkMaterial } from '../pki/organisation';
import { defaultTopology } from '../default-topology';
import { type Topology } from '../topology';
import { CHANNEL_PROFILE, channelConfig, cssMaterial } from './channel-config';
import { layoutOf, nodeNamed, nodesOf } from './layout';
import { ordererConfig, peerConfig } from './node-config';

let directory: string;
let material: NetworkMaterial;
const topology = defaultTopology();

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'chargecast-config-'));
  material = await materialiseNetwork(topology, directory);
});

afterAll(() => rm(directory, { recursive: true, force: true }));

interface Channel {
  readonly Capabilities: object;
  readonly Orderer: {
    readonly OrdererType: string;
    readonly BatchSize: { readonly MaxMessageCount: number };
    readonly SmartBFT: Record<string, unknown>;
    readonly ConsenterMapping: Record<string, unknown>[];
    readonly Organizations: { readonly Name: string; readonly OrdererEndpoints: string[] }[];
  };
  readonly Application: {
    readonly Organizations: Record<string, unknown>[];
    readonly Policies: Record<string, { readonly Type: string; readonly Rule: string }>;
  };
}

const channel = (of: Topology = topology): Channel =>
  (channelConfig(of, material) as { Profiles: Record<string, Channel> }).Profiles[CHANNEL_PROFILE] as Channel;

describe('channel configuration', () => {
  it('has each orderer as a consenter with its certificates and its own endpoint', () => {
    const { Orderer, Capabilities } = channel();
    expect(Capabilities).toEqual({ V3_0: true });
    expect(Orderer.OrdererType).toBe('BFT');
    expect(Orderer.ConsenterMapping.map(({ ID, MSPID, Port }) => [ID, MSPID, Port])).toEqual([
      [1, 'CSS1MSP', 17053],
      [2, 'CSS2MSP', 17063],
      [3, 'CSS3MSP', 17073],
      [4, 'CSS4MSP', 17083],
    ]);
    const { orderer } = cssMaterial(material, topology.organisations[2]!);
    expect(Orderer.ConsenterMapping[2]).toMatchObject({
      Identity: orderer.certPath,
      ClientTLSCert: orderer.tls.certPath,
      ServerTLSCert: orderer.tls.certPath,
    });
    expect(Orderer.Organizations.map(({ OrdererEndpoints }) => OrdererEndpoints)).toEqual([
      ['127.0.0.1:17053'],
      ['127.0.0.1:17063'],
      ['127.0.0.1:17073'],
      ['127.0.0.1:17083'],
    ]);
  });

  it('lets a majority of the CSS endorse and govern, and no client-only organisation', () => {
    const { Application } = channel();
    const peers = "'CSS1MSP.peer', 'CSS2MSP.peer', 'CSS3MSP.peer', 'CSS4MSP.peer'";
    expect(Application.Policies.Endorsement).toEqual({ Type: 'Signature', Rule: `OutOf(3, ${peers})` });
    expect(Application.Policies.LifecycleEndorsement?.Rule).toBe(`OutOf(3, ${peers})`);
    expect(Application.Policies.Admins?.Rule).not.toContain('KGCMSP');
    const clients = Application.Organizations.filter(({ Name }) => !String(Name).startsWith('CSS'));
    expect(clients.map(({ Name }) => Name)).toEqual(['KGCMSP', 'ESP1MSP', 'ESP2MSP', 'ReadersMSP']);
    for (const client of clients) {
      expect(client).not.toHaveProperty('AnchorPeers');
      expect(Object.keys(client.Policies as object).sort()).toEqual(['Admins', 'Readers', 'Writers']);
    }
  });

  it('names every peer of the CSS as an anchor', () => {
    const anchors = channel().Application.Organizations.flatMap(({ AnchorPeers }) => AnchorPeers ?? []);
    expect(anchors).toEqual([17050, 17060, 17070, 17080].map((Port) => ({ Host: '127.0.0.1', Port })));
  });

  it('takes block size and consensus time-outs from the topology', () => {
    const ordering = { ...topology.ordering, maxMessageCount: 7, leaderHeartbeatTimeout: 1234 };
    const { Orderer } = channel({ ...topology, ordering });
    expect(Orderer.BatchSize.MaxMessageCount).toBe(7);
    expect(Orderer.SmartBFT.LeaderHeartbeatTimeout).toBe('1234ms');
  });
});

describe('node configuration', () => {
  const context = (): Parameters<typeof peerConfig>[0] => {
    const node = nodeNamed(topology, 'css2-peer');
    const { organisation } = node;
    return {
      topology,
      organisation,
      material: cssMaterial(material, organisation),
      files: layoutOf(directory).node(node),
      builder: '/somewhere/builder',
    };
  };

  it('runs a peer without Docker, on TLS, with the transaction-time window', () => {
    expect(peerConfig(context())).toMatchObject({
      peer: {
        localMspId: 'CSS2MSP',
        listenAddress: '127.0.0.1:17060',
        tls: { enabled: true },
        authentication: { timewindow: '60000ms' },
        gateway: { enabled: true },
        gossip: { orgLeader: true, useLeaderElection: false, externalEndpoint: '127.0.0.1:17060' },
        deliveryclient: { policy: 'cluster' },
      },
      vm: { endpoint: '' },
      chaincode: {
        keepalive: 0,
        externalBuilders: [{ path: '/somewhere/builder', propagateEnvironment: ['CHARGECAST_CHAINCODE_CONNECTION'] }],
      },
      ledger: { state: { stateDatabase: 'goleveldb' }, history: { enableHistoryDatabase: false } },
    });
  });

  it('runs an orderer whose administration asks for a client certificate', () => {
    expect(ordererConfig(context())).toMatchObject({
      General: { ListenPort: 17063, BootstrapMethod: 'none', LocalMSPID: 'CSS2MSP', Backoff: { MaxDelay: '3000ms' } },
      Admin: { ListenAddress: '127.0.0.1:17064', TLS: { Enabled: true, ClientAuthRequired: true } },
      ChannelParticipation: { Enabled: true },
    });
  });

  it('keeps every organisation in its own folder', () => {
    const layout = layoutOf(directory);
    for (const node of nodesOf(topology)) {
      const own = join(directory, 'organisations', node.organisation.mspId);
      expect(layout.node(node).data.startsWith(own)).toBe(true);
      expect(layout.node(node).log.startsWith(own)).toBe(true);
    }
  });

  it('knows a node by both of its names and refuses others, naming those there are', () => {
    expect(nodeNamed(topology, 'orderer.css3.chargecast.test')).toEqual(nodeNamed(topology, 'css3-orderer'));
    expect(() => nodeNamed(topology, 'css3')).toThrow('nodes are orderer.css1.chargecast.test, ');
  });
});
