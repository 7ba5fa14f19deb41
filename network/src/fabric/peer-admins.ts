import { type IdentityMaterial, type NetworkMaterial } from '../pki/organisation';
import { type Topology } from '../topology';
import { cssMaterial } from './channel-config';
import { type Layout, nodesOf } from './layout';
import { type NodeAddress, PeerAdmin } from './peer-admin';
import { type FabricPrograms } from './programs';

export interface NetworkContext {
  readonly topology: Topology;
  readonly layout: Layout;
  readonly programs: FabricPrograms;
  readonly material: NetworkMaterial;
}

/** The CSS organisations' administrators at their own peers, in the topology's order. */
export function peerAdmins({ topology, layout, programs, material }: NetworkContext): readonly PeerAdmin[] {
  const orderer = orderingAddress(topology, material);
  return nodesOf(topology)
    .filter(({ kind }) => kind === 'peer')
    .map((node) => {
      const own = cssMaterial(material, node.organisation);
      return new PeerAdmin({
        programs,
        mspId: node.organisation.mspId,
        admin: own.identities.admin as IdentityMaterial,
        peer: { endpoint: node.endpoint, tlsRootPath: own.peer.tls.caPath },
        configDirectory: layout.node(node).directory,
        orderer: () => orderer,
        timeout: topology.timeouts.step,
      });
    });
}

/** The first consenter leads the first view; another orderer would hold a transaction for a forwarding time-out. */
function orderingAddress({ organisations: [first] }: Topology, material: NetworkMaterial): NodeAddress {
  if (!first) throw new RangeError('a network has an orderer');
  return {
    endpoint: `${first.host}:${first.ports.orderer}`,
    tlsRootPath: cssMaterial(material, first).orderer.tls.caPath,
  };
}
