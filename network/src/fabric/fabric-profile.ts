import { type NetworkMaterial } from '../pki/organisation';
import { profileIdentities, type ProfileGateway, type ProfileOrganisation, writeProfile } from '../profile';
import { type CssOrganisation, peerName, type Topology } from '../topology';
import { cssMaterial } from './channel-config';

/** Writes the network's connection profile; every organisation's own peer stands first in its list of gateways. */
export async function writeFabricProfile(topology: Topology, material: NetworkMaterial, file: string): Promise<void> {
  const gateway = (organisation: CssOrganisation): ProfileGateway => ({
    endpoint: `${organisation.host}:${organisation.ports.peer}`,
    // A TLS server name must not be an IP address (RFC 6066, section 3).
    hostOverride: peerName(organisation),
    tlsRootCertPem: cssMaterial(material, organisation).tlsCaCertificatePem,
  });
  const members: ProfileOrganisation[] = topology.organisations.map((organisation) => ({
    mspId: organisation.mspId,
    role: 'css',
    gateways: [organisation, ...topology.organisations.filter((other) => other !== organisation)].map(gateway),
    identities: profileIdentities(cssMaterial(material, organisation)),
  }));
  const clients = topology.clientOrganisations.flatMap(({ mspId, role }): ProfileOrganisation[] => {
    const own = material.clients.get(mspId);
    const gateways = topology.organisations.map(gateway);
    return own ? [{ mspId, role, gateways, identities: profileIdentities(own) }] : [];
  });
  await writeProfile(file, {
    ledger: 'fabric',
    networkId: topology.networkId,
    chaincode: topology.chaincode,
    channels: topology.channels,
    organisations: [...members, ...clients],
  });
}
