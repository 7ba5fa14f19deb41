import { join, resolve } from 'node:path';

import { NetworkError } from '../errors';
import { organisationDirectory } from '../pki/organisation';
import { chaincodeHostName, type CssOrganisation, ordererName, peerName, type Topology } from '../topology';

export type NodeKind = 'peer' | 'orderer' | 'chaincode';

/** One process of the network; `kill`, `start` and `logs` take its name, `peer.css1.chargecast.test`, or `css1-peer`. */
export interface FabricNode {
  readonly name: string;
  readonly kind: NodeKind;
  readonly organisation: CssOrganisation;
  readonly endpoint: string;
}

/** Where things lie in a network's state folder; an organisation's own data is under `organisations/<mspId>` alone. */
export interface Layout {
  readonly root: string;
  readonly networkFile: string;
  readonly profileFile: string;
  readonly descriptionFile: string;
  readonly lockFile: string;
  readonly reconnectLockFile: string;
  readonly processes: string;
  readonly builder: string;
  readonly chaincodePackage: string;
  channel(name: string): { readonly configDirectory: string; readonly genesisBlock: string };
  node(node: FabricNode): NodeLayout;
}

export interface NodeLayout {
  /** Working folder; generated configuration lies here. */
  readonly directory: string;
  readonly data: string;
  readonly log: string;
}

export function layoutOf(stateDir: string): Layout {
  const root = resolve(stateDir);
  const at = (...parts: string[]): string => join(root, ...parts);
  return {
    root,
    networkFile: at('network.json'),
    profileFile: at('profile.json'),
    descriptionFile: at('network-description.json'),
    lockFile: at('lock.json'),
    reconnectLockFile: at('reconnect-lock.json'),
    processes: at('processes'),
    builder: at('builder'),
    chaincodePackage: at('chaincode', 'package.tgz'),
    channel: (name) => ({ configDirectory: at('channels', name), genesisBlock: at('channels', name, 'genesis.block') }),
    node: ({ kind, organisation }) => {
      const directory = join(organisationDirectory(root, organisation.mspId), kind);
      return { directory, data: join(directory, 'data'), log: join(directory, 'log.txt') };
    },
  };
}

const HOST_NAMES: Readonly<Record<NodeKind, (organisation: CssOrganisation) => string>> = {
  orderer: ordererName,
  peer: peerName,
  chaincode: chaincodeHostName,
};

export function nodesOf(topology: Topology): FabricNode[] {
  const kinds: NodeKind[] = ['orderer', 'peer', 'chaincode'];
  return kinds.flatMap((kind) =>
    topology.organisations.map((organisation) => ({
      name: HOST_NAMES[kind](organisation),
      kind,
      organisation,
      endpoint: `${organisation.host}:${organisation.ports[kind]}`,
    })),
  );
}

export function nodeNamed(topology: Topology, name: string): FabricNode {
  const nodes = nodesOf(topology);
  const node = nodes.find(
    ({ name: own, organisation, kind }) => own === name || `${organisation.name}-${kind}` === name,
  );
  if (!node) {
    throw new NetworkError(
      'E_FABRIC_NODE_UNKNOWN',
      `there is no node "${name}"; nodes are ${nodes.map((candidate) => candidate.name).join(', ')}`,
    );
  }
  return node;
}
