import { readFile } from 'node:fs/promises';

import { packageChaincode } from '../fabric/chaincode-package';
import { cssMaterial } from '../fabric/channel-config';
import { type CssMaterial, type NetworkMaterial } from '../pki/organisation';
import { chaincodeHostName, channelNames, type CssOrganisation, type Topology } from '../topology';
import {
  type ChaincodeOptions,
  type ChaincodeServerOptions,
  type ChaincodeTlsOptions,
  type ChannelOptions,
  type EmbeddedLedgerOptions,
  type KeyPair,
  type OrganisationOptions,
} from './options';

export interface TopologySources {
  readonly topology: Topology;
  readonly material: NetworkMaterial;
  /** The self-contained chaincode file. */
  readonly chaincodeBundle: string;
  readonly dataDir: string;
  /** Let gateways listen on any free port instead of the topology's. */
  readonly anyPort?: boolean;
  readonly chaincodeProcesses?: 'organisation' | 'shared';
}

/** The same consortium as on Fabric, with an organisation's gateway where its peer would be. */
export async function optionsFromTopology(sources: TopologySources): Promise<EmbeddedLedgerOptions> {
  const { topology, material, dataDir } = sources;
  const members = await Promise.all(
    topology.organisations.map(async (organisation): Promise<OrganisationOptions> => {
      const own = cssMaterial(material, organisation);
      return {
        mspId: organisation.mspId,
        rootCertificatesPem: [own.caCertificatePem],
        peer: {
          signer: await keyPair(own.peer),
          gateway: {
            host: organisation.host,
            port: sources.anyPort ? 0 : organisation.ports.peer,
            tls: await keyPair(own.peer.tls),
          },
        },
      };
    }),
  );
  const clients = [...material.clients.values()].map(({ mspId, caCertificatePem }): OrganisationOptions => ({
    mspId,
    rootCertificatesPem: [caCertificatePem],
  }));
  return {
    dataDir,
    organisations: [...members, ...clients],
    channels: channelNames(topology).map((name): ChannelOptions => ({ name, chaincodes: [topology.chaincode] })),
    chaincodes: [await chaincodeOptions(sources)],
    limits: {
      authenticationWindow: topology.timeouts.authenticationWindow,
      executeTimeout: topology.timeouts.chaincodeExecution,
      endorsementTimeout: topology.timeouts.endorsement,
      chaincodeStartTimeout: topology.timeouts.start,
      stopTimeout: topology.timeouts.stop,
    },
    blocks: {
      maxMessageCount: topology.ordering.maxMessageCount,
      absoluteMaxBytes: topology.ordering.absoluteMaxBytes,
    },
  };
}

async function chaincodeOptions(sources: TopologySources): Promise<ChaincodeOptions> {
  const { topology, material, chaincodeBundle, chaincodeProcesses = 'organisation' } = sources;
  const { version } = await packageChaincode(topology.chaincode, chaincodeBundle);
  const tlsOf = (organisation: CssOrganisation): Promise<ChaincodeTlsOptions> =>
    chaincodeTls(organisation, cssMaterial(material, organisation));
  const base = { name: topology.chaincode, version, entry: chaincodeBundle };
  if (chaincodeProcesses === 'shared') {
    return { ...base, processes: 'shared', processTls: await tlsOf(topology.organisations[0] as CssOrganisation) };
  }
  const servers = await Promise.all(
    topology.organisations.map(async (organisation): Promise<[string, ChaincodeServerOptions]> => [
      organisation.mspId,
      { processTls: await tlsOf(organisation) },
    ]),
  );
  return { ...base, servers: Object.fromEntries(servers) };
}

/** Mutual TLS between a chaincode process and the peer of its organisation. */
async function chaincodeTls(organisation: CssOrganisation, material: CssMaterial): Promise<ChaincodeTlsOptions> {
  const { chaincodeTls: server, peer, tlsCaCertificatePem } = material;
  return {
    rootCertificatesPem: tlsCaCertificatePem,
    client: await keyPair(peer.tls),
    serverName: chaincodeHostName(organisation),
    certificateFile: server.certPath,
    privateKeyFile: server.keyPath,
    clientRootCertificatesFile: server.caPath,
  };
}

async function keyPair({ certPath, keyPath }: { certPath: string; keyPath: string }): Promise<KeyPair> {
  const [certificatePem, privateKeyPem] = await Promise.all([readFile(certPath, 'utf8'), readFile(keyPath, 'utf8')]);
  return { certificatePem, privateKeyPem };
}
