import { createHash } from 'node:crypto';

import { canonicalJson, type Json } from '@chargecast/protocol';

import { CodedError } from '../common/errors';
import { KeyedLock } from '../common/keyed-lock';
import { localMonth } from '../common/zone-time';
import { fromJson, getJson, type Store, toJson } from '../store';
import { periodOf, type PileUse, type Usage, usageOf, type UsageRules } from './usage';

export const USAGE_FORMAT = 'chargecast-usage/1';

/** One month as it was published; it never changes. */
export interface UsagePublication extends Usage, UsageRules {
  readonly format: typeof USAGE_FORMAT;
  /** `yyyy-mm`. */
  readonly period: string;
  /** RFC 3339. */
  readonly publishedAt: string;
}

export interface PublishedPeriod {
  readonly period: string;
  readonly publishedAt: string;
  /** SHA-256 over the publication's canonical JSON, hex. */
  readonly digest: string;
}

export interface UsagePublicationsParts {
  /** A sub-store of its own. */
  readonly store: Store;
  readonly rules: UsageRules;
  /** Seconds a month must be over before it is published: what comes later is in no figure. */
  readonly closingSeconds: number;
  readonly uses: () => Iterable<PileUse>;
  readonly districts: () => readonly string[];
  /** Unix seconds. */
  readonly now: () => number;
}

/** Each month is published once, whole and by the operator's decision; there is no other query, so none to compare with. */
export class UsagePublications {
  readonly #parts: UsagePublicationsParts;
  readonly #turns = new KeyedLock();

  constructor(parts: UsagePublicationsParts) {
    this.#parts = parts;
  }

  /** @throws CodedError E_PERIOD_UNKNOWN */
  async read(period: string): Promise<UsagePublication> {
    const found = await getJson<UsagePublication>(this.#parts.store, period);
    if (found) return found;
    throw new CodedError('E_PERIOD_UNKNOWN', 'this month is not published; ask for the list of those that are');
  }

  /** Newest first. @param before only months before this one */
  async list(before: string | undefined, limit: number): Promise<PublishedPeriod[]> {
    const found: PublishedPeriod[] = [];
    const range = { reverse: true, limit, ...(before === undefined ? {} : { lt: before }) };
    for await (const { value } of this.#parts.store.entries(range)) {
      const publication = fromJson<UsagePublication>(value);
      const { period, publishedAt } = publication;
      const digest = createHash('sha256')
        .update(canonicalJson(publication as unknown as Json))
        .digest('hex');
      found.push({ period, publishedAt, digest });
    }
    return found;
  }

  /**
   * The same month again is what was published the first time, whatever has been learnt since.
   * @throws CodedError E_PERIOD_OPEN for a month that is not over for long enough
   */
  async publish(period: string): Promise<UsagePublication> {
    return this.#turns.run(period, async () => {
      const { store, rules, closingSeconds, uses, districts, now } = this.#parts;
      const standing = await getJson<UsagePublication>(store, period);
      if (standing) return standing;
      if (localMonth(rules.zone, now() - closingSeconds) <= period) {
        const days = Math.ceil(closingSeconds / 86_400);
        throw new CodedError('E_PERIOD_OPEN', `a month is published when it has been over for ${days} days; wait`);
      }
      const own = [...uses()].filter((use) => periodOf(use, rules) === period);
      const publishedAt = new Date(now() * 1000).toISOString();
      const publication: UsagePublication = {
        format: USAGE_FORMAT,
        period,
        ...rules,
        publishedAt,
        ...usageOf(own, districts(), rules),
      };
      await store.put(period, toJson(publication));
      return publication;
    });
  }
}
