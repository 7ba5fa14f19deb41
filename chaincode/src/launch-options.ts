import { readFileSync } from 'node:fs';

/** Wrong start configuration: exit code 2. */
export class LaunchError extends Error {
  readonly code = 'E_CONFIG';
}

export interface TlsFiles {
  readonly key: Buffer;
  readonly cert: Buffer;
  /** Where given, peers must show a certificate of these authorities. */
  readonly clientCACerts?: Buffer;
}

export interface ServiceOptions {
  readonly ccid: string;
  readonly address: string;
  readonly tls?: TlsFiles;
}

type Environment = Readonly<Record<string, string | undefined>>;

function read(environment: Environment, name: string): Buffer | undefined {
  const file = environment[name];
  if (!file) return undefined;
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new LaunchError(`${name} names a file that cannot be read; check the path and its rights`, { cause });
  }
}

function readTls(environment: Environment): TlsFiles | undefined {
  if (environment.CHAINCODE_TLS_DISABLED?.toLowerCase() === 'true') return undefined;
  const key = read(environment, 'CHAINCODE_TLS_KEY_FILE');
  const cert = read(environment, 'CHAINCODE_TLS_CERT_FILE');
  const clientCACerts = read(environment, 'CHAINCODE_TLS_CLIENT_CACERT_FILE');
  if (key && cert) return { key, cert, ...(clientCACerts && { clientCACerts }) };
  if (key ?? cert ?? clientCACerts) {
    throw new LaunchError(
      'TLS needs CHAINCODE_TLS_KEY_FILE and CHAINCODE_TLS_CERT_FILE; set both, or CHAINCODE_TLS_DISABLED=true',
    );
  }
  return undefined;
}

/** How to run as a service; undefined when the peer launches the chaincode itself. Throws `LaunchError`. */
export function serviceOptions(environment: Environment): ServiceOptions | undefined {
  const address = environment.CHAINCODE_SERVER_ADDRESS;
  if (!address) return undefined;
  if (!/^[^\s:]+:\d{1,5}$|^\[[0-9a-fA-F:]+\]:\d{1,5}$/.test(address)) {
    throw new LaunchError('CHAINCODE_SERVER_ADDRESS must be host:port');
  }
  const ccid = environment.CORE_CHAINCODE_ID_NAME ?? environment.CHAINCODE_ID;
  if (!ccid) throw new LaunchError('set CORE_CHAINCODE_ID_NAME (or CHAINCODE_ID) to the installed package’s id');
  const tls = readTls(environment);
  return { ccid, address, ...(tls && { tls }) };
}
