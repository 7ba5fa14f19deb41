import { encodeParams, type Params, parseParams, Role } from '@chargecast/signcryption';
import { X509Certificate } from 'node:crypto';
import { z } from 'zod';

import { validate } from '../common/config';
import { CodedError } from '../common/errors';
import { readFileCoded } from '../common/files';
import { type Channel } from './port';

/**
 * All that a reader of the chain trusts, public throughout: the scheme's params with the pinned organisations, the
 * chaincode whose writes count, and each consortium member's certificate authorities.
 */
export interface TrustBundle {
  readonly params: Params;
  readonly chaincode: string;
  /** MSP id → root certificates, PEM. */
  readonly roots: Readonly<Record<string, readonly string[]>>;
  /** `bft`: every block but the first is signed by a quorum of its channel's orderers; `unsigned`: nobody signs blocks. */
  readonly ordering: 'bft' | 'unsigned';
  /** Hash of each channel's block 0, lower-case hex. Its configuration names the first orderers. */
  readonly genesis: Readonly<Record<Channel, string>>;
}

const hash = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hex digits');

const schema = z.strictObject({
  params: z.record(z.string(), z.unknown()),
  chaincode: z.string().min(1),
  roots: z.record(z.string(), z.array(z.string().refine(isCertificate, 'must be a PEM certificate')).min(1)),
  ordering: z.enum(['bft', 'unsigned']),
  genesis: z.strictObject({ certchain: hash, datachain: hash }),
});

function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem);
    return true;
  } catch {
    return false;
  }
}

/** MSP ids whose endorsements count: the gateway organisations pinned in params. */
export function endorsingOrganisations({ params }: Pick<TrustBundle, 'params'>): string[] {
  return params.organisations.filter(({ role }) => role === Role.CSS).map(({ mspId }) => mspId);
}

/** @throws CodedError E_CONFIG_INVALID, E_TRUST; SigncryptionError E_PARAMS */
export function parseTrust(json: unknown, source: string): TrustBundle {
  const { params: document, ...rest } = validate(schema, json, `the trust bundle ${source}`);
  const params = parseParams(JSON.stringify(document));
  const rootless = endorsingOrganisations({ params }).filter((mspId) => !rest.roots[mspId]);
  if (rootless.length > 0) {
    throw new CodedError(
      'E_TRUST',
      `${source} has no root certificates for ${rootless.join(', ')}: add them to "roots"`,
    );
  }
  return { params, ...rest };
}

/** The bundle as `trust.json` holds it; `parseTrust` reads it back. */
export function encodeTrust({ params, ...rest }: TrustBundle): string {
  return `${JSON.stringify({ params: JSON.parse(encodeParams(params)) as unknown, ...rest }, null, 2)}\n`;
}

/**
 * Reads `trust.json`.
 * @throws CodedError E_FILE_MISSING, E_TRUST; SigncryptionError E_PARAMS
 */
export async function readTrust(file: string): Promise<TrustBundle> {
  let json: unknown;
  try {
    json = JSON.parse((await readFileCoded(file)).toString('utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new CodedError('E_TRUST', `${file} is not JSON: take the deployment's own trust.json`, { cause: error });
  }
  return parseTrust(json, file);
}
