import {
  type Certificate,
  type CertificateStatus,
  type ChargingRecordEntry,
  chargingTransaction,
  opensSubject,
  type ReadRequest,
  type SignedGrant,
  type SubjectOpening,
  type VehicleReportKind,
  type VehicleReportState,
  type Withdrawal,
} from '@chargecast/protocol';

import { CodedError } from '../common/errors';
import { type Channel } from '../ledger';
import { type ReplicaView } from '../replica';
import { type Store } from '../store';
import { type Disclosures } from './disclosures';
import { type GrantIndex, type Word } from './grant-index';
import { type HealthHint, healthHints } from './health';
import { type LedgerReader } from './ledger-reader';
import { ensureOwner } from './owner-proof';

export interface OwnerDeskParts {
  /** A sub-store of its own. */
  readonly store: Store;
  readonly replica: Pick<ReplicaView, 'params' | 'certificateOf' | 'statusOf'>;
  readonly reader: LedgerReader;
  readonly words: GrantIndex;
  readonly disclosures: Disclosures;
  /** Carries a signed word to both chains. */
  readonly carry: (word: string) => Promise<Readonly<Record<Channel, string>>>;
  /** Unix seconds. */
  readonly now: () => number;
}

export interface OwnVehicle {
  readonly certificate: Certificate;
  readonly status: CertificateStatus | 'unknown';
}

/** A record the owner asked for by its opening; undefined where chaincode refuses it. */
export interface OwnRecord {
  readonly transaction: string;
  readonly record: ChargingRecordEntry | undefined;
}

/**
 * What an owner does at its provider. A contract's vehicles are those whose owner's key was proven once in its name; every read
 * of the chain is judged by chaincode, under a request the owner signed anew.
 */
export class OwnerDesk {
  readonly #parts: OwnerDeskParts;
  readonly #claims: Store;

  constructor(parts: OwnerDeskParts) {
    this.#parts = parts;
    this.#claims = parts.store.sub('claims');
  }

  /** @throws CodedError E_OWNER_PROOF, E_NOT_REGISTERED */
  async claim(contract: string, request: ReadRequest): Promise<OwnVehicle> {
    const { replica, now } = this.#parts;
    ensureOwner(replica.params.ctx, request, now());
    const vehicle = await this.#vehicle(request.subject);
    if (!vehicle) {
      throw new CodedError('E_NOT_REGISTERED', 'no certificate of this ID stands on the certification chain');
    }
    await this.#claims.put(claimPlace(contract, request.subject), new Uint8Array());
    return vehicle;
  }

  async renounce(contract: string, subject: string): Promise<void> {
    await this.#claims.del(claimPlace(contract, subject));
  }

  async vehicles(contract: string): Promise<OwnVehicle[]> {
    const found: OwnVehicle[] = [];
    for await (const subject of this.#subjects(contract)) {
      const vehicle = await this.#vehicle(subject);
      if (vehicle) found.push(vehicle);
    }
    return found;
  }

  /** Who has access, by everybody's word: the owner's, and the provider's and station operators' that car makers need. */
  async access(contract: string): Promise<Word[]> {
    const words: Word[] = [];
    const parties = new Set<string>();
    for await (const subject of this.#subjects(contract)) {
      for await (const word of this.#parts.words.on(subject)) {
        words.push(word);
        parties.add(word.party);
      }
    }
    for await (const word of this.#parts.words.on('*')) if (parties.has(word.party)) words.push(word);
    return words;
  }

  /** @throws CodedError E_FORBIDDEN for a word on no vehicle of the contract; what the chains refuse */
  async carry(contract: string, word: SignedGrant | Withdrawal): Promise<Readonly<Record<Channel, string>>> {
    if (word.grantor.by !== 'owner') throw new CodedError('E_FORBIDDEN', 'an owner brings its own word alone');
    await this.#ensureOwn(contract, word.subject);
    return this.#parts.carry(JSON.stringify(word));
  }

  /** @throws CodedError E_FORBIDDEN, and what chaincode refuses */
  async health(
    kind: VehicleReportKind,
    request: ReadRequest,
  ): Promise<{ readonly reports: readonly VehicleReportState[]; readonly hints: readonly HealthHint[] }> {
    const reports = await this.#parts.reader.reports(kind, request);
    return { reports, hints: healthHints(kind, reports) };
  }

  async records(request: ReadRequest, openings: readonly SubjectOpening[]): Promise<OwnRecord[]> {
    const found: OwnRecord[] = [];
    for (const opening of openings) {
      const transaction = chargingTransaction(opening.session, opening.index);
      found.push({ transaction, record: await this.#parts.reader.charging(opening, request) });
    }
    return found;
  }

  /**
   * Shows sessions to a car maker. Each opening must fit its record.
   * @returns how many it is shown now
   * @throws CodedError E_FORBIDDEN, E_GRANT_MISSING, E_OPENING, E_DISCLOSURES_MANY
   */
  async disclose(
    contract: string,
    subject: string,
    party: string,
    openings: readonly SubjectOpening[],
  ): Promise<number> {
    const { words, reader, disclosures } = this.#parts;
    await this.#ensureOwn(contract, subject);
    if (!(await words.ownersWord(subject, party))?.grant) {
      throw new CodedError('E_GRANT_MISSING', 'you have not permitted this party anything: grant it first');
    }
    for (const opening of openings) {
      const record = opening.subject === subject ? await reader.recordOf(opening) : undefined;
      if (!record || !opensSubject(opening, record)) {
        throw new CodedError('E_OPENING', 'an opening fits no charging record of this vehicle: show those of its own');
      }
    }
    return disclosures.add(subject, party, openings);
  }

  /** @throws CodedError E_FORBIDDEN */
  async conceal(contract: string, subject: string, party: string): Promise<void> {
    await this.#ensureOwn(contract, subject);
    await this.#parts.disclosures.forget(subject, party);
  }

  async #ensureOwn(contract: string, subject: string): Promise<void> {
    if (await this.#claims.has(claimPlace(contract, subject))) return;
    throw new CodedError('E_FORBIDDEN', 'prove first that you own this vehicle: PUT /v1/owner/vehicles/<id>');
  }

  async *#subjects(contract: string): AsyncGenerator<string> {
    const prefix = claimPlace(contract, '');
    for await (const { key } of this.#claims.entries({ prefix })) yield key.slice(prefix.length);
  }

  async #vehicle(subject: string): Promise<OwnVehicle | undefined> {
    const { replica, now } = this.#parts;
    const certificate = await replica.certificateOf(subject);
    return certificate && { certificate, status: (await replica.statusOf(subject, now())) ?? 'unknown' };
  }
}

const claimPlace = (contract: string, subject: string): string => `${contract} ${subject}`;
