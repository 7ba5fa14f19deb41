import { join, relative } from 'node:path';

import { writePrivateFile } from '../pki/files';
import { type NetworkMaterial, type OrganisationMaterial } from '../pki/organisation';
import { type OrganisationRole } from '../profile';
import { type CssOrganisation, peerName, type Topology } from '../topology';
import { cssMaterial } from './channel-config';

/**
 * Describes the network as to applications that know Fabric but not this project: a standard connection profile in each
 * organisation's folder, `connection.json`, and over them one file that names all members and their identities, which
 * `--profile` takes.
 */
export async function writeNetworkDescription(
  topology: Topology,
  material: NetworkMaterial,
  file: string,
): Promise<void> {
  const members: [OrganisationRole, OrganisationMaterial, readonly CssOrganisation[]][] = [
    ...topology.organisations.map(
      (organisation): [OrganisationRole, OrganisationMaterial, readonly CssOrganisation[]] => [
        'css',
        cssMaterial(material, organisation),
        [organisation],
      ],
    ),
    ...topology.clientOrganisations.map(
      ({ mspId, role }): [OrganisationRole, OrganisationMaterial, readonly CssOrganisation[]] => [
        role,
        material.clients.get(mspId) as OrganisationMaterial,
        topology.organisations,
      ],
    ),
  ];
  const base = join(file, '..');
  const organisations = [];
  for (const [role, own, peers] of members) {
    const connectionProfile = join(own.directory, 'connection.json');
    await writeJson(connectionProfile, standardProfile(own.mspId, peers, material));
    const identities = Object.entries(own.identities).map(([name, { mspDirectory }]) => [
      name,
      { mspDirectory: relative(base, mspDirectory) },
    ]);
    organisations.push({
      role,
      connectionProfile: relative(base, connectionProfile),
      identities: Object.fromEntries(identities) as object,
    });
  }
  const { networkId, chaincode, channels } = topology;
  await writeJson(file, { networkId, chaincode, channels, organisations });
}

/** Fabric's connection profile for clients of one organisation; one without peers of its own uses the consortium's. */
function standardProfile(mspId: string, peers: readonly CssOrganisation[], material: NetworkMaterial): object {
  return {
    name: `chargecast-${mspId}`,
    version: '1.0.0',
    client: { organization: mspId },
    organizations: { [mspId]: { mspid: mspId, peers: peers.map(peerName) } },
    peers: Object.fromEntries(
      peers.map((organisation) => [
        peerName(organisation),
        {
          url: `grpcs://${organisation.host}:${organisation.ports.peer}`,
          tlsCACerts: { pem: cssMaterial(material, organisation).tlsCaCertificatePem },
          grpcOptions: { 'ssl-target-name-override': peerName(organisation) },
        },
      ]),
    ),
  };
}

function writeJson(file: string, value: object): Promise<void> {
  return writePrivateFile(file, `${JSON.stringify(value, null, 2)}\n`);
}
