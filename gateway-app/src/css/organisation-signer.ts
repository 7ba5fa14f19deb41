import { decodeKeyFile, signLedgerStatement, type Statement as LedgerStatement } from '@chargecast/protocol';
import { type Params, Secret, signStatement, type Statement } from '@chargecast/signcryption';

import { CodedError } from '../common/errors';
import { readSecretFile } from '../common/files';
import { SIGNING_ENV } from '../common/signing-env';
import type { OrganisationSignature } from '../rpc';

/** Signs for one organisation of the consortium, under the key pinned in Params. */
export interface OrganisationSigner {
  readonly mspId: string;
  /** Approvals and acknowledgements. */
  sign(statement: Statement): OrganisationSignature;
  /** What the ledger protocol defines, e.g. slot heads. */
  signParts(statement: LedgerStatement): OrganisationSignature;
}

/** @throws CodedError E_FILE_MISSING, E_KEY_FILE_MODE, E_ORGANISATION_KEY; ProtocolError E_DECODE */
export async function readOrganisationSigner(file: string, mspId: string, params: Params): Promise<OrganisationSigner> {
  const { name, secret, publicKey } = decodeKeyFile((await readSecretFile(file)).toString('utf8'));
  const pinned = params.organisations.find((organisation) => organisation.mspId === mspId);
  if (name !== mspId || !pinned || Buffer.from(pinned.publicKey).toString('hex') !== publicKey) {
    throw new CodedError(
      'E_ORGANISATION_KEY',
      `${file} is not the key pinned in params for ${mspId}: name the right file`,
    );
  }
  return organisationSigner(mspId, new Secret(Buffer.from(secret, 'hex')), params);
}

export function organisationSigner(mspId: string, secret: Secret, params: Params): OrganisationSigner {
  return {
    mspId,
    sign: (statement) => ({ mspId, signature: signStatement(params, secret, statement) }),
    signParts: (statement) => ({
      mspId,
      signature: Buffer.from(signLedgerStatement(SIGNING_ENV, params, secret, statement), 'hex'),
    }),
  };
}
