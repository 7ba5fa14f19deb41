import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { NetworkError } from '../errors';
import { writePrivateFile } from '../pki/files';

/** A chaincode-as-a-service package. The same bundle gives the same bytes, hence the same id, everywhere. */
export interface ChaincodePackage {
  readonly label: string;
  readonly packageId: string;
  /** Version of the chaincode definition: which bundle it is. */
  readonly version: string;
  readonly archive: Buffer;
}

/**
 * The package for peers whose external builder knows their own chaincode server. Fabric's own builder fills its templates
 * from CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG; ours puts the organisation's file in their place.
 * @throws NetworkError `E_CHAINCODE_BUNDLE` if the bundle cannot be read
 */
export function packageChaincode(name: string, bundle: string): Promise<ChaincodePackage> {
  return packageService(name, bundle, {
    address: '{{.address}}',
    clientKeyPem: '{{.client_key}}',
    clientCertificatePem: '{{.client_cert}}',
    rootCertificatePem: '{{.root_cert}}',
  });
}

/** The package for the peers of one organisation, which find its chaincode server by `connection`. */
export async function packageService(
  name: string,
  bundle: string,
  connection: ChaincodeConnection,
): Promise<ChaincodePackage> {
  const label = await labelOf(name, bundle);
  return packed(label, { type: 'ccaas', label }, [['connection.json', connectionJson(connection)]]);
}

/** The package for peers that build and run Node chaincode themselves. */
export async function packageNode(name: string, bundle: string): Promise<ChaincodePackage> {
  const label = await labelOf(name, bundle);
  return packed(label, { path: '', type: 'node', label }, [
    ['src/chaincode.js', await readBundle(bundle)],
    ['src/package.json', await readBundle(join(dirname(bundle), 'package.json'))],
  ]);
}

async function labelOf(name: string, bundle: string): Promise<string> {
  const digest = createHash('sha256').update(await readBundle(bundle));
  return `${name}_${digest.digest('hex').slice(0, 16)}`;
}

function packed(label: string, metadata: object, code: Parameters<typeof archive>[0]): ChaincodePackage {
  const outer = archive([
    ['metadata.json', JSON.stringify(metadata)],
    ['code.tar.gz', archive(code)],
  ]);
  const packageId = `${label}:${createHash('sha256').update(outer).digest('hex')}`;
  return { label, version: label.slice(label.lastIndexOf('_') + 1), archive: outer, packageId };
}

async function readBundle(bundle: string): Promise<Buffer> {
  try {
    return await readFile(bundle);
  } catch (error) {
    throw new NetworkError('E_CHAINCODE_BUNDLE', `cannot read the chaincode bundle ${bundle}: build it first`, {
      cause: error,
    });
  }
}

/** A gzipped POSIX ustar archive (IEEE Std 1003.1, pax: ustar interchange format) without times or owners. */
function archive(entries: readonly (readonly [string, string | Buffer])[]): Buffer {
  const blocks = entries.flatMap(([name, content]) => {
    const data = Buffer.from(content);
    return [header(name, data.length), data, Buffer.alloc((512 - (data.length % 512)) % 512)];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]), { level: 9 });
}

function header(name: string, size: number): Buffer {
  const block = Buffer.alloc(512);
  const octal = (value: number, offset: number, width: number): void => {
    block.write(`${value.toString(8).padStart(width - 1, '0')}\0`, offset, 'ascii');
  };
  block.write(name, 0, 100, 'ascii');
  octal(0o644, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  block.write('        ', 148, 'ascii');
  block.write('0', 156, 'ascii');
  block.write('ustar\x0000', 257, 'latin1');
  block.write(
    `${block
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
    'ascii',
  );
  return block;
}

const BUILDER_SCRIPTS: Readonly<Record<string, string>> = {
  detect: `#!/bin/sh
# Called by the peer as: detect SOURCE METADATA
exec grep -Eq '"type" *: *"ccaas"' "$2/metadata.json"
`,
  build: `#!/bin/sh
# Called by the peer as: build SOURCE METADATA OUTPUT
umask 077
exec cp "$1/connection.json" "$3/connection.json"
`,
  release: `#!/bin/sh
# Called by the peer as: release OUTPUT RELEASE; the organisation's own connection takes a template's place.
set -e
umask 077
connection=$1/connection.json
if grep -qF '{{.address}}' "$connection"; then connection=\${CHARGECAST_CHAINCODE_CONNECTION:-$connection}; fi
mkdir -p "$2/chaincode/server"
cp "$connection" "$2/chaincode/server/connection.json"
`,
};

/** Writes the external builder for type `ccaas` under `directory`. */
export async function writeBuilder(directory: string): Promise<void> {
  await mkdir(join(directory, 'bin'), { recursive: true, mode: 0o700 });
  for (const [name, script] of Object.entries(BUILDER_SCRIPTS)) {
    const file = join(directory, 'bin', name);
    await writeFile(file, script, { mode: 0o700 });
    await chmod(file, 0o700);
  }
}

export interface ChaincodeConnection {
  readonly address: string;
  readonly clientKeyPem: string;
  readonly clientCertificatePem: string;
  readonly rootCertificatePem: string;
}

/** The file the builder gives a peer: how to reach its own organisation's chaincode server. */
export async function writeConnection(file: string, connection: ChaincodeConnection): Promise<void> {
  await writePrivateFile(file, connectionJson(connection));
}

function connectionJson(connection: ChaincodeConnection): string {
  return JSON.stringify({
    address: connection.address,
    dial_timeout: '10s',
    tls_required: true,
    client_auth_required: true,
    client_key: connection.clientKeyPem,
    client_cert: connection.clientCertificatePem,
    root_cert: connection.rootCertificatePem,
  });
}
