import {
  type Application,
  applicationBytes,
  type Certificate,
  certificateBytes,
  type CertificateBody,
  commitIdentity,
  decodeApplication,
  decodeJson,
  hex,
  idOfApplication,
  type SystemKey,
  updateBytes,
  verifyAuthentication,
} from '@chargecast/protocol';
import { z } from 'zod';

import { validate } from '../../common/config';
import { CodedError, codeOf } from '../../common/errors';
import { type ReplicaView } from '../../replica';
import { type Applicant, type Peer, type RegistrationOutcome } from '../../rpc';
import { type Customers } from '../customers';
import { type IdentityOpening, type Known, type Registration, type Registrations } from './registrations';
import { type RegistrationSubmitter } from './submitter';
import { type SystemKeyRing } from './system-key-ring';

export interface RegistrarParts {
  readonly provider: string;
  readonly keys: SystemKeyRing;
  readonly customers: Customers;
  /** Processes whose piles this provider vouches for. */
  readonly stations: ReadonlySet<string>;
  readonly registrations: Registrations;
  readonly submitter: RegistrationSubmitter;
  readonly replica: Pick<ReplicaView, 'params' | 'statusOf' | 'systemKeyOf'>;
  /** Unix seconds. */
  readonly now: () => number;
}

/** An application that holds by itself. */
interface Draft {
  readonly applicant: Applicant;
  readonly application: Application;
  readonly opening: IdentityOpening;
  readonly name: string;
  readonly id: string;
}

const identitySchema = z.record(z.string().min(1).max(64), z.string().max(256));
const MAX_IDENTITY_CHARACTERS = 8192;
const salt = hex(32);

/** Checks applications, issues Cert = ⟨ID, PK, ExpT, Sig⟩ and has it registered on the chain. */
export class Registrar {
  readonly #parts: RegistrarParts;
  /** Names under way, so that two applications at once do not both pass. */
  readonly #underWay = new Set<string>();

  constructor(parts: RegistrarParts) {
    this.#parts = parts;
  }

  /** An outcome for each applicant, given when the chain has committed it. @throws CodedError E_PROVIDER_KEY */
  async register(applicants: readonly Applicant[], peer: Peer): Promise<RegistrationOutcome[]> {
    return Promise.all(await this.accept(applicants, peer));
  }

  /**
   * Resolves when every application is judged and what was issued is stored; each outcome follows from the chain.
   * @throws CodedError E_PROVIDER_KEY
   */
  async accept(applicants: readonly Applicant[], peer: Peer): Promise<Promise<RegistrationOutcome>[]> {
    const systemKey = await this.#parts.keys.published(this.#parts.replica);
    if (!systemKey) {
      throw new CodedError('E_PROVIDER_KEY', 'the provider has no system key on the chain yet; apply again later');
    }
    const examined: (Draft | RegistrationOutcome)[] = [];
    for (const applicant of applicants) {
      examined.push(await this.#examine(applicant, peer).catch((error: unknown) => refusal(applicant, error)));
    }
    const issued = new Set<Registration>();
    const judged = await this.#judgeAll(examined, systemKey, issued);
    return judged.map(async (each, i) => {
      if (!('entry' in each)) return each;
      const end = await this.#end(each, issued);
      if (issued.has(each)) this.#underWay.delete(each.name);
      return outcomeOf((applicants[i] as Applicant).unit, end);
    });
  }

  async #end(registration: Registration, issued: ReadonlySet<Registration>): Promise<Registration> {
    const { submitter, registrations } = this.#parts;
    if (issued.has(registration)) return submitter.submit(registration);
    // Waiting begins before looking, so that an outcome in between is not missed.
    const later = submitter.settled(registration.id);
    const kept = await registrations.find(registration.id);
    return kept && kept.stage !== 'queued' ? kept : later;
  }

  /** What an application says by itself, and whether it holds. */
  async #examine(applicant: Applicant, peer: Peer): Promise<Draft> {
    const { provider, replica } = this.#parts;
    const application = decodeJson(applicant.application, decodeApplication, 'application');
    if (application.provider !== provider)
      refuse('E_NOT_PROVIDER', `this is ${provider}; apply at ${application.provider}`);
    const opening = readOpening(applicant, application);
    const name = await this.#nameOf(applicant, application, opening, peer);
    const { ctx } = replica.params;
    if (!verifyAuthentication(application.publicKey, applicationBytes(ctx, application), applicant.proof)) {
      refuse('E_POSSESSION', 'the proof does not hold under the key applied for; sign the application with it');
    }
    return { applicant, application, opening, name, id: idOfApplication(ctx, application) };
  }

  /**
   * Names are claimed before anybody looks whether they are free, and stay claimed while what was issued is under way.
   * @param issued takes the registrations that are new; they are stored
   */
  async #judgeAll(
    examined: readonly (Draft | RegistrationOutcome)[],
    systemKey: SystemKey,
    issued: Set<Registration>,
  ): Promise<(Registration | RegistrationOutcome)[]> {
    const { registrations } = this.#parts;
    const drafts = examined.filter((each): each is Draft => 'application' in each);
    const claimed = new Set(drafts.filter((draft) => this.#claim(draft)));
    try {
      const known = await registrations.lookUp(drafts);
      const judged: (Registration | RegistrationOutcome)[] = [];
      for (const each of examined) {
        if (!('application' in each)) judged.push(each);
        else {
          const judging = this.#judge(each, known, claimed.has(each), systemKey, issued);
          judged.push(await judging.catch((error: unknown) => refusal(each.applicant, error)));
        }
      }
      if (issued.size > 0) await registrations.put([...issued]);
      const kept = new Set([...issued].map(({ name }) => name));
      for (const { name } of claimed) if (!kept.has(name)) this.#underWay.delete(name);
      return judged;
    } catch (error) {
      for (const { name } of claimed) this.#underWay.delete(name);
      throw error;
    }
  }

  #claim({ name }: Draft): boolean {
    if (this.#underWay.has(name)) return false;
    this.#underWay.add(name);
    return true;
  }

  async #judge(
    { applicant, application, opening, name, id }: Draft,
    known: Known,
    isClaimed: boolean,
    systemKey: SystemKey,
    issued: Set<Registration>,
  ): Promise<Registration> {
    const before = known.ofId(id);
    if (before && isSame(before, application) && before.stage !== 'refused') return before;
    if (!isClaimed) refuse('E_BUSY', 'an application of this vehicle or pile is under way; wait for it');
    const standing = application.version === 1 ? undefined : this.#supersedes(applicant, application, before);
    if (!standing) await this.#ensureFree(known.ofName(name));
    const certificate = this.#issue(application, id, systemKey);
    const { proof, handover } = applicant;
    const registration: Registration = {
      id,
      name,
      kind: standing ? 'update' : 'register',
      entry: { certificate, proof, ...(standing && { handover }) },
      stage: 'queued',
      code: '',
      message: '',
      opening,
      ...(standing && { standing }),
    };
    issued.add(registration);
    return registration;
  }

  /** Who may apply for what: a vehicle its provider's customer, a pile of a listed station, anybody the operator brings. */
  async #nameOf(
    { unit }: Applicant,
    { attributes: { role }, tag }: Application,
    { identity }: IdentityOpening,
    { role: caller, name }: Peer,
  ): Promise<string> {
    const place = unit === '' ? name : `${name}/${unit}`;
    if (caller === 'ev') {
      if (role !== 'vehicle') refuse('E_CERTIFICATE_ROLE', 'a vehicle applies for a vehicle’s certificate');
      if ((await this.#parts.customers.contractOf(place)) === undefined) {
        refuse('E_NOT_CUSTOMER', 'no contract is known for this vehicle; ask its own provider');
      }
    } else if (caller === 'cp') {
      if (role !== 'pile' || tag !== place) refuse('E_CERTIFICATE_ROLE', 'a pile applies for its own name alone');
      if (!this.#parts.stations.has(name)) refuse('E_NOT_STATION', 'this provider vouches for other stations');
    }
    if (role === 'pile') return `pile:${tag}`;
    return identity.vin === undefined ? `unit:${place}` : `vin:${identity.vin}`;
  }

  async #ensureFree(taken: Registration | undefined): Promise<void> {
    const { replica, now } = this.#parts;
    if (!taken || (taken.stage === 'refused' && !taken.standing)) return;
    const status = await replica.statusOf(taken.id, now());
    if (status === 'revoked' || status === 'expired') return;
    refuse('E_VEHICLE_REGISTERED', 'Vehicle already registered; update its key, or have it revoked first');
  }

  #supersedes(applicant: Applicant, application: Application, before: Registration | undefined): Certificate {
    const standing = before?.stage === 'committed' ? before.entry.certificate : before?.standing;
    if (!standing) refuse('E_NOT_REGISTERED', 'there is nothing to update; register first');
    if (application.version !== standing.version + 1) {
      refuse('E_CERTIFICATE_VERSION', `the next version is ${standing.version + 1}; apply for that one`);
    }
    const { ctx } = this.#parts.replica.params;
    if (!verifyAuthentication(standing.publicKey, updateBytes(ctx, application), applicant.handover)) {
      refuse('E_HANDOVER', 'the key in force must sign the hand-over to the new one; apply anew');
    }
    return standing;
  }

  #issue(application: Application, id: string, { version, lifetime }: SystemKey): Certificate {
    const { keys, now, replica } = this.#parts;
    const issuedAt = now();
    const body: CertificateBody = { ...application, id, keyVersion: version, issuedAt, expiresAt: issuedAt + lifetime };
    return { ...body, signature: keys.key.sign(certificateBytes(replica.params.ctx, body)) };
  }
}

function refuse(code: string, message: string): never {
  throw new CodedError(code, message);
}

function readOpening(applicant: Applicant, { commitment }: Application): IdentityOpening {
  if (applicant.identity.length > MAX_IDENTITY_CHARACTERS) {
    refuse('E_TOO_LARGE', `an identity has at most ${MAX_IDENTITY_CHARACTERS} characters; leave out what nobody needs`);
  }
  const opening: IdentityOpening = {
    salt: salt(applicant.salt, 'salt'),
    identity: validate(identitySchema, parse(applicant.identity), 'the identity'),
  };
  if (commitIdentity(Buffer.from(opening.salt, 'hex'), opening.identity) !== commitment) {
    refuse('E_COMMITMENT', 'salt and identity do not open the commitment; commit to what is shown');
  }
  return opening;
}

/** The parser's own error quotes its source, which names somebody. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return refuse('E_DECODE', 'the identity must be a JSON object of texts');
  }
}

const isSame = ({ entry: { certificate } }: Registration, { publicKey, version }: Application): boolean =>
  certificate.publicKey === publicKey && certificate.version === version;

function outcomeOf(unit: string, { entry, stage, code, message }: Registration): RegistrationOutcome {
  if (stage === 'committed') return { unit, certificate: JSON.stringify(entry.certificate), code: '', message: '' };
  return { unit, certificate: '', code, message };
}

function refusal({ unit }: Applicant, error: unknown): RegistrationOutcome {
  const code = codeOf(error);
  if (code === undefined) throw error;
  return { unit, certificate: '', code, message: (error as Error).message };
}
