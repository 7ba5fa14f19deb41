import {
  type Application,
  applicationBytes,
  AuthenticationKey,
  type Certificate,
  type CertificateRole,
  commitIdentity,
  decodeCertificate,
  decodeJson,
  encodeCertificate,
} from '@chargecast/protocol';
import { fromHex, toHex } from '@chargecast/signcryption';
import { randomBytes } from 'node:crypto';

import { type Credential } from '../authentication';
import { Backoff, pause } from '../common/abort';
import { CodedError, codeOf } from '../common/errors';
import { type Logger } from '../common/log';
import { isPassing } from '../holder';
import { type ReplicaView } from '../replica';
import { type Client, type RegistrationOutcome } from '../rpc';
import { getJson, type Store, toJson } from '../store';

export interface CredentialOptions {
  /** A sealed sub-store of its own, keys hidden. */
  readonly store: Store;
  readonly esp: Pick<Client<'Esp'>, 'register'>;
  /** Name of the provider on the chain. */
  readonly provider: string;
  readonly view: Pick<ReplicaView, 'params' | 'certificateOf' | 'statusOf'>;
  readonly role: CertificateRole;
  /** Name of the process that applies. */
  readonly process: string;
  /** Vehicles or piles of this process. */
  readonly units: readonly string[];
  readonly log: Logger;
  readonly stopping: AbortSignal;
}

/** A unit's keys and application as kept; bytes in hex. */
interface Kept {
  readonly secret: string;
  /** The owner's: grants, withdraws and revokes. */
  readonly ownerSecret: string;
  readonly application: Application;
  readonly salt: string;
  readonly identity: Readonly<Record<string, string>>;
  /** Once the provider has issued it. */
  readonly certificate?: Certificate;
}

interface Unit {
  readonly name: string;
  readonly kept: Kept;
}

/** Applications in one call, and calls at once. */
const TOGETHER = 256;
const CALLS = 4;
const PATIENCE_MS = 120_000;
const LOOK_MS = 50;
const now = (): number => Math.floor(Date.now() / 1000);

/**
 * Certificates for the vehicles or piles of a process, which makes their keys itself and keeps them sealed. What is registered
 * already is used again; a certificate that is over is applied for anew. Resolves when the own replica holds them all: a unit the
 * provider refuses is left out and logged by its code alone.
 * @returns by the unit's name
 * @throws CodedError with the provider's refusal of the whole call, or E_CANCELLED
 */
export async function openCredentials(options: CredentialOptions): Promise<Map<string, Credential>> {
  const units: Unit[] = [];
  for (const name of options.units) units.push({ name, kept: await keepOrDraw(options, name) });
  const missing = units.filter(({ kept }) => kept.certificate === undefined);
  const issued = new Map(await applyAll(options, missing));
  const credentials = new Map<string, Credential>();
  for (const { name, kept } of units) {
    const certificate = kept.certificate ?? issued.get(name);
    if (!certificate) continue;
    await held(options, certificate);
    const key = AuthenticationKey.fromSecret(fromHex(kept.secret, 32));
    credentials.set(name, { certificate: encodeCertificate(certificate), key });
  }
  return credentials;
}

async function keepOrDraw(options: CredentialOptions, name: string): Promise<Kept> {
  const { store, view } = options;
  const kept = await getJson<Kept>(store, name);
  const isOver = kept?.certificate !== undefined && (await view.statusOf(kept.certificate.id, now())) === 'expired';
  if (kept && !isOver) return kept;
  const drawn = draw(options, name);
  await store.put(name, toJson(drawn));
  return drawn;
}

function draw({ provider, role, process }: CredentialOptions, name: string): Kept {
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

async function applyAll(options: CredentialOptions, units: readonly Unit[]): Promise<[string, Certificate][]> {
  const groups: Unit[][] = [];
  for (let at = 0; at < units.length; at += TOGETHER) groups.push(units.slice(at, at + TOGETHER));
  const issued: [string, Certificate][] = [];
  const worker = async (): Promise<void> => {
    for (let group = groups.shift(); group; group = groups.shift()) issued.push(...(await apply(options, group)));
  };
  await Promise.all(Array.from({ length: CALLS }, worker));
  return issued;
}

async function apply(options: CredentialOptions, group: readonly Unit[]): Promise<[string, Certificate][]> {
  const { store, log } = options;
  const outcomes = await asked(options, group);
  const batch = store.batch();
  const issued: [string, Certificate][] = [];
  for (const [i, { certificate: text, code }] of outcomes.entries()) {
    const { name, kept } = group[i] as Unit;
    if (text === '') {
      log.error({ code }, 'a certificate was refused');
      continue;
    }
    const certificate = decodeJson(text, decodeCertificate, 'certificate');
    if (certificate.publicKey !== kept.application.publicKey) {
      throw new CodedError('E_CERTIFICATE', 'the provider answered with a certificate over another key');
    }
    batch.put(store, name, toJson({ ...kept, certificate }));
    issued.push([name, certificate]);
  }
  if (batch.size > 0) await batch.commit();
  return issued;
}

/** Again while the provider is not ready: the same application gives the same certificate. */
async function asked(options: CredentialOptions, group: readonly Unit[]): Promise<readonly RegistrationOutcome[]> {
  const { esp, view, stopping } = options;
  const applicants = group.map(({ name, kept: { application, secret, salt, identity } }) => ({
    unit: name,
    application: JSON.stringify(application),
    proof: AuthenticationKey.fromSecret(fromHex(secret, 32)).sign(applicationBytes(view.params.ctx, application)),
    handover: '',
    salt,
    identity: JSON.stringify(identity),
  }));
  const until = Date.now() + PATIENCE_MS;
  const backoff = new Backoff(100, 2_000);
  for (;;) {
    try {
      return (await esp.register({ applicants }, { deadline: PATIENCE_MS, signal: stopping })).outcomes;
    } catch (error) {
      const passing = isPassing(error) || codeOf(error) === 'E_PROVIDER_KEY';
      if (!passing || stopping.aborted || Date.now() >= until) throw error;
      await backoff.wait(stopping);
    }
  }
}

/** The handshake judges by the own replica: a station that does not know itself yet could not open. */
async function held({ view, stopping }: CredentialOptions, { id, version }: Certificate): Promise<void> {
  const until = Date.now() + PATIENCE_MS;
  while (((await view.certificateOf(id))?.version ?? 0) < version) {
    if (stopping.aborted || Date.now() >= until) {
      throw new CodedError('E_CANCELLED', 'the certificate did not reach the own replica in time');
    }
    await pause(LOOK_MS, stopping);
  }
}
