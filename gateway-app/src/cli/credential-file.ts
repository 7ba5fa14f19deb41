import {
  type Application,
  applicationBytes,
  AuthenticationKey,
  type Certificate,
  type CertificateRole,
  commitIdentity,
  decodeCertificate,
  decodeJson,
  hex,
  type KeyRevocation,
  keyRevocationBytes,
  object,
  oneOf,
  optional,
  dictionary,
  type RevocationReason,
  text,
  updateBytes,
} from '@chargecast/protocol';
import { fromHex, toHex } from '@chargecast/signcryption';
import { randomBytes } from 'node:crypto';
import { access } from 'node:fs/promises';

import { readSecretFile, writePrivateFile } from '../common/files';
import { type Applicant, type OwnerReply } from '../rpc';
import { MisuseError } from './io';

const FORMAT = 'chargecast-credential/1';

/** Keys and certificate of one vehicle or pile, its owner's key with them: mode 0600. */
export interface Credential {
  readonly format: typeof FORMAT;
  /** P-256 scalar of the certified key, 32 bytes hex; absent where the file is the owner's alone. */
  readonly secret?: string;
  /** P-256 scalar, 32 bytes hex. */
  readonly ownerSecret: string;
  /** Opens the commitment on the chain, 32 bytes hex. */
  readonly salt: string;
  readonly identity: Readonly<Record<string, string>>;
  /** Absent until the provider has issued it. */
  readonly certificate?: Certificate;
}

const decode = object<Credential>({
  format: oneOf(FORMAT),
  secret: optional(hex(32)),
  ownerSecret: hex(32),
  salt: hex(32),
  identity: dictionary(text(256), 64),
  certificate: optional(decodeCertificate),
});

/** @throws MisuseError E_CREDENTIAL for an owner's file */
export function keyOf({ secret }: Pick<Credential, 'secret'>): AuthenticationKey {
  if (secret === undefined) {
    throw new MisuseError('E_CREDENTIAL', 'this file holds the owner’s key only; name the vehicle’s or pile’s own');
  }
  return AuthenticationKey.fromSecret(fromHex(secret, 32));
}
export const ownerOf = ({ ownerSecret }: Credential): AuthenticationKey =>
  AuthenticationKey.fromSecret(fromHex(ownerSecret, 32));

/** New keys for a newcomer. */
export function drawCredential(identity: Readonly<Record<string, string>>): Credential {
  const secretOf = (key: AuthenticationKey): string => toHex(key.secret());
  return {
    format: FORMAT,
    secret: secretOf(AuthenticationKey.generate()),
    ownerSecret: secretOf(AuthenticationKey.generate()),
    salt: randomBytes(32).toString('hex'),
    identity,
  };
}

/** Of what a vehicle's process keeps, what its owner signs with. */
export function ownersCredential({ secret, salt, identity, certificate }: OwnerReply): Credential {
  const shape = { format: FORMAT, ownerSecret: secret, salt, identity: JSON.parse(identity) as unknown };
  return decode({ ...shape, certificate: JSON.parse(certificate) as unknown }, 'owner');
}

/** @throws MisuseError E_FILE_EXISTS: a key is never written over */
export async function writeNewCredential(file: string, credential: Credential): Promise<void> {
  const taken = await access(file).then(
    () => true,
    () => false,
  );
  if (taken) throw new MisuseError('E_FILE_EXISTS', `${file} exists and may hold keys; name another file`);
  await writeCredential(file, credential);
}

export const writeCredential = (file: string, credential: Credential): Promise<void> =>
  writePrivateFile(file, `${JSON.stringify(credential, null, 2)}\n`);

/** @throws CodedError E_FILE_MISSING, E_KEY_FILE_MODE; ProtocolError E_DECODE */
export async function readCredential(file: string): Promise<Credential> {
  return decodeJson((await readSecretFile(file)).toString('utf8'), decode, file);
}

/** @throws MisuseError E_CREDENTIAL for one that was never issued */
export async function readIssued(file: string): Promise<Credential & { readonly certificate: Certificate }> {
  const credential = await readCredential(file);
  const { certificate } = credential;
  if (!certificate) throw new MisuseError('E_CREDENTIAL', `${file} holds no certificate yet; register it first`);
  return { ...credential, certificate };
}

export interface Wanted {
  readonly provider: string;
  readonly role: CertificateRole;
  readonly auth: string;
  readonly tag: string;
}

/** The application for a first certificate. @param ctx of the network */
export function firstApplication(
  ctx: Uint8Array,
  credential: Credential,
  { provider, role, auth, tag }: Wanted,
): Applicant {
  const application: Application = {
    provider,
    version: 1,
    publicKey: keyOf(credential).publicKey,
    attributes: { role, auth },
    tag,
    owner: ownerOf(credential).publicKey,
    commitment: commitIdentity(Buffer.from(credential.salt, 'hex'), credential.identity),
  };
  return applicantOf(ctx, credential, application, '');
}

/** The application of the next key, which the key in force hands over to. */
export function nextApplication(
  ctx: Uint8Array,
  standing: Credential & { readonly certificate: Certificate },
  next: Credential,
): Applicant {
  const { provider, version, attributes, tag, owner, commitment } = standing.certificate;
  const { publicKey } = keyOf(next);
  const application = { provider, version: version + 1, publicKey, attributes, tag, owner, commitment };
  return applicantOf(ctx, next, application, keyOf(standing).sign(updateBytes(ctx, application)));
}

function applicantOf(ctx: Uint8Array, credential: Credential, application: Application, handover: string): Applicant {
  return {
    unit: application.tag,
    application: JSON.stringify(application),
    proof: keyOf(credential).sign(applicationBytes(ctx, application)),
    handover,
    salt: credential.salt,
    identity: JSON.stringify(credential.identity),
  };
}

/**
 * The owner's word that its key counts no more.
 * @param effective Unix seconds; now if absent
 * @throws MisuseError E_CREDENTIAL
 */
export async function ownersRevocation(
  ctx: Uint8Array,
  file: string,
  reason: RevocationReason,
  effective = Math.floor(Date.now() / 1000),
): Promise<KeyRevocation> {
  const credential = await readIssued(file);
  const body = { id: credential.certificate.id, reason, effective };
  const signature = ownerOf(credential).sign(keyRevocationBytes(ctx, body));
  return { ...body, authority: [{ by: 'holder', signature }] };
}
