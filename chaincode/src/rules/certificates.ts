/** registerPK and updatePK: what a submission of certificates must pass, each entry with an outcome of its own. */
import {
  applicationBytes,
  type Certificate,
  certificateBytes,
  certificateKey,
  certificateVersionKey,
  CLOCK_SKEW_SECONDS,
  decodeCertificate,
  decodeRevokedKey,
  keyRevocationKey,
  idOfApplication,
  type Outcome,
  ProtocolError,
  type RegistrationEntry,
  type RevokedKey,
  type SystemKey,
  updateBytes,
  verifyAuthentication,
} from '@chargecast/protocol';
import { type Params } from '@chargecast/signcryption/params';
import { type WorldState } from '../state';
import { ensureProvider } from './providers';
import { COMMITTED, refused } from './sigmas';
import { readSystemKey } from './system-keys';

/** A provider may take this long from issuing a certificate to submitting it. */
const MAX_ISSUE_AGE_SECONDS = 3600;

export const readCertificateOf = (state: WorldState, id: string): Promise<Certificate | undefined> =>
  state.json(certificateKey(id), decodeCertificate);

export const readKeyRevocation = (state: WorldState, id: string): Promise<RevokedKey | undefined> =>
  state.json(keyRevocationKey(id), decodeRevokedKey);

/** Throws `E_NOT_REGISTERED`. */
export async function registeredCertificate(state: WorldState, id: string): Promise<Certificate> {
  const certificate = await readCertificateOf(state, id);
  if (!certificate) throw new ProtocolError('E_NOT_REGISTERED', 'no vehicle or pile with this ID is registered');
  return certificate;
}

interface Chain {
  readonly state: WorldState;
  readonly params: Params;
  readonly time: number;
}

/** A submission under way: each provider is looked up once, however many certificates it issued. */
interface Submission extends Chain {
  readonly systemKeys: Map<string, Promise<SystemKey>>;
}

function systemKeyOf({ state, time, systemKeys }: Submission, provider: string): Promise<SystemKey> {
  const known = systemKeys.get(provider);
  if (known) return known;
  const found = ensureProvider(state, provider, time).then(() => readSystemKey(state, provider));
  systemKeys.set(provider, found);
  return found;
}

function ensureTimes({ issuedAt, expiresAt }: Certificate, { lifetime }: SystemKey, time: number): void {
  const fits =
    issuedAt <= time + CLOCK_SKEW_SECONDS &&
    time - issuedAt <= MAX_ISSUE_AGE_SECONDS &&
    expiresAt > time &&
    expiresAt - issuedAt <= lifetime;
  if (!fits) {
    throw new ProtocolError(
      'E_CERTIFICATE_TIME',
      `a certificate is submitted within ${MAX_ISSUE_AGE_SECONDS} s of its issue and holds at most ${lifetime} s; issue it anew`,
    );
  }
}

/** Checks without signatures come first: they cost nothing. Returns the system key the certificate must hold under. */
async function ensureTerms(submission: Submission, certificate: Certificate): Promise<SystemKey> {
  const { params, time } = submission;
  const systemKey = await systemKeyOf(submission, certificate.provider);
  if (certificate.keyVersion !== systemKey.version) {
    throw new ProtocolError('E_SYSTEM_KEY', `the system key in force has version ${systemKey.version}; issue under it`);
  }
  if (idOfApplication(params.ctx, certificate) !== certificate.id) {
    throw new ProtocolError('E_CERTIFICATE', 'the ID is not that of provider, role, owner and commitment; issue anew');
  }
  ensureTimes(certificate, systemKey, time);
  return systemKey;
}

function ensureSignatures({ params: { ctx } }: Chain, systemKey: SystemKey, entry: RegistrationEntry): void {
  const { certificate, proof } = entry;
  if (!verifyAuthentication(certificate.publicKey, applicationBytes(ctx, certificate), proof)) {
    throw new ProtocolError('E_POSSESSION', 'the proof does not hold under the certificate’s key; apply anew');
  }
  // Provider, version and ID are those of the terms already.
  if (!verifyAuthentication(systemKey.publicKey, certificateBytes(ctx, certificate), certificate.signature)) {
    throw new ProtocolError('E_CERTIFICATE', 'the provider’s signature does not hold under its system key; issue anew');
  }
}

async function judgeNew(
  chain: Submission,
  entry: RegistrationEntry,
  standing: Certificate | undefined,
): Promise<boolean> {
  const { certificate } = entry;
  if (standing?.signature === certificate.signature) return false;
  if (standing) {
    throw new ProtocolError('E_VEHICLE_REGISTERED', 'Vehicle already registered; update its key with updatePK');
  }
  if (certificate.version !== 1) {
    throw new ProtocolError('E_CERTIFICATE_VERSION', 'a first certificate has version 1; later ones come by updatePK');
  }
  ensureSignatures(chain, await ensureTerms(chain, certificate), entry);
  return true;
}

function ensureDue(standing: Certificate, { renewal }: SystemKey, time: number): void {
  if (time >= standing.expiresAt) {
    throw new ProtocolError('E_CERTIFICATE_EXPIRED', 'the certificate has expired; register anew under a new ID');
  }
  const due = standing.expiresAt - renewal;
  if (time < due) {
    const from = new Date(due * 1000).toISOString();
    throw new ProtocolError('E_UPDATE_EARLY', `the certificate may be updated from ${from} on; wait until then`);
  }
}

async function judgeUpdate(
  chain: Submission,
  entry: RegistrationEntry,
  standing: Certificate | undefined,
): Promise<boolean> {
  const { certificate, handover } = entry;
  const { state, params, time } = chain;
  if (!standing) throw new ProtocolError('E_NOT_REGISTERED', 'no such vehicle or pile is registered; call registerPK');
  if (standing.signature === certificate.signature) return false;
  if (await readKeyRevocation(state, certificate.id)) {
    throw new ProtocolError('E_CERTIFICATE_REVOKED', 'this ID is revoked for ever; register anew under a new one');
  }
  if (certificate.version !== standing.version + 1) {
    throw new ProtocolError('E_CERTIFICATE_VERSION', `the next version is ${standing.version + 1}; issue that one`);
  }
  const systemKey = await ensureTerms(chain, certificate);
  ensureDue(standing, systemKey, time);
  const handedOver =
    handover !== undefined &&
    certificate.publicKey !== standing.publicKey &&
    verifyAuthentication(standing.publicKey, updateBytes(params.ctx, certificate), handover);
  if (!handedOver) {
    throw new ProtocolError('E_HANDOVER', 'the key in force must sign the hand-over to a new key; apply anew');
  }
  ensureSignatures(chain, systemKey, entry);
  return true;
}

export interface Registered {
  readonly outcomes: ({ readonly id: string } & Outcome)[];
  /** Newly written, in order. */
  readonly written: readonly Certificate[];
}

/**
 * Judges in order and writes what counts; what is written stands for the entries after it.
 * @param kind an update supersedes the certificate in force, which is kept for the auditor
 */
export async function putCertificates(
  chain: Chain,
  kind: 'register' | 'update',
  entries: readonly RegistrationEntry[],
): Promise<Registered> {
  const judge = kind === 'register' ? judgeNew : judgeUpdate;
  const submission: Submission = { state: chain.state, params: chain.params, time: chain.time, systemKeys: new Map() };
  const written = new Map<string, Certificate>();
  const outcomes: ({ id: string } & Outcome)[] = [];
  await chain.state.fetch(entries.map(({ certificate: { id } }) => certificateKey(id)));
  for (const entry of entries) {
    const { id } = entry.certificate;
    try {
      const standing = written.get(id) ?? (await readCertificateOf(chain.state, id));
      if (await judge(submission, entry, standing)) {
        written.set(id, entry.certificate);
        await write(chain.state, entry.certificate, standing);
      }
      outcomes.push({ id, ...COMMITTED });
    } catch (error) {
      outcomes.push({ id, ...refused(error) });
    }
  }
  return { outcomes, written: [...written.values()] };
}

async function write(state: WorldState, certificate: Certificate, standing: Certificate | undefined): Promise<void> {
  if (standing) await state.putJson(certificateVersionKey(certificate.id, standing.version), standing);
  await state.putJson(certificateKey(certificate.id), certificate);
}
