import { copyFile, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { type CertificateAuthority, createAuthority, issueCertificate, loadAuthority } from '../pki/certificates';
import { keepOrMake, writePrivateFile } from '../pki/files';
import { type ChaincodeConnection, type ChaincodePackage, packageService } from './chaincode-package';

/** A chaincode server of one organisation, made ready to start: `node --env-file=ENVIRONMENT BUNDLE`. */
export interface ChaincodeService {
  readonly chaincode: ChaincodePackage;
  readonly environmentFile: string;
  readonly bundle: string;
}

export interface ChaincodeServiceOptions {
  readonly name: string;
  readonly mspId: string;
  /** `host:port` where the organisation's peers reach the server. */
  readonly address: string;
  readonly bundle: string;
  /** Keys, certificates and the copy of the bundle are kept here; the organisation's own. */
  readonly directory: string;
}

/**
 * Certificates for both ends of the connection between an organisation's peers and its chaincode server, of an authority
 * for this connection alone, and the package by which the peers find the server. The same again gives the same package.
 */
export async function prepareService(options: ChaincodeServiceOptions): Promise<ChaincodeService> {
  const { name, mspId, address, bundle } = options;
  const directory = resolve(options.directory);
  const host = address.slice(0, address.lastIndexOf(':'));
  const authority = await openAuthority(directory, mspId);
  const issue = (commonName: string, hosts: readonly string[]): ReturnType<typeof keepOrMake> =>
    keepOrMake(files(directory, commonName), () =>
      issueCertificate(authority, { commonName, organisation: mspId, usage: 'tls', hosts }),
    );
  await issue(`server-${host}`, [host.replace(/^\[|\]$/g, '')]);
  const peer = await issue('peer', []);
  const connection: ChaincodeConnection = {
    address,
    clientKeyPem: peer.keyPem,
    clientCertificatePem: peer.certificatePem,
    rootCertificatePem: authority.certificatePem,
  };
  const chaincode = await packageService(name, bundle, connection);
  const server = files(directory, `server-${host}`);
  return {
    chaincode,
    bundle: await placeBundle(join(directory, chaincode.version), bundle),
    environmentFile: await writeEnvironment(join(directory, chaincode.version, 'chaincode.env'), {
      CHAINCODE_SERVER_ADDRESS: address,
      CORE_CHAINCODE_ID_NAME: chaincode.packageId,
      CHAINCODE_TLS_KEY_FILE: server.keyPath,
      CHAINCODE_TLS_CERT_FILE: server.certificatePath,
      CHAINCODE_TLS_CLIENT_CACERT_FILE: files(directory, 'ca').certificatePath,
      NODE_ENV: 'production',
    }),
  };
}

function files(directory: string, name: string): { keyPath: string; certificatePath: string } {
  return {
    keyPath: join(directory, 'tls', name, 'key.pem'),
    certificatePath: join(directory, 'tls', name, 'cert.pem'),
  };
}

async function openAuthority(directory: string, mspId: string): Promise<CertificateAuthority> {
  return loadAuthority(
    await keepOrMake(files(directory, 'ca'), () => createAuthority(`chaincode connection of ${mspId}`, mspId)),
  );
}

async function placeBundle(directory: string, bundle: string): Promise<string> {
  const file = join(directory, 'chaincode.js');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await copyFile(bundle, file);
  // The bundle is CommonJS whatever a package.json further up may say.
  await writePrivateFile(join(directory, 'package.json'), '{ "type": "commonjs" }\n');
  return file;
}

async function writeEnvironment(file: string, variables: Readonly<Record<string, string>>): Promise<string> {
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${JSON.stringify(value)}\n`);
  await writePrivateFile(file, lines.join(''));
  return file;
}
