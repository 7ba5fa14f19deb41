import 'reflect-metadata';

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { X509Certificate as ParsedCertificate } from '@peculiar/x509';

import { defaultTopology } from '../default-topology';
import { createAuthority, FABRIC_ATTRIBUTES_OID, issueCertificate, loadAuthority } from './certificates';
import { type CssMaterial, materialiseNetwork, type OrganisationMaterial } from './organisation';
import { issueRoleTls, issueRoleTlsBatch, roleOfCertificate, roleUri } from './role-tls';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'chargecast-pki-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

const read = (path: string): Promise<string> => readFile(path, 'utf8');

function attributes(pem: string): unknown {
  const extension = new ParsedCertificate(pem).getExtension(FABRIC_ATTRIBUTES_OID);
  return extension === null ? null : JSON.parse(Buffer.from(extension.value).toString());
}

async function css(stateDir: string): Promise<CssMaterial> {
  const material = (await materialiseNetwork(defaultTopology(), stateDir)).css.get('CSS1MSP');
  if (!material) throw new Error('CSS1MSP was not made');
  return material;
}

describe('organisation material', () => {
  it('chains every node and identity certificate to the organisation and no other', async () => {
    const { css: members, clients } = await materialiseNetwork(defaultTopology(), directory);
    expect([...members.keys()]).toEqual(['CSS1MSP', 'CSS2MSP', 'CSS3MSP', 'CSS4MSP']);
    expect([...clients.keys()]).toEqual(['KGCMSP', 'ESP1MSP', 'ESP2MSP', 'ReadersMSP']);
    const all: OrganisationMaterial[] = [...members.values(), ...clients.values()];
    for (const organisation of all) {
      const ca = new X509Certificate(organisation.caCertificatePem);
      expect(ca.ca).toBe(true);
      expect(ca.verify(ca.publicKey)).toBe(true);
      for (const { certPath, keyPath } of Object.values(organisation.identities)) {
        const certificate = new X509Certificate(await read(certPath));
        expect(certificate.ca).toBe(false);
        expect(certificate.checkIssued(ca)).toBe(true);
        expect(certificate.verify(ca.publicKey)).toBe(true);
        expect(certificate.checkPrivateKey(createPrivateKey(await read(keyPath)))).toBe(true);
        for (const other of all.filter((candidate) => candidate !== organisation)) {
          expect(certificate.verify(new X509Certificate(other.caCertificatePem).publicKey)).toBe(false);
        }
      }
    }
  });

  it('carries role attributes and organisational units as Fabric reads them', async () => {
    const { css: members, clients } = await materialiseNetwork(defaultTopology(), directory);
    const relay = await read(members.get('CSS2MSP')!.identities.relay!.certPath);
    expect(attributes(relay)).toEqual({ attrs: { 'chargecast.role': 'relay' } });
    expect(new X509Certificate(relay).subject).toBe('O=CSS2MSP\nOU=client\nCN=relay@css2.chargecast.test');
    const admin = await read(members.get('CSS2MSP')!.identities.admin!.certPath);
    expect(attributes(admin)).toEqual({ attrs: { 'chargecast.role': 'admin' } });
    expect(new X509Certificate(admin).subject).toContain('OU=admin');
    const peer = await read(members.get('CSS2MSP')!.peer.certPath);
    expect(attributes(peer)).toBeNull();
    expect(new X509Certificate(peer).subject).toContain('OU=peer');
    expect(new X509Certificate(await read(members.get('CSS2MSP')!.orderer.certPath)).subject).toContain('OU=orderer');
    expect(Object.keys(clients.get('ReadersMSP')!.identities)).toEqual([
      'admin',
      'auditor',
      'government',
      'owner',
      'carmaker',
    ]);
  });

  it('issues TLS certificates for the address, localhost and the node name, for both ends of a connection', async () => {
    const { orderer, tlsCaCertificatePem } = await css(directory);
    const certificate = new X509Certificate(await read(orderer.tls.certPath));
    expect(certificate.verify(new X509Certificate(tlsCaCertificatePem).publicKey)).toBe(true);
    expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(certificate.checkHost('localhost')).toBe('localhost');
    expect(certificate.checkHost('orderer.css1.chargecast.test')).toBe('orderer.css1.chargecast.test');
    expect(certificate.checkHost('orderer.css2.chargecast.test')).toBeUndefined();
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
  });

  it('keeps what is on disk, also after a run that wrote a key only', async () => {
    const first = await css(directory);
    const before = await Promise.all([first.peer.certPath, first.identities.relay!.keyPath].map(read));
    await rm(first.orderer.certPath);
    const second = await css(directory);
    expect(await Promise.all([second.peer.certPath, second.identities.relay!.keyPath].map(read))).toEqual(before);
    const orderer = new X509Certificate(await read(second.orderer.certPath));
    expect(orderer.checkPrivateKey(createPrivateKey(await read(second.orderer.keyPath)))).toBe(true);
  });

  it('may be asked for twice at once', async () => {
    const before = await css(directory);
    const again = await Promise.all([css(directory), css(directory)]);
    expect(again).toEqual([before, before]);
  });

  it('refuses a certificate whose key is gone', async () => {
    const material = await css(directory);
    await rm(material.identities.admin!.keyPath);
    await expect(css(directory)).rejects.toMatchObject({ code: 'E_PKI_INCOMPLETE' });
  });

  it('lets the owner alone read keys', async () => {
    const material = await css(directory);
    const { keyPath, mspDirectory } = material.identities.relay!;
    expect((await stat(keyPath)).mode & 0o777).toBe(0o600);
    expect((await stat(mspDirectory)).mode & 0o777).toBe(0o700);
  });
});

describe('certificates', () => {
  it('signs with low s, the only form Fabric leaves unchanged', async () => {
    const authority = await loadAuthority(await createAuthority('ca.example.test', 'Example'));
    const half = BigInt('0x7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8');
    for (let i = 0; i < 20; i++) {
      const { certificatePem } = await issueCertificate(authority, {
        commonName: `c${i}`,
        organisation: 'Example',
        usage: 'signing',
      });
      const signature = Buffer.from(new ParsedCertificate(certificatePem).signature);
      const r = signature.readUInt8(3);
      const s = BigInt(`0x${signature.subarray(4 + r + 2).toString('hex')}`);
      expect(s <= half).toBe(true);
    }
  });

  it('keeps keys as PKCS#8 on P-256', async () => {
    const { keyPem } = await createAuthority('ca.example.test', 'Example');
    expect(keyPem).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    expect(createPrivateKey(keyPem).asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
  });
});

describe('role TLS', () => {
  it('names role and process in the certificate, and only there is it read', async () => {
    const files = await issueRoleTls({ directory, role: 'ev', name: 'ev-00001', hosts: ['ev.example.test'] });
    const certificate = new X509Certificate(await read(files.certPath));
    expect(roleOfCertificate(certificate.raw)).toEqual({ role: 'ev', name: 'ev-00001' });
    expect(certificate.checkHost('ev.example.test')).toBe('ev.example.test');
    expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(certificate.verify(new X509Certificate(await read(files.caPath)).publicKey)).toBe(true);
    const node = await css(directory);
    expect(roleOfCertificate(new X509Certificate(await read(node.peer.tls.certPath)).raw)).toBeNull();
  });

  it.each(['', '../css', 'a b', 'x'.repeat(65), 'a,URI:chargecast:kgc:k', 'a:b'])('refuses the name %j', (name) => {
    expect(() => roleUri('cp', name)).toThrow('cannot name a process');
  });

  it('reads no role from a certificate with two', async () => {
    const authority = await loadAuthority(await createAuthority('ca', 'Example'));
    const { certificatePem } = await issueCertificate(authority, {
      commonName: 'x',
      organisation: 'Example',
      usage: 'tls',
      uris: [roleUri('cp', 'a'), roleUri('kgc', 'b')],
    });
    expect(roleOfCertificate(new X509Certificate(certificatePem).raw)).toBeNull();
  });

  it('issues for a thousand vehicles in seconds', async () => {
    const started = process.cpuUsage();
    const requests = Array.from({ length: 1000 }, (_, i) => ({ role: 'ev' as const, name: `ev-${i}` }));
    const issued = await issueRoleTlsBatch(directory, requests);
    expect(new Set(issued.map(({ certPath }) => certPath)).size).toBe(1000);
    const { user, system } = process.cpuUsage(started);
    expect((user + system) / 1e6).toBeLessThan(30);
  }, 120_000);
});
