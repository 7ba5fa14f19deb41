import {
  type Certificate,
  type CertificateRole,
  type CertificateStatus,
  encodeCertificate,
  readCertificate,
  type SystemKey,
  verifyCertificate,
} from '@chargecast/protocol';
import { type Params } from '@chargecast/signcryption';

import { CodedError } from '../common/errors';

/** What the certification chain says of certificates, answered from the own replica: nobody is asked. */
export interface CertificateView {
  readonly params: Params;
  /** The certificate in force for an ID, 16 bytes hex; a revoked one as well. */
  certificateOf(id: string): Promise<Certificate | undefined>;
  /** @param at Unix seconds */
  statusOf(id: string, at: number): Promise<CertificateStatus | undefined>;
  /** A provider's key; the newest without a version. Undefined for a provider nobody admitted. */
  systemKeyOf(provider: string, version?: number): Promise<SystemKey | undefined>;
  /** Whether the replica is recent enough to act on. @param now Unix seconds */
  isFresh(now: number): boolean;
}

/** Certificates whose signatures are known to hold. */
const MAX_KNOWN = 16_384;

const ADVICE: Readonly<Record<Exclude<CertificateStatus, 'valid'>, readonly [code: string, message: string]>> = {
  notYetValid: ['E_CERTIFICATE_TIME', 'the certificate is not valid yet: set the clocks'],
  expired: ['E_CERTIFICATE_EXPIRED', 'the certificate is over: its holder must update it with its provider'],
  revoked: ['E_CERTIFICATE_REVOKED', 'the certificate is revoked: its holder must ask its provider'],
  providerRevoked: ['E_CERTIFICATE_PROVIDER', 'the provider that issued the certificate is revoked'],
};

/** The handshake's questions to the certification chain. */
export class Certificates {
  readonly #view: CertificateView;
  readonly #known = new Set<string>();

  constructor(view: CertificateView) {
    this.#view = view;
  }

  get ctx(): Uint8Array {
    return this.#view.params.ctx;
  }

  /** @throws CodedError E_CHAIN_STALE: a revocation could have passed unseen */
  ensureFresh(now: number): void {
    if (this.#view.isFresh(now)) return;
    throw new CodedError(
      'E_CHAIN_STALE',
      'the own copy of the certification chain is too old to judge by: wait until it has caught up',
    );
  }

  /**
   * A certificate as its holder presents it: a provider of the chain issued it for this role, and the chain holds this very one for
   * its ID, neither over, revoked nor superseded.
   * @param now Unix seconds
   * @throws CodedError E_CERTIFICATE, _ROLE, _UNKNOWN, _FORGED, _TIME, _EXPIRED, _REVOKED, _PROVIDER
   */
  async check(bytes: Uint8Array, role: CertificateRole, now: number): Promise<Certificate> {
    const certificate = read(bytes);
    refuseUnless(certificate.attributes.role === role, 'E_CERTIFICATE_ROLE', `this is no certificate of a ${role}`);
    await this.#ensureIssued(certificate, bytes);
    const registered = await this.#view.certificateOf(certificate.id);
    const same = registered && Buffer.from(encodeCertificate(registered)).equals(bytes);
    const advice = 'the chain holds no such certificate, or a newer one: register it, or catch up';
    refuseUnless(same, 'E_CERTIFICATE_UNKNOWN', advice);
    const status = (await this.#view.statusOf(certificate.id, now)) ?? 'revoked';
    if (status !== 'valid') throw new CodedError(...ADVICE[status]);
    return certificate;
  }

  /** The provider's newest key, 65 bytes hex. @throws CodedError E_CERTIFICATE_PROVIDER */
  async providerKey(provider: string): Promise<string> {
    return (await this.#systemKey(provider)).publicKey;
  }

  async #ensureIssued(certificate: Certificate, bytes: Uint8Array): Promise<void> {
    const id = Buffer.from(bytes).toString('latin1');
    if (this.#known.has(id)) return;
    const systemKey = await this.#systemKey(certificate.provider, certificate.keyVersion);
    const issued = verifyCertificate(this.ctx, systemKey, certificate);
    refuseUnless(issued, 'E_CERTIFICATE_FORGED', 'the certificate is not its provider’s');
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.add(id);
  }

  async #systemKey(provider: string, version?: number): Promise<SystemKey> {
    const found = await this.#view.systemKeyOf(provider, version);
    refuseUnless(
      found !== undefined,
      'E_CERTIFICATE_PROVIDER',
      'the chain knows no such provider, or no such key of it',
    );
    return found;
  }
}

function read(bytes: Uint8Array): Certificate {
  try {
    return readCertificate(bytes);
  } catch (error) {
    throw new CodedError('E_CERTIFICATE', 'these bytes are no certificate', { cause: error });
  }
}

function refuseUnless(condition: unknown, code: string, message: string): asserts condition {
  if (condition === undefined || condition === false) throw new CodedError(code, message);
}
