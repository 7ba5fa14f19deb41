import { cssMaterial } from '../fabric/channel-config';
import { type NetworkMaterial } from '../pki/organisation';
import { profileIdentities, type ProfileGateway, type ProfileOrganisation, writeProfile } from '../profile';
import { type CssOrganisation, peerName, type Topology } from '../topology';

/**
 * Writes the connection profile of a running embedded ledger.
 * @param gateways `host:port` by MSP id, as they listen
 */
export async function writeEmbeddedProfile(
  topology: Topology,
  material: NetworkMaterial,
  gateways: Readonly<Record<string, string>>,
  file: string,
): Promise<void> {
  const gateway = (organisation: CssOrganisation): ProfileGateway => ({
    endpoint: gateways[organisation.mspId] ?? `${organisation.host}:${organisation.ports.peer}`,
    // A TLS server name must not be an IP address (RFC 6066, section 3).
    hostOverride: peerName(organisation),
    tlsRootCertPem: cssMaterial(material, organisation).tlsCaCertificatePem,
  });
  const members = topology.organisations.map((organisation): ProfileOrganisation => ({
    mspId: organisation.mspId,
    role: 'css',
    gateways: [organisation, ...topology.organisations.filter((other) => other !== organisation)].map(gateway),
    identities: profileIdentities(cssMaterial(material, organisation)),
  }));
  const clients = topology.clientOrganisations.flatMap(({ mspId, role }): ProfileOrganisation[] => {
    const own = material.clients.get(mspId);
    return own
      ? [{ mspId, role, gateways: topology.organisations.map(gateway), identities: profileIdentities(own) }]
      : [];
  });
  await writeProfile(file, {
    ledger: 'embedded',
    networkId: topology.networkId,
    chaincode: topology.chaincode,
    channels: topology.channels,
    organisations: [...members, ...clients],
  });
}
