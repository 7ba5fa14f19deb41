/** A provider that issues, and holders that apply, for the tests of certificates and authorisations. */
import {
  type Application,
  applicationBytes,
  AuthenticationKey,
  type Certificate,
  certificateBytes,
  type CertificateBody,
  type CertificateRole,
  commitIdentity,
  dayOf,
  type Grant,
  grantBytes,
  type Grantor,
  grantStatement,
  idOfApplication,
  keyRevocationBytes,
  keyRevocationStatement,
  type KeyRevocation,
  type MisbehaviourReport,
  type RegistrationEntry,
  reportBytes,
  reportStatement,
  type Reporter,
  type SignedGrant,
  type SignedSystemKey,
  type SystemKey,
  systemKeyStatement,
  updateBytes,
  type Withdrawal,
} from '@chargecast/protocol';
import { type Secret } from '@chargecast/signcryption/secret';
import { NOW } from '@chargecast/signcryption/testing/world';
import { type Consortium, PROVIDER } from './consortium';

export const DAY = 86_400;
export const LIFETIME = 365 * DAY;
export const RENEWAL = 30 * DAY;

/** A vehicle or pile: its key, its owner's and what the chain shall hold of it. */
export interface Registered {
  readonly key: AuthenticationKey;
  readonly owner: AuthenticationKey;
  readonly entry: RegistrationEntry;
  readonly certificate: Certificate;
}

export type Unsigned<T> = Omit<T, 'signature'>;

export class Registrar {
  readonly key = AuthenticationKey.generate();
  readonly consortium: Consortium;
  readonly provider: string;
  readonly #secret: Secret;

  constructor(consortium: Consortium, provider = PROVIDER, secret: Secret = consortium.provider.secret) {
    this.consortium = consortium;
    this.provider = provider;
    this.#secret = secret;
  }

  get ctx(): Uint8Array {
    return this.consortium.world.params.ctx;
  }

  systemKey(changes: Partial<SystemKey> = {}): SignedSystemKey {
    const body: SystemKey = {
      provider: this.provider,
      version: 1,
      curve: 'P-256',
      hash: 'SHA-256',
      publicKey: this.key.publicKey,
      lifetime: LIFETIME,
      renewal: RENEWAL,
      ...changes,
    };
    return { ...body, signature: this.consortium.sign(this.#secret, systemKeyStatement(body)) };
  }

  /** Puts the system key on the chain. */
  async publish(changes: Partial<SystemKey> = {}): Promise<void> {
    const { status, message } = await this.consortium.register('provider', 'publishSPK', [
      JSON.stringify(this.systemKey(changes)),
    ]);
    if (status !== 200) throw new Error(message);
  }

  issue(application: Application, changes: Partial<CertificateBody> = {}): Certificate {
    const body: CertificateBody = {
      ...application,
      id: idOfApplication(this.ctx, application),
      keyVersion: 1,
      issuedAt: NOW,
      expiresAt: NOW + LIFETIME,
      ...changes,
    };
    return { ...body, signature: this.key.sign(certificateBytes(this.ctx, body)) };
  }

  newcomer(role: CertificateRole = 'vehicle', changes: Partial<CertificateBody> = {}): Registered {
    const [key, owner] = [AuthenticationKey.generate(), AuthenticationKey.generate()];
    const application: Application = {
      provider: this.provider,
      version: 1,
      publicKey: key.publicKey,
      attributes: { role, auth: role === 'pile' ? 'station' : 'user' },
      tag: role === 'pile' ? 'cp1/pile1' : 'A',
      owner: owner.publicKey,
      commitment: commitIdentity(Buffer.from(key.secret()), { vin: 'WVWZZZ1KZAW000001' }),
      ...pick(changes),
    };
    const certificate = this.issue(application, changes);
    const proof = key.sign(applicationBytes(this.ctx, certificate));
    return { key, owner, certificate, entry: { certificate, proof } };
  }

  successor(before: Registered, changes: Partial<CertificateBody> = {}): Registered {
    const key = AuthenticationKey.generate();
    const version = before.certificate.version + 1;
    const application = { ...pick(before.certificate), version, publicKey: key.publicKey, ...pick(changes) };
    const certificate = this.issue(application as Application, changes);
    const proof = key.sign(applicationBytes(this.ctx, certificate));
    const handover = before.key.sign(updateBytes(this.ctx, certificate));
    return { key, owner: before.owner, certificate, entry: { certificate, proof, handover } };
  }

  revocation(id: string, changes: Partial<KeyRevocation> = {}): KeyRevocation {
    const body = { id, reason: 'compromised' as const, effective: NOW, ...changes };
    const signature = this.consortium.sign(this.#secret, keyRevocationStatement(body));
    return { authority: [{ by: 'provider', name: this.provider, signature }], ...body };
  }

  ownersRevocation({ owner, certificate }: Registered): KeyRevocation {
    const body = { id: certificate.id, reason: 'lost' as const, effective: NOW };
    const signature = owner.sign(keyRevocationBytes(this.ctx, body));
    return { ...body, authority: [{ by: 'holder', signature }] };
  }

  /** Signed by a certificate's key, by this provider (`provider`), or by the gateway named. */
  report(
    subject: string,
    reporter: Registered | string,
    changes: Partial<Unsigned<MisbehaviourReport>> = {},
  ): MisbehaviourReport {
    const by: Reporter =
      typeof reporter !== 'string'
        ? { by: 'certificate', name: reporter.certificate.id }
        : reporter === 'provider'
          ? { by: 'provider', name: this.provider }
          : { by: 'organisation', name: reporter };
    const body = {
      subject,
      kind: 'fraud' as const,
      day: dayOf(NOW),
      evidence: 'ab'.repeat(32),
      reporter: by,
      ...changes,
    };
    if (typeof reporter !== 'string') return { ...body, signature: reporter.key.sign(reportBytes(this.ctx, body)) };
    const { world } = this.consortium;
    const secret = reporter === 'provider' ? this.#secret : world.organisation(reporter).secret;
    return { ...body, signature: this.consortium.sign(secret, reportStatement(body)) };
  }

  ownerOf({ certificate: { attributes, provider, owner, commitment } }: Registered): Grantor & { by: 'owner' } {
    return { by: 'owner', role: attributes.role, provider, owner, commitment };
  }

  grant(vehicle: Registered, party: string, changes: Partial<Grant> = {}): SignedGrant {
    const body: Grant = {
      grantor: this.ownerOf(vehicle),
      subject: vehicle.certificate.id,
      party,
      kind: 'thirdParty',
      scopes: ['charging'],
      until: NOW + 30 * DAY,
      version: 1,
      ...changes,
    };
    return { ...body, signature: this.#signWord(vehicle, body) };
  }

  withdrawal(vehicle: Registered, party: string, changes: Partial<Unsigned<Withdrawal>> = {}): Withdrawal {
    const body = {
      grantor: this.ownerOf(vehicle),
      subject: vehicle.certificate.id,
      party,
      version: 2,
      ...changes,
    };
    return { ...body, signature: this.#signWord(vehicle, body) };
  }

  #signWord({ owner }: Registered, word: Grant | Unsigned<Withdrawal>): string {
    const { grantor } = word;
    if (grantor.by === 'owner') return owner.sign(grantBytes(this.ctx, word));
    const secret = grantor.by === 'provider' ? this.#secret : this.consortium.world.organisation(grantor.name).secret;
    return this.consortium.sign(secret, grantStatement(word));
  }
}

const APPLICATION = ['provider', 'version', 'publicKey', 'attributes', 'tag', 'owner', 'commitment'] as const;

function pick(given: Partial<CertificateBody>): Partial<Application> {
  return Object.fromEntries(APPLICATION.filter((name) => name in given).map((name) => [name, given[name]]));
}
