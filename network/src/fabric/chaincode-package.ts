import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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

/** @throws NetworkError `E_CHAINCODE_BUNDLE` if the bundle cannot be read */
export async function packageChaincode(name: string, bundle: string): Promise<ChaincodePackage> {
  const version = createHash('sha256')
    .update(await readBundle(bundle))
    .digest('hex')
    .slice(0, 16);
  const label = `${name}_${version}`;
  // Fabric's own builder fills these templates from CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG; ours puts its own file there.
  const connection = {
    address: '{{.address}}',
    dial_timeout: '10s',
    tls_required: true,
    client_auth_required: true,
    client_key: '{{.client_key}}',
    client_cert: '{{.client_cert}}',
    root_cert: '{{.root_cert}}',
  };
  const code = archive([['connection.json', JSON.stringify(connection)]]);
  const outer = archive([
    ['metadata.json', JSON.stringify({ type: 'ccaas', label })],
    ['code.tar.gz', code],
  ]);
  return { label, version, archive: outer, packageId: `${label}:${createHash('sha256').update(outer).digest('hex')}` };
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
# Called by the peer as: release OUTPUT RELEASE; the organisation's own connection takes the template's place.
set -e
umask 077
mkdir -p "$2/chaincode/server"
cp "\${CHARGECAST_CHAINCODE_CONNECTION:-$1/connection.json}" "$2/chaincode/server/connection.json"
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
  await writePrivateFile(
    file,
    JSON.stringify({
      address: connection.address,
      dial_timeout: '10s',
      tls_required: true,
      client_auth_required: true,
      client_key: connection.clientKeyPem,
      client_cert: connection.clientCertificatePem,
      root_cert: connection.rootCertificatePem,
    }),
  );
}
