/**
 * The package's public face: every function bound to libsodium, the system's generator and its clock. `await ready()`
 * once before using secret keys.
 *
 * Verifiers that must not load an addon import `@chargecast/signcryption/verify` and its neighbours, and pass
 * `nodePrimitives` of `@chargecast/signcryption/primitives/node`.
 */
import * as agreement from './agreement';
import * as credential from './credential';
import * as entrykey from './entrykey';
import { type Env } from './env';
import * as holder from './holder';
import * as kgc from './kgc';
import * as merkle from './merkle';
import * as opening from './opening';
import * as params from './params';
import { nativePrimitives, systemRandom } from './primitives/native';
import * as record from './record';
import * as signcryption from './signcrypt';
import * as statements from './statements';
import * as support from './support';
import * as unsigncryption from './unsigncrypt';
import * as verification from './verify';

const system: Env = {
  primitives: nativePrimitives,
  random: systemRandom,
  now: () => Math.floor(Date.now() / 1000),
};

const withEnv =
  <A extends unknown[], T>(operation: (env: Env, ...rest: A) => T) =>
  (...rest: A): T =>
    operation(system, ...rest);

const withPrimitives =
  <A extends unknown[], T>(operation: (primitives: Env['primitives'], ...rest: A) => T) =>
  (...rest: A): T =>
    operation(nativePrimitives, ...rest);

export { ready } from './primitives/libsodium';
export { nodePrimitives } from './primitives/node';
export { type Primitives, type VerifierPrimitives } from './primitives/types';
export { SigncryptionError, type SigncryptionErrorCode } from './errors';
export { Secret } from './secret';
export { fromHex, toHex } from './bytes';
export { type DurableSet, type Env } from './env';
export { isRole, Role, roleFromName, roleName, type RoleName } from './roles';

/** {@link params.createParams} */
export const createParams = withPrimitives(params.createParams);
/** {@link params.parseParams} */
export const parseParams = withPrimitives(params.parseParams);
export { encodeParams, type Organisation, type Params, type ParamsInput, SUITE } from './params';
export { createLimits, encodeLimits, isAllowed, type Limits, parseLimits, type Permission } from './limits';

/** {@link kgc.setupKgc} */
export const setupKgc = withEnv(kgc.setupKgc);
/** {@link kgc.pseudonym} */
export const pseudonym = withEnv(kgc.pseudonym);
/** {@link kgc.verifyEnrolmentRequest} */
export const verifyEnrolmentRequest = withPrimitives(kgc.verifyEnrolmentRequest);
/** {@link kgc.issuePartialKey} */
export const issuePartialKey = withEnv(kgc.issuePartialKey);
export { type EnrolmentRequest, type PartialKey } from './enrolment';
export { type KgcKeys } from './kgc';

/** {@link holder.beginEnrolment} */
export const beginEnrolment = withEnv(holder.beginEnrolment);
/** {@link holder.finishEnrolment} */
export const finishEnrolment = withEnv(holder.finishEnrolment);
/** {@link holder.restoreHolderKey} */
export const restoreHolderKey = withEnv(holder.restoreHolderKey);
export { type HolderKey, type PendingEnrolment } from './holder';

/** {@link record.verifyRecord} */
export const verifyRecord = withPrimitives(record.verifyRecord);
/** {@link record.recordDigest} */
export const recordDigest = withPrimitives(record.recordDigest);
export { decodeRecord, encodeRecord, type LedgerRecord, type RecordFields, type RecordKeys } from './record';

/** {@link support.ensureRecordCounts} */
export const ensureRecordCounts = withPrimitives(support.ensureRecordCounts);
export { approvalsNeeded, type OrganisationSignature, type RecordSupport } from './support';

/** {@link statements.generateKeyPair} */
export const generateKeyPair = withEnv(statements.generateKeyPair);
/** {@link statements.signStatement} */
export const signStatement = withEnv(statements.signStatement);
/** {@link statements.verifyStatement} */
export const verifyStatement = withPrimitives(statements.verifyStatement);
export { type KeyPair, type Statement } from './statements';

/** {@link credential.prepareCredentials} */
export const prepareCredentials = withEnv(credential.prepareCredentials);
/** {@link credential.issueCredentials} */
export const issueCredentials = withEnv(credential.issueCredentials);
/** {@link credential.acceptCredentials} */
export const acceptCredentials = withEnv(credential.acceptCredentials);
export {
  type BatchStatement,
  type Credential,
  type CredentialLeaf,
  type CredentialRequest,
  type PendingCredentials,
} from './credential';

/** {@link opening.openCredential} */
export const openCredential = withPrimitives(opening.openCredential);
/** {@link opening.verifyOpening} */
export const verifyOpening = withPrimitives(opening.verifyOpening);
export { decodeOpening, encodeOpening, type Opening } from './opening';

/** {@link agreement.sessionBinding} */
export const sessionBinding = withPrimitives(agreement.sessionBinding);
export { COMMAND_ID_BYTES, decodeMessages, encodeMessages, type Messages } from './messages';

/** {@link signcryption.signcrypt} */
export const signcrypt = withEnv(signcryption.signcrypt);
export { type Receiver } from './receivers';
export { NOT_AFTER_STEP, type Signcrypted, type SigncryptInput } from './signcrypt';

/** {@link verification.verifySigma} */
export const verifySigma = withPrimitives(verification.verifySigma);
/** {@link verification.sigmaId} */
export const sigmaId = withPrimitives(verification.sigmaId);
export { ensureWithinLimits, VerifiedSigma } from './verify';
export {
  decodeHeader,
  decodeSigma,
  encodeHeader,
  encodeSigma,
  ENTRY_OVERHEAD,
  type Header,
  HEADER_BYTES,
  type Sigma,
  sigmaBytes,
} from './wire';

/** {@link entrykey.lendEntryKey} */
export const lendEntryKey = withEnv(entrykey.lendEntryKey);
/** {@link entrykey.ownEntryKey} */
export const ownEntryKey = withEnv(entrykey.ownEntryKey);
export { type EntryKey } from './agreement';
export { type OpenSession } from './entrykey';

/** {@link unsigncryption.unsigncrypt} */
export const unsigncrypt = withEnv(unsigncryption.unsigncrypt);
export { type ReplicaRecord, type Unsigncrypted, type UnsigncryptInput } from './unsigncrypt';

/** {@link merkle.merkleRoot} */
export const merkleRoot = withPrimitives(merkle.merkleRoot);
/** {@link merkle.proveInclusion} */
export const proveInclusion = withPrimitives(merkle.proveInclusion);
/** {@link merkle.verifyInclusion} */
export const verifyInclusion = withPrimitives(merkle.verifyInclusion);
export { type InclusionProof, RECORD_TREE, REVOCATION_TREE, SIGMA_TREE, type TreeTags } from './merkle';
