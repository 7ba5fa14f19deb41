import {
  type Application,
  applicationBytes,
  AuthenticationKey,
  type Certificate,
  type CertificateRole,
  commitIdentity,
  updateBytes,
} from '@chargecast/protocol';
import { fromHex, toHex } from '@chargecast/signcryption';
import { randomBytes } from 'node:crypto';

import { type Applicant } from '../rpc';

/** A key and what is applied for with it. */
interface Applied {
  /** 32 bytes hex. */
  readonly secret: string;
  readonly application: Application;
}

/** A unit's keys and application as kept; bytes in hex. */
export interface Kept extends Applied {
  /** The owner's: grants, withdraws and revokes. */
  readonly ownerSecret: string;
  readonly salt: string;
  readonly identity: Readonly<Record<string, string>>;
  /** Once the provider has issued it. */
  readonly certificate?: Certificate;
  /** The successor under way; kept before it is asked for, so that a lost answer loses no key. */
  readonly next?: Applied;
}

/** Who applies, and where. */
export interface Place {
  /** Name of the provider on the chain. */
  readonly provider: string;
  readonly role: CertificateRole;
  /** Name of the process that applies. */
  readonly process: string;
}

export const keyOf = ({ secret }: Applied): AuthenticationKey => AuthenticationKey.fromSecret(fromHex(secret, 32));

/** Keys of a unit's own and its first application. */
export function drawFirst({ provider, role, process }: Place, name: string): Kept {
  const [key, owner] = [AuthenticationKey.generate(), AuthenticationKey.generate()];
  const salt = randomBytes(32);
  const address = `${process}/${name}`;
  const identity: Record<string, string> = role === 'vehicle' ? { vin: name } : { pile: address };
  const application: Application = {
    provider,
    version: 1,
    publicKey: key.publicKey,
    attributes: { role, auth: role === 'vehicle' ? 'user' : 'station' },
    tag: role === 'vehicle' ? 'A' : address,
    owner: owner.publicKey,
    commitment: commitIdentity(salt, identity),
  };
  return {
    secret: toHex(key.secret()),
    ownerSecret: toHex(owner.secret()),
    application,
    salt: salt.toString('hex'),
    identity,
  };
}

/** The same with a successor's key and application. */
export function drawNext(kept: Kept, standing: Certificate): Kept {
  const key = AuthenticationKey.generate();
  const { publicKey } = key;
  const application = { ...kept.application, version: standing.version + 1, publicKey };
  return { ...kept, next: { secret: toHex(key.secret()), application } };
}

/** @param ctx of the network */
export function applicantOf(ctx: Uint8Array, unit: string, kept: Kept): Applicant {
  const { next, salt, identity } = kept;
  const applied = next ?? kept;
  const { application } = applied;
  return {
    unit,
    application: JSON.stringify(application),
    proof: keyOf(applied).sign(applicationBytes(ctx, application)),
    handover: next ? keyOf(kept).sign(updateBytes(ctx, application)) : '',
    salt,
    identity: JSON.stringify(identity),
  };
}

/** With the certificate over what was applied for; undefined if it is over another key. */
export function withIssued({ next, ...kept }: Kept, certificate: Certificate): Kept | undefined {
  const { secret, application } = next ?? kept;
  if (certificate.publicKey !== application.publicKey) return undefined;
  return { ...kept, secret, application, certificate };
}
