import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import { packageChaincode, packageNode, writeBuilder } from './chaincode-package';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'chargecast-package-'));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

const bundle = async (content: string): Promise<string> => {
  const file = join(directory, 'chaincode.js');
  await writeFile(file, content);
  return file;
};

/** Name and content of each entry, with the header checksum verified (POSIX ustar). */
function entries(archive: Buffer): Record<string, Buffer> {
  const tar = gunzipSync(archive);
  const found: Record<string, Buffer> = {};
  for (let offset = 0; tar[offset] !== 0;) {
    const header = Buffer.from(tar.subarray(offset, offset + 512));
    const size = parseInt(header.toString('ascii', 124, 135), 8);
    const sum = parseInt(header.toString('ascii', 148, 154), 8);
    header.fill(' ', 148, 156);
    expect(header.reduce((total, byte) => total + byte, 0)).toBe(sum);
    found[header.toString('ascii', 0, 100).replace(/\0.*$/, '')] = tar.subarray(offset + 512, offset + 512 + size);
    offset += 512 + Math.ceil(size / 512) * 512;
  }
  return found;
}

describe('chaincode package', () => {
  it('is a ccaas package whose id is its label and digest', async () => {
    const { archive, label, packageId, version } = await packageChaincode('chargecast', await bundle('one'));
    const outer = entries(archive);
    expect(JSON.parse(outer['metadata.json']!.toString())).toEqual({ type: 'ccaas', label });
    const connection: unknown = JSON.parse(entries(outer['code.tar.gz']!)['connection.json']!.toString());
    expect(connection).toMatchObject({ address: '{{.address}}', tls_required: true, client_auth_required: true });
    expect(label).toBe(`chargecast_${version}`);
    expect(packageId).toBe(`${label}:${createHash('sha256').update(archive).digest('hex')}`);
  });

  it('depends on the bundle and on nothing else', async () => {
    const first = await packageChaincode('chargecast', await bundle('one'));
    expect(await packageChaincode('chargecast', await bundle('one'))).toEqual(first);
    expect((await packageChaincode('chargecast', await bundle('two'))).packageId).not.toBe(first.packageId);
  });

  it('holds the source where peers run it themselves, under the same version', async () => {
    const file = await bundle('one');
    await writeFile(join(directory, 'package.json'), '{"scripts":{"start":"node chaincode.js"}}');
    const { archive, label, version } = await packageNode('chargecast', file);
    const outer = entries(archive);
    expect(JSON.parse(outer['metadata.json']!.toString())).toEqual({ path: '', type: 'node', label });
    const code = entries(outer['code.tar.gz']!);
    expect(code['src/chaincode.js']!.toString()).toBe('one');
    expect(code['src/package.json']!.toString()).toContain('node chaincode.js');
    expect(version).toBe((await packageChaincode('chargecast', file)).version);
  });

  it('says that the bundle is missing', async () => {
    const missing = packageChaincode('chargecast', join(directory, 'none.js'));
    await expect(missing).rejects.toMatchObject({ code: 'E_CHAINCODE_BUNDLE' });
  });
});

describe('external builder', () => {
  const run = (script: string, args: string[], environment: Record<string, string> = {}): void => {
    execFileSync(join(directory, 'builder', 'bin', script), args, { env: { ...process.env, ...environment } });
  };

  beforeEach(async () => {
    await writeBuilder(join(directory, 'builder'));
    for (const folder of ['source', 'metadata', 'output', 'release']) await mkdir(join(directory, folder));
    await writeFile(join(directory, 'source', 'connection.json'), '{"address":"{{.address}}"}');
  });

  it.each([
    ['{"type":"ccaas","label":"x"}', true],
    ['{"path":"","type": "ccaas"}', true],
    ['{"type":"node","label":"ccaas"}', false],
  ])('detects %s: %s', async (metadata, expected) => {
    await writeFile(join(directory, 'metadata', 'metadata.json'), metadata);
    const detect = (): void => run('detect', [join(directory, 'source'), join(directory, 'metadata')]);
    if (expected) expect(detect).not.toThrow();
    else expect(detect).toThrow();
  });

  it('releases the organisation’s own connection for a template, else the package’s', async () => {
    const [source, metadata, output, release] = ['source', 'metadata', 'output', 'release'].map((folder) =>
      join(directory, folder),
    ) as [string, string, string, string];
    const own = join(directory, 'own connection.json');
    await writeFile(own, '{"address":"own"}');
    run('build', [source, metadata, output]);
    run('release', [output, release], { CHARGECAST_CHAINCODE_CONNECTION: own });
    const released = join(release, 'chaincode', 'server', 'connection.json');
    expect(await readFile(released, 'utf8')).toBe('{"address":"own"}');
    run('release', [output, release], { CHARGECAST_CHAINCODE_CONNECTION: '' });
    expect(await readFile(released, 'utf8')).toBe('{"address":"{{.address}}"}');
    await writeFile(join(output, 'connection.json'), '{"address":"css1.example.com:9999"}');
    run('release', [output, release], { CHARGECAST_CHAINCODE_CONNECTION: own });
    expect(await readFile(released, 'utf8')).toBe('{"address":"css1.example.com:9999"}');
  });
});
