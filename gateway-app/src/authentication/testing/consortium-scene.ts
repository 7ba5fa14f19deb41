/** Two providers, their stations and vehicles, and a certification chain held in a map, without any transport. */
import {
  AuthenticationKey,
  type Certificate,
  certificateBytes,
  type CertificateOpening,
  type CertificateRole,
  certificateStatus,
  commitIdentity,
  encodeCertificate,
  idOfApplication,
  type SystemKey,
} from '@chargecast/protocol';
import { type HolderKey, Role, toHex } from '@chargecast/signcryption';
import { World } from '@chargecast/signcryption/testing/world';
import { randomBytes } from 'node:crypto';

import type { ReplicaView } from '../../replica';
import { Admissions } from '../admissions';
import { Certificates, type CertificateView } from '../certificates';
import type { Credential, Established, Party } from '../parties';
import { encodeProviderKey } from '../provider-key';
import type { RecordView } from '../record-proof';
import { StationHandshake, type StationParts } from '../station-handshake';
import { VehicleHandshake, type VehicleParts } from '../vehicle-handshake';
import { x25519KeyPair } from '../x25519';

export interface Member {
  readonly credential: Credential;
  readonly certificate: Certificate;
  readonly key: HolderKey;
}

export const YEAR = 365 * 86_400;

export class ConsortiumScene implements CertificateView {
  readonly world: World;
  readonly revokedFrom = new Map<string, number>();
  readonly revokedRecords = new Set<string>();
  readonly certificates: Certificates;
  readonly #systemKeys = new Map<string, AuthenticationKey>();
  readonly #registered = new Map<string, Certificate>();
  readonly #encryptionKeys = new Map<string, ReturnType<typeof x25519KeyPair>>();
  fresh = true;

  constructor(seed: string) {
    this.world = new World(seed);
    this.certificates = new Certificates(this);
    for (const provider of ['esp1', 'esp2']) {
      this.#systemKeys.set(provider, AuthenticationKey.generate());
      this.#encryptionKeys.set(provider, x25519KeyPair());
    }
  }

  get params(): World['params'] {
    return this.world.params;
  }

  readonly now = (): number => this.world.env.time;

  readonly view = {
    record: async (f: Uint8Array) => {
      const found = this.world.replica.get(toHex(f));
      const revoked = this.revokedRecords.has(toHex(f));
      return found && { record: found.keys.record, keys: found.keys, revoked, block: 1n };
    },
    epochs: () => ({ accepted: [7], version: 1 }),
    params: undefined as unknown,
  } as unknown as RecordView & { params: ReplicaView['params'] };

  async certificateOf(id: string): Promise<Certificate | undefined> {
    return this.#registered.get(id);
  }

  async statusOf(id: string, at: number): Promise<ReturnType<typeof certificateStatus> | undefined> {
    const found = this.#registered.get(id);
    return found && certificateStatus(found, this.revokedFrom.get(id), undefined, at);
  }

  async systemKeyOf(provider: string): Promise<SystemKey | undefined> {
    const key = this.#systemKeys.get(provider);
    if (!key) return undefined;
    const { publicKey } = key;
    return { provider, version: 1, curve: 'P-256', hash: 'SHA-256', publicKey, lifetime: YEAR, renewal: YEAR };
  }

  isFresh(): boolean {
    return this.fresh;
  }

  systemKey(provider: string): AuthenticationKey {
    return this.#systemKeys.get(provider) as AuthenticationKey;
  }

  /** A certificate over a key, signed by any key, without the chain knowing. */
  issue(
    role: CertificateRole,
    tag: string,
    key: AuthenticationKey,
    { provider = 'esp1', signer = this.systemKey('esp1'), expiresAt = this.now() + YEAR } = {},
  ): Certificate {
    const application = {
      provider,
      version: 1,
      publicKey: key.publicKey,
      attributes: { role, auth: role === 'pile' ? 'station' : 'user' },
      tag,
      owner: key.publicKey,
      commitment: commitIdentity(randomBytes(32), { tag }),
    };
    const id = idOfApplication(this.params.ctx, application);
    const body = { ...application, id, keyVersion: 1, issuedAt: this.now() - 1, expiresAt };
    return { ...body, signature: signer.sign(certificateBytes(this.params.ctx, body)) };
  }

  register(certificate: Certificate): void {
    this.#registered.set(certificate.id, certificate);
  }

  async member(role: 'vehicle' | 'pile', name: string, provider = 'esp1'): Promise<Member> {
    const key = AuthenticationKey.generate();
    const certificate = this.issue(role, role === 'pile' ? name : 'A', key, {
      provider,
      signer: this.systemKey(provider),
    });
    this.register(certificate);
    const record = await this.world.enrol(`${role}:${name}`, role === 'pile' ? Role.CP : Role.EV);
    return { certificate, credential: { certificate: encodeCertificate(certificate), key }, key: record };
  }

  providerKey(provider: string, notAfter = this.now() + 3600): Uint8Array {
    const { publicKey } = this.#encryptionKeys.get(provider) as ReturnType<typeof x25519KeyPair>;
    const key = { provider, publicKey, notBefore: this.now() - 10, notAfter };
    return encodeProviderKey(key, this.systemKey(provider), this.params.ctx);
  }

  admissions(provider: string, burst = 1000): Admissions {
    return new Admissions({
      provider,
      signingKey: this.systemKey(provider),
      certificates: this.certificates,
      encryptionKeys: () => [this.#encryptionKeys.get(provider) as ReturnType<typeof x25519KeyPair>],
      permitSeconds: 3600,
      rate: { perSecond: 1, burst },
      nowMs: () => this.now() * 1000,
    });
  }

  vehicle(member: Member, station: Member, change: Partial<VehicleParts> = {}): VehicleHandshake {
    return new VehicleHandshake({
      ...this.#party(member),
      key: member.key,
      pile: 'P1',
      isMeant: ({ tag }) => tag === station.certificate.tag,
      ...change,
    });
  }

  station(member: Member, hello: Uint8Array, change: Partial<StationParts> = {}): StationHandshake {
    const { provider } = member.certificate;
    return new StationHandshake(
      {
        ...this.#party(member),
        keyOf: (epoch) => (epoch === member.key.record.epoch ? member.key : undefined),
        provider,
        providerKey: this.providerKey(provider),
        ...change,
      },
      hello,
    );
  }

  #party({ credential }: Member): Party {
    const view = { ...this.view, params: this.params };
    return { credential, view, certificates: this.certificates, now: this.now };
  }

  /** A whole handshake; every message as it passed. */
  async run(
    vehicle: Member,
    station: Member,
    admissions: Admissions,
    change: Partial<VehicleParts> = {},
  ): Promise<{
    vehicle: Established;
    station: Established;
    shown: CertificateOpening;
    messages: Record<string, Uint8Array>;
  }> {
    const one = this.vehicle(vehicle, station, change);
    const other = this.station(station, one.hello);
    const proof = await one.prove(other.offer);
    const { request } = await other.prove(proof);
    const { permit } = await admissions.admit('cp1', request);
    const acceptance = await other.accept(permit);
    const { confirmation, established, shown } = await one.complete(acceptance);
    const messages = { hello: one.hello, offer: other.offer, proof, request, permit, acceptance, confirmation };
    return { vehicle: established, station: other.complete(confirmation), shown, messages };
  }
}
