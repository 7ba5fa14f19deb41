import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request, type RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  type CertificateAuthority,
  issuePersonCertificate,
  issueServiceCertificate,
  type KeyAndCertificate,
  openPeopleAuthority,
  type Person,
} from '@chargecast/network';

import { type RestConfig, restConfigSchema } from '../../common/config';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly bytes: Uint8Array;
  /** The body as JSON. */
  json<T = Record<string, unknown>>(): T;
}

export interface Ask {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The people of one service in a test: their authority, their certificates, and requests in their names. */
export class TestPeople {
  readonly directory: string;
  readonly authority: CertificateAuthority;
  readonly #issued = new Map<string, KeyAndCertificate>();

  private constructor(directory: string, authority: CertificateAuthority) {
    this.directory = directory;
    this.authority = authority;
  }

  static async make(): Promise<TestPeople> {
    const directory = await mkdtemp(join(tmpdir(), 'people-'));
    const people = new TestPeople(directory, await openPeopleAuthority(directory));
    await writeFile(join(directory, 'removed.json'), '[]');
    return people;
  }

  /** A service's `rest` configuration; its paths are absolute. */
  async restConfig(service: string, more: Partial<RestConfig> = {}): Promise<RestConfig> {
    const { keyPem, certificatePem } = await issueServiceCertificate(this.authority, service);
    const key = join(this.directory, `${service}-key.pem`);
    const cert = join(this.directory, `${service}-cert.pem`);
    await Promise.all([writeFile(key, keyPem), writeFile(cert, certificatePem)]);
    return restConfigSchema.parse({
      listen: '127.0.0.1:0',
      tls: { cert, key, people: join(this.directory, 'ca', 'cert.pem') },
      removed: join(this.directory, 'removed.json'),
      ...more,
    });
  }

  async certificate(person: Person): Promise<KeyAndCertificate> {
    const id = JSON.stringify(person);
    const kept = this.#issued.get(id) ?? (await issuePersonCertificate(this.authority, person));
    this.#issued.set(id, kept);
    return kept;
  }

  /** @param person undefined: without a certificate */
  async ask(url: string, person: Person | undefined, ask: Ask = {}): Promise<HttpAnswer> {
    return askWith(url, await this.tls(person), ask);
  }

  async tls(person: Person | undefined): Promise<RequestOptions> {
    const own = person && (await this.certificate(person));
    return { ca: this.authority.certificatePem, ...(own ? { key: own.keyPem, cert: own.certificatePem } : {}) };
  }

  async remove(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** One request on a connection of its own. */
export function askWith(
  url: string,
  tls: RequestOptions,
  { method = 'GET', body, headers = {} }: Ask,
): Promise<HttpAnswer> {
  const payload = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
  const type = payload === undefined ? {} : { 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const sent = request(url, { ...tls, method, agent: false, headers: { ...type, ...headers } }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        const bytes = Buffer.concat(parts);
        const text = bytes.toString('utf8');
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          bytes: new Uint8Array(bytes),
          json: <T>() => JSON.parse(text) as T,
        });
      });
    });
    sent.on('error', reject);
    sent.end(payload);
  });
}
