import { signLedgerStatement, type Statement } from '@chargecast/protocol';
import { issueCredentials, issuePartialKey, type KgcKeys, type Params, pseudonym } from '@chargecast/signcryption';

import { SIGNING_ENV } from '../common/signing-env';

type PseudonymOf = Parameters<typeof pseudonym>[1];
type EnrolmentRequest = Parameters<typeof issuePartialKey>[2];
type Issued = Parameters<typeof issuePartialKey>[4];
type Holder = Parameters<typeof issueCredentials>[2];
type CredentialRequest = Parameters<typeof issueCredentials>[3];
type Seen = Parameters<typeof issueCredentials>[4];

/**
 * Everything the KGC does with its master keys, and the only way to them. One party answers here; several that hold shares
 * (RFC 9591) can stand behind the same calls, for each is asynchronous and none hands a key out.
 */
export interface Issuance {
  /** f = HMAC(k_f; realId, role, epoch, counter)[0:16]. */
  pseudonym(identity: PseudonymOf, counter: number): Promise<Uint8Array>;
  /** Enrolment: R and d together, for an X that is fixed. @throws SigncryptionError E_ENROL_REQUEST, E_ENROL_REPEATED */
  partialKey(request: EnrolmentRequest, counter: number, issued: Issued): ReturnType<typeof issuePartialKey>;
  /** cert_j = Sign_s(cred). @throws SigncryptionError E_CREDENTIAL_REQUEST, E_CREDENTIAL_REPEATED */
  credentials(holder: Holder, request: CredentialRequest, seen: Seen): Promise<Uint8Array[]>;
  /** A governance item in the KGC's name. @returns the signature, hex */
  govern(statement: Statement): Promise<string>;
}

/** @param keys held by this process alone */
export function soleIssuance(params: Params, keys: KgcKeys): Issuance {
  return {
    pseudonym: async (identity, counter) => pseudonym(keys, identity, counter),
    partialKey: (request, counter, issued) => issuePartialKey(params, keys, request, counter, issued),
    credentials: (holder, request, seen) => issueCredentials(params, keys, holder, request, seen),
    govern: async (statement) => signLedgerStatement(SIGNING_ENV, params, keys.masterSecret, statement),
  };
}
