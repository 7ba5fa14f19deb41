/** The handshake as `bench handshake` measures it: three parties in one process, the production classes, a chain in memory. */
import { type HandshakeRun, type HandshakeSubject, type SubjectParts } from '@chargecast/bench';
import { createAuthority, issueRoleCertificate, loadAuthority, type ProcessRole } from '@chargecast/network';
import {
  AuthenticationKey,
  type Certificate,
  certificateBytes,
  type CertificateRole,
  commitIdentity,
  encodeCertificate,
  idOfApplication,
  type SystemKey,
  verifyCertificate,
} from '@chargecast/protocol';
import { toHex, verifyRecord } from '@chargecast/signcryption';
import { randomBytes } from 'node:crypto';

import { Admissions } from '../admissions';
import { Certificates, type CertificateView } from '../certificates';
import type { Credential, Party } from '../parties';
import { encodeProviderKey } from '../provider-key';
import type { RecordView } from '../record-proof';
import { StationHandshake } from '../station-handshake';
import { VehicleHandshake } from '../vehicle-handshake';
import { x25519KeyPair } from '../x25519';

const PROVIDER = 'esp1';
const PILE = 'cp1/P1';
const DAY = 86_400;
const now = (): number => Math.floor(Date.now() / 1000);

const STEPS = [
  'EV: hello (1)',
  'CS: offer (2)',
  'EV: checks the station, proof (3)',
  'CS: checks the vehicle’s record, request (4)',
  'ESP: checks both, permit (5)',
  'CS: acceptance (6)',
  'EV: confirmation (7)',
  'CS: opens the session',
] as const;

interface Subject {
  readonly credential: Credential;
  readonly certificate: Certificate;
}

export async function handshakeSubject(parts: SubjectParts): Promise<HandshakeSubject> {
  const system = AuthenticationKey.generate();
  const { ctx } = parts.params;
  const [vehicle, station] = [issue(system, ctx, 'vehicle', 'A'), issue(system, ctx, 'pile', PILE)];
  const { publicKey } = system;
  const systemKey: SystemKey = {
    provider: PROVIDER,
    version: 1,
    curve: 'P-256',
    hash: 'SHA-256',
    publicKey,
    lifetime: DAY,
    renewal: DAY,
  };
  const chain = chainOf(parts, systemKey, [vehicle.certificate, station.certificate]);
  const encryption = x25519KeyPair();
  const offered = { provider: PROVIDER, publicKey: encryption.publicKey, notBefore: now() - 60, notAfter: now() + DAY };
  const providerKey = encodeProviderKey(offered, system, ctx);
  const scene = { parts, chain, vehicle, station, system, encryption, providerKey };
  const known = new Certificates(chain);
  const admissions = admissionsOf(scene, known);
  return {
    steps: STEPS,
    begin: (met) => {
      const certificates = met ? known : new Certificates(chain);
      return new Run(scene, certificates, met ? admissions : admissionsOf(scene, certificates));
    },
    verifyCertificate() {
      if (!verifyCertificate(ctx, systemKey, vehicle.certificate)) throw new Error('a genuine certificate was refused');
    },
    tls: await tlsIdentities(),
  };
}

interface Scene {
  readonly parts: SubjectParts;
  readonly chain: CertificateView & RecordView;
  readonly vehicle: Subject;
  readonly station: Subject;
  readonly system: AuthenticationKey;
  readonly encryption: ReturnType<typeof x25519KeyPair>;
  readonly providerKey: Uint8Array;
}

/** One handshake; what a step gives, the next takes. */
class Run implements HandshakeRun {
  readonly #scene: Scene;
  readonly #certificates: Certificates;
  readonly #admissions: Admissions;
  #vehicle: VehicleHandshake | undefined;
  #station: StationHandshake | undefined;
  #message = new Uint8Array();

  constructor(scene: Scene, certificates: Certificates, admissions: Admissions) {
    this.#scene = scene;
    this.#certificates = certificates;
    this.#admissions = admissions;
  }

  async step(index: number): Promise<void> {
    this.#message = Uint8Array.from(await this.#run(index));
  }

  #run(index: number): Uint8Array | Promise<Uint8Array> {
    const [vehicle, station] = [this.#vehicle as VehicleHandshake, this.#station as StationHandshake];
    const given = this.#message;
    const steps: readonly (() => Uint8Array | Promise<Uint8Array>)[] = [
      () => this.#hello(),
      () => this.#offer(given),
      () => vehicle.prove(given),
      async () => (await station.prove(given)).request,
      async () => (await this.#admissions.admit('cp1', given)).permit,
      () => station.accept(given),
      async () => (await vehicle.complete(given)).confirmation,
      () => station.complete(given).session,
    ];
    const step = steps[index];
    if (!step) throw new RangeError('a handshake has no such step');
    return step();
  }

  #hello(): Uint8Array {
    const { parts, vehicle } = this.#scene;
    const isMeant = ({ tag }: Certificate): boolean => tag === PILE;
    this.#vehicle = new VehicleHandshake({ ...this.#party(vehicle), key: parts.vehicle, pile: 'P1', isMeant });
    return this.#vehicle.hello;
  }

  #offer(hello: Uint8Array): Uint8Array {
    const { parts, station, providerKey } = this.#scene;
    const keyOf = (): SubjectParts['pile'] => parts.pile;
    this.#station = new StationHandshake({ ...this.#party(station), keyOf, provider: PROVIDER, providerKey }, hello);
    return this.#station.offer;
  }

  #party({ credential }: Subject): Party {
    return { credential, view: this.#scene.chain, certificates: this.#certificates, now };
  }
}

function issue(system: AuthenticationKey, ctx: Uint8Array, role: CertificateRole, tag: string): Subject {
  const key = AuthenticationKey.generate();
  const application = {
    provider: PROVIDER,
    version: 1,
    publicKey: key.publicKey,
    attributes: { role, auth: role === 'pile' ? 'station' : 'user' },
    tag,
    owner: key.publicKey,
    commitment: commitIdentity(randomBytes(32), { tag }),
  };
  const id = idOfApplication(ctx, application);
  const body = { ...application, id, keyVersion: 1, issuedAt: now() - 1, expiresAt: now() + DAY };
  const certificate = { ...body, signature: system.sign(certificateBytes(ctx, body)) };
  return { certificate, credential: { certificate: encodeCertificate(certificate), key } };
}

function chainOf(
  { params, vehicle, pile }: SubjectParts,
  systemKey: SystemKey,
  certificates: readonly Certificate[],
): CertificateView & RecordView {
  const registered = new Map(certificates.map((certificate) => [certificate.id, certificate]));
  const records = new Map(
    [vehicle, pile].map(({ record }) => [
      toHex(record.f),
      { record, keys: verifyRecord(params, record), revoked: false, block: 1n },
    ]),
  );
  const { epoch } = vehicle.record;
  return {
    params,
    certificateOf: async (id) => registered.get(id),
    statusOf: async (id) => (registered.has(id) ? 'valid' : undefined),
    systemKeyOf: async () => systemKey,
    isFresh: () => true,
    record: async (f) => records.get(toHex(f)),
    epochs: () => ({ version: 1, current: epoch, accepted: [epoch], schedule: [{ epoch }] }),
  };
}

function admissionsOf({ system, encryption }: Scene, certificates: Certificates): Admissions {
  return new Admissions({
    provider: PROVIDER,
    signingKey: system,
    certificates,
    encryptionKeys: () => [encryption],
    permitSeconds: DAY,
    rate: { perSecond: 1e9, burst: 1e9 },
    nowMs: () => Date.now(),
  });
}

async function tlsIdentities(): Promise<HandshakeSubject['tls']> {
  const root = await createAuthority('handshake bench', 'ChargeCast');
  const authority = await loadAuthority(root);
  const identity = async (role: ProcessRole): Promise<HandshakeSubject['tls']['server']> => {
    const { keyPem, certificatePem } = await issueRoleCertificate(authority, { role, name: `${role}1` });
    return { key: keyPem, cert: certificatePem };
  };
  return { roots: root.certificatePem, server: await identity('cp'), client: await identity('ev') };
}
