import { join } from 'node:path';

import { allSettled } from '../all-settled';
import {
  chaincodeHostName,
  type ClientOrganisation,
  type CssOrganisation,
  type IdentitySpec,
  ordererName,
  peerName,
  type Topology,
} from '../topology';
import { type CertificateAuthority, createAuthority, issueCertificate, loadAuthority } from './certificates';
import { keepOrMake, writePrivateFile } from './files';

/** Name of the certificate attribute that carries the ledger role. */
export const ROLE_ATTRIBUTE = 'chargecast.role';

/** An MSP folder and the two files an application needs of it. */
export interface IdentityMaterial {
  readonly mspDirectory: string;
  readonly certPath: string;
  readonly keyPath: string;
}

export interface TlsMaterial {
  readonly certPath: string;
  readonly keyPath: string;
  readonly caPath: string;
}

export interface NodeMaterial extends IdentityMaterial {
  readonly tls: TlsMaterial;
}

/** Where one organisation's certificates and keys lie; `directory` is `<state>/organisations/<mspId>`. */
export interface OrganisationMaterial {
  readonly mspId: string;
  readonly directory: string;
  /** Verifying MSP: roots and NodeOUs, no keys. */
  readonly mspDirectory: string;
  readonly caCertificatePem: string;
  readonly tlsCaCertificatePem: string;
  readonly identities: Readonly<Record<string, IdentityMaterial>>;
}

export interface CssMaterial extends OrganisationMaterial {
  readonly peer: NodeMaterial;
  readonly orderer: NodeMaterial;
  readonly chaincodeTls: TlsMaterial;
}

export interface NetworkMaterial {
  readonly css: ReadonlyMap<string, CssMaterial>;
  readonly clients: ReadonlyMap<string, OrganisationMaterial>;
}

const NODE_OUS = `NodeOUs:
  Enable: true
${['Client', 'Peer', 'Admin', 'Orderer']
  .map(
    (unit) => `  ${unit}OUIdentifier:
    Certificate: cacerts/ca.pem
    OrganizationalUnitIdentifier: ${unit.toLowerCase()}
`,
  )
  .join('')}`;

/** Makes every organisation's certificate authority, nodes and identities; what is already on disk is kept. */
export async function materialiseNetwork(topology: Topology, stateDir: string): Promise<NetworkMaterial> {
  const css = await allSettled(topology.organisations.map((member) => materialiseCss(member, stateDir)));
  const clients = await allSettled(topology.clientOrganisations.map((member) => materialiseClients(member, stateDir)));
  return {
    css: new Map(css.map((material) => [material.mspId, material])),
    clients: new Map(clients.map((material) => [material.mspId, material])),
  };
}

export function organisationDirectory(stateDir: string, mspId: string): string {
  return join(stateDir, 'organisations', mspId);
}

function pkiDirectory(stateDir: string, mspId: string): string {
  return join(organisationDirectory(stateDir, mspId), 'pki');
}

/** Where a node's keys and certificates lie; `node` is `peer`, `orderer` or `chaincode`. */
export function nodeDirectory(stateDir: string, mspId: string, node: string): string {
  return join(pkiDirectory(stateDir, mspId), node);
}

/** Where a node's TLS key and certificates lie once made; `node` is `peer`, `orderer` or `chaincode`. */
export function tlsFiles(stateDir: string, mspId: string, node: string): TlsMaterial {
  const at = (file: string): string => join(nodeDirectory(stateDir, mspId, node), 'tls', file);
  return { certPath: at('cert.pem'), keyPath: at('key.pem'), caPath: at('ca.pem') };
}

async function materialiseClients(organisation: ClientOrganisation, stateDir: string): Promise<OrganisationMaterial> {
  return (await openWorkshop(organisation, stateDir)).material(organisation.identities);
}

async function materialiseCss(organisation: CssOrganisation, stateDir: string): Promise<CssMaterial> {
  const workshop = await openWorkshop(organisation, stateDir);
  const { host } = organisation;
  const base = await workshop.material(organisation.identities);
  return {
    ...base,
    peer: await workshop.node('peer', peerName(organisation), host),
    orderer: await workshop.node('orderer', ordererName(organisation), host),
    chaincodeTls: await workshop.tls('chaincode', chaincodeHostName(organisation), host),
  };
}

interface Workshop {
  material(identities: readonly IdentitySpec[]): Promise<OrganisationMaterial>;
  /** @param folder where it lies in the organisation's `pki`, by default under its kind */
  node(kind: 'peer' | 'orderer', commonName: string, host: string, folder?: string): Promise<NodeMaterial>;
  tls(folder: string, commonName: string, host: string): Promise<TlsMaterial>;
}

/** The organisation's authorities at work: what is already on disk is kept. */
export async function openWorkshop(
  { mspId, domain }: CssOrganisation | ClientOrganisation,
  stateDir: string,
): Promise<Workshop> {
  const directory = pkiDirectory(stateDir, mspId);
  const ca = await openAuthority(join(directory, 'ca'), `ca.${domain}`, mspId);
  const tlsCa = await openAuthority(join(directory, 'tlsca'), `tlsca.${domain}`, mspId);

  const verifyingMsp = async (folder: string): Promise<string> => {
    await writePrivateFile(join(folder, 'cacerts', 'ca.pem'), ca.certificatePem);
    await writePrivateFile(join(folder, 'tlscacerts', 'tlsca.pem'), tlsCa.certificatePem);
    await writePrivateFile(join(folder, 'config.yaml'), NODE_OUS);
    return folder;
  };

  const signer = async (
    folder: string,
    commonName: string,
    organisationalUnit: string,
    attributes?: Record<string, string>,
  ): Promise<IdentityMaterial> => {
    const mspDirectory = await verifyingMsp(join(directory, folder, 'msp'));
    const certPath = join(mspDirectory, 'signcerts', 'cert.pem');
    const keyPath = join(mspDirectory, 'keystore', 'key.pem');
    const request = { commonName, organisation: mspId, organisationalUnit, usage: 'signing' as const };
    await keepOrMake({ certificatePath: certPath, keyPath }, () =>
      issueCertificate(ca, attributes ? { ...request, attributes } : request),
    );
    return { mspDirectory, certPath, keyPath };
  };

  const tls = async (folder: string, commonName: string, host: string): Promise<TlsMaterial> => {
    const files = tlsFiles(stateDir, mspId, folder);
    const hosts = [...new Set([commonName, host, '127.0.0.1', 'localhost'])];
    const request = { commonName, organisation: mspId, usage: 'tls' as const, hosts };
    await keepOrMake({ certificatePath: files.certPath, keyPath: files.keyPath }, () =>
      issueCertificate(tlsCa, request),
    );
    await writePrivateFile(files.caPath, tlsCa.certificatePem);
    return files;
  };

  return {
    tls,
    async node(kind, commonName, host, folder = kind) {
      return { ...(await signer(folder, commonName, kind)), tls: await tls(folder, commonName, host) };
    },
    async material(identities) {
      const made = await allSettled(
        identities.map(async ({ name, ou, role }) => {
          const material = await signer(join('identities', name), `${name}@${domain}`, ou, { [ROLE_ATTRIBUTE]: role });
          return [name, material] as const;
        }),
      );
      return {
        mspId,
        directory: organisationDirectory(stateDir, mspId),
        mspDirectory: await verifyingMsp(join(directory, 'msp')),
        caCertificatePem: ca.certificatePem,
        tlsCaCertificatePem: tlsCa.certificatePem,
        identities: Object.fromEntries(made),
      };
    },
  };
}

async function openAuthority(directory: string, commonName: string, mspId: string): Promise<CertificateAuthority> {
  const paths = { keyPath: join(directory, 'key.pem'), certificatePath: join(directory, 'cert.pem') };
  return loadAuthority(await keepOrMake(paths, () => createAuthority(commonName, mspId)));
}
