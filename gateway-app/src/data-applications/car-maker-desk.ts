import { authenticationKeyId, type ChargingRecordEntry, type ReadRequest } from '@chargecast/protocol';

import { CodedError } from '../common/errors';
import { getJson, type Store, toJson } from '../store';
import { type Disclosures } from './disclosures';
import { type GrantIndex, type Word } from './grant-index';
import { type LedgerReader } from './ledger-reader';

export interface CarMakerDeskParts {
  /** A sub-store of its own. */
  readonly store: Store;
  readonly provider: string;
  readonly reader: LedgerReader;
  readonly words: GrantIndex;
  readonly disclosures: Disclosures;
  /** Unix seconds. */
  readonly now: () => number;
}

export interface PermittedVehicle {
  readonly id: string;
  /** Unix seconds at which the owner's permission ends. */
  readonly until: number;
  /** How many the owner shows. */
  readonly sessions: number;
  /** Whether the provider's permission stands. Station operators' are judged session by session. */
  readonly isProviderWilling: boolean;
}

export interface PermittedRecords {
  readonly records: readonly ChargingRecordEntry[];
  /** Sessions shown that chaincode refused: one of the three permissions is missing. */
  readonly withheld: number;
  /** The last session looked at, if there may be more. */
  readonly next: string | undefined;
}

/**
 * What a car maker reads at a provider: sessions owners show it, as long as owner, provider and station operator permit it. For
 * each, chaincode is asked anew under a request the car maker signed.
 */
export class CarMakerDesk {
  readonly #parts: CarMakerDeskParts;
  readonly #parties: Store;

  constructor(parts: CarMakerDeskParts) {
    this.#parts = parts;
    this.#parties = parts.store.sub('car-makers');
  }

  /** The key a car maker of this name reads with, on the provider's word. @param party `key:…` */
  async bind(name: string, party: string): Promise<void> {
    await this.#parties.put(name, toJson(party));
  }

  partyOf(name: string): Promise<string | undefined> {
    return getJson<string>(this.#parties, name);
  }

  /** In order of IDs. @param gt only after this one */
  async vehicles(name: string, gt: string | undefined, limit: number): Promise<PermittedVehicle[]> {
    const party = await this.#bound(name);
    const { words, disclosures, now } = this.#parts;
    const found: PermittedVehicle[] = [];
    for await (const id of words.subjectsOf(party, gt)) {
      const until = endOf(await words.ownersWord(id, party));
      if (until === undefined || until <= now()) continue;
      const isProviderWilling = await this.#isProviderWilling(id, party);
      found.push({ id, until, sessions: await disclosures.count(id, party), isProviderWilling });
      if (found.length === limit) break;
    }
    return found;
  }

  /**
   * @param gt only after this transaction
   * @throws CodedError E_FORBIDDEN for a request of another key, or where the owner permits it nothing as a car maker
   */
  async records(name: string, request: ReadRequest, gt: string | undefined, limit: number): Promise<PermittedRecords> {
    const party = await this.#bound(name);
    if (`key:${authenticationKeyId(request.key)}` !== party) forbid('sign the request with the key you are bound to');
    const { words, disclosures, reader } = this.#parts;
    if (endOf(await words.ownersWord(request.subject, party)) === undefined) {
      forbid('the owner of this vehicle does not permit you its data as a car maker');
    }
    const shown = await disclosures.list(request.subject, party, gt, limit);
    const records: ChargingRecordEntry[] = [];
    for (const { opening } of shown) {
      const record = await reader.charging(opening, request);
      if (record) records.push(record);
    }
    const next = shown.length === limit ? shown.at(-1)?.transaction : undefined;
    return { records, withheld: shown.length - records.length, next };
  }

  async #bound(name: string): Promise<string> {
    return (await this.partyOf(name)) ?? forbid('the provider’s operator has bound no key to your name yet');
  }

  async #isProviderWilling(subject: string, party: string): Promise<boolean> {
    const { words, provider, now } = this.#parts;
    for (const whose of [subject, '*']) {
      for await (const { party: to, grantor, grant } of words.on(whose)) {
        if (to !== party || grantor.by !== 'provider' || grantor.name !== provider) continue;
        if (grant && grant.until > now() && grant.scopes.includes('charging')) return true;
      }
    }
    return false;
  }
}

/** Only what was granted to a car maker as such: anything else would ask nobody but the owner. */
function endOf(word: Word | undefined): number | undefined {
  const grant = word?.grant;
  return grant?.kind === 'carmaker' && grant.scopes.includes('charging') ? grant.until : undefined;
}

function forbid(message: string): never {
  throw new CodedError('E_FORBIDDEN', message);
}
