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

/**
 * The CSS organisations' administrators at their own peers, in the topology's order. They send to `ordering`'s orderer: by
 * default the first consenter's, which leads the first view; another would hold a transaction for a forwarding time-out.
 */
export function peerAdmins(
  { topology, layout, programs, material }: NetworkContext,
  ordering = topology.organisations[0],
): readonly PeerAdmin[] {
  if (!ordering) throw new RangeError('a network has an orderer');
  const orderer: NodeAddress = {
    endpoint: `${ordering.host}:${ordering.ports.orderer}`,
    tlsRootPath: cssMaterial(material, ordering).orderer.tls.caPath,
  };
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
