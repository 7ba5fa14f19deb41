import { ChannelCredentials, type ServerUnaryCall, ServerCredentials } from '@grpc/grpc-js';
import { type ProcessRole, roleOfCertificate } from '@chargecast/network';
import { resolve } from 'node:path';

import { type TlsFiles } from '../common/config';
import { CodedError } from '../common/errors';
import { readFileCoded } from '../common/files';
import { type Peer } from './services';

/** One process's side of mutual TLS, PEM. */
export interface RpcTls {
  readonly key: Buffer;
  readonly cert: Buffer;
  /** What the other side's certificate is checked against. */
  readonly roots: Buffer;
}

/** @param directory what relative paths mean */
export async function readTls(files: TlsFiles, directory: string): Promise<RpcTls> {
  const [key, cert, roots] = await Promise.all(
    [files.key, files.cert, files.roots].map((file) => readFileCoded(resolve(directory, file))),
  );
  return { key, cert, roots } as RpcTls;
}

export function serverCredentials({ key, cert, roots }: RpcTls): ServerCredentials {
  return ServerCredentials.createSsl(roots, [{ private_key: key, cert_chain: cert }], true);
}

/**
 * Takes a server for what its certificate's URI says, not for its address: role transport certificates come from an
 * authority of their own, and processes move between hosts.
 */
export function clientCredentials(
  { key, cert, roots }: RpcTls,
  expected: { readonly role: ProcessRole; readonly name?: string },
): ChannelCredentials {
  return ChannelCredentials.createSsl(roots, key, cert, {
    checkServerIdentity: (_host, { raw }) => {
      const found = roleOfCertificate(raw);
      const matches = found?.role === expected.role && (expected.name === undefined || found.name === expected.name);
      if (matches) return undefined;
      const wanted = expected.name === undefined ? expected.role : `${expected.role} ${expected.name}`;
      return new CodedError(
        'E_SERVER_IDENTITY',
        `the server's certificate is for ${found ? `${found.role} ${found.name}` : 'no role'}, not for ${wanted}`,
      );
    },
  });
}

/** The role and name of a caller; undefined without a client certificate of this system. */
export function peerOf(call: Pick<ServerUnaryCall<unknown, unknown>, 'getAuthContext'>): Peer | undefined {
  const raw = call.getAuthContext()?.sslPeerCertificate?.raw;
  return raw && readOnce(raw);
}

const MOST_KNOWN = 10_000;
const known = new Map<string, Peer | undefined>();

/** Parsing a certificate costs more than most calls: each one is read once. */
function readOnce(certificate: Buffer): Peer | undefined {
  const key = certificate.toString('latin1');
  if (known.has(key)) return known.get(key);
  const peer = roleOfCertificate(certificate) ?? undefined;
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(key, peer);
  return peer;
}
