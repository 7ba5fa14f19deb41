import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';

import { NetworkError } from '../errors';
import { type TlsMaterial } from '../pki/organisation';

const TIMEOUT = 20_000;

export interface AdminEndpoint {
  readonly port: number;
  readonly tls: TlsMaterial;
}

/** Joins an orderer to a channel over its participation API, unless it already has. */
export async function joinOrderer(endpoint: AdminEndpoint, channel: string, genesisBlock: Buffer): Promise<void> {
  const present = await call(endpoint, 'GET', `/participation/v1/channels/${channel}`);
  if (present.status === 200) return;
  const boundary = `chargecast-${randomUUID()}`;
  const body = Buffer.concat([
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="config-block"; filename="genesis.block"\r\n` +
        'Content-Type: application/octet-stream\r\n\r\n',
    ),
    genesisBlock,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
  const joined = await call(endpoint, 'POST', '/participation/v1/channels', {
    body,
    type: `multipart/form-data; boundary=${boundary}`,
  });
  if (joined.status !== 201) {
    throw new NetworkError(
      'E_FABRIC_JOIN',
      `the orderer at port ${endpoint.port} did not join ${channel}: HTTP ${joined.status} ${joined.body.trim()}`,
    );
  }
}

/** The orderer's channels and the number of blocks it has of each. */
export async function ordererHeights(endpoint: AdminEndpoint): Promise<Record<string, number>> {
  const list = parse<{ channels: { name: string }[] | null }>(
    await call(endpoint, 'GET', '/participation/v1/channels'),
  );
  const heights = (list.channels ?? []).map(async ({ name }) => {
    const answer = await call(endpoint, 'GET', `/participation/v1/channels/${name}`);
    return [name, parse<{ height: number }>(answer).height] as const;
  });
  return Object.fromEntries(await Promise.all(heights));
}

function parse<T>({ status, body }: { status: number; body: string }): T {
  if (status !== 200) throw new NetworkError('E_FABRIC_JOIN', `the participation API answers HTTP ${status}: ${body}`);
  return JSON.parse(body) as T;
}

interface Content {
  readonly body: Buffer;
  readonly type: string;
}

async function call(
  { port, tls }: AdminEndpoint,
  method: 'GET' | 'POST',
  path: string,
  content?: Content,
): Promise<{ status: number; body: string }> {
  const [cert, key, ca] = await Promise.all([tls.certPath, tls.keyPath, tls.caPath].map((file) => readFile(file)));
  const headers = content ? { 'content-type': content.type, 'content-length': content.body.length } : {};
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, method, path, cert, key, ca, headers, agent: false, timeout: TIMEOUT };
    const outgoing = request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
      response.on('error', reject);
    });
    outgoing.on('timeout', () => outgoing.destroy(new NetworkError('E_FABRIC_TIMEOUT', `${method} ${path} timed out`)));
    outgoing.on('error', reject);
    outgoing.end(content?.body);
  });
}
