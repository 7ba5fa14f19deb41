import { type Statement } from '@chargecast/protocol';

import { type EspDesk } from './esp-desk';

export interface OrganisationKey {
  /** MSP id. */
  readonly name: string;
  /** @returns Ed25519, 64 bytes hex */
  readonly sign: (statement: Statement) => string;
}

/**
 * The key a gateway's organisation signs with on this network.
 * @throws CodedError E_FILE_MISSING, E_KEY_FILE_MODE; ProtocolError E_DECODE
 */
export async function readOrganisationKey({ params }: Pick<EspDesk, 'params'>, file: string): Promise<OrganisationKey> {
  const { decodeKeyFile, signLedgerStatement } = await import('@chargecast/protocol');
  const { fromHex, Secret } = await import('@chargecast/signcryption');
  const { readSecretFile } = await import('../common/files.js');
  const { SIGNING_ENV } = await import('../common/signing-env.js');
  const { name, secret } = decodeKeyFile((await readSecretFile(file)).toString('utf8'));
  const key = new Secret(fromHex(secret, 32));
  return { name, sign: (statement) => signLedgerStatement(SIGNING_ENV, params, key, statement) };
}
