import { type HolderKey, lendEntryKey, type Limits, type Params } from '@chargecast/signcryption';

import type { EntryKey, EntryKeyAnswer, EntryKeyRequest } from '../rpc';
import type { OpenPlug } from './open-plug';

const MAX_HEADERS = 256;
const REFUSED: EntryKey = { locator: new Uint8Array(), key: new Uint8Array(), refused: 'E_ENTRY_REFUSED' };

export interface LenderParts {
  readonly params: Params;
  readonly limits: () => Limits;
  readonly key: HolderKey;
  readonly plug: Pick<OpenPlug, 'pile' | 'session'>;
  readonly maxAnswers: number;
  /** Makes durable that this many answers more were given, before they are; the sum so far. */
  readonly count: (answers: number) => Promise<number>;
}

/**
 * Lends a pile the entry keys of single headers, while the session is open and only for this session: the binding comes from
 * the vehicle's own account of it, never from the pile. q stays here.
 */
export class EntryLender {
  readonly #parts: LenderParts;
  #open = true;

  constructor(parts: LenderParts) {
    this.#parts = parts;
  }

  /** From here on every header is refused. */
  end(): void {
    this.#open = false;
  }

  /** One answer a header, in order; a refusal says no more than that. */
  async answer({ id, headers }: EntryKeyRequest): Promise<EntryKeyAnswer> {
    const { maxAnswers, count } = this.#parts;
    if (headers.length > MAX_HEADERS || !this.#open) return { id, keys: headers.map(() => REFUSED) };
    const answered = (await count(headers.length)) - headers.length;
    return {
      id,
      keys: headers.map((header, i) => (answered + i < maxAnswers ? this.#lend(header, answered + i) : REFUSED)),
    };
  }

  #lend(header: Uint8Array, answered: number): EntryKey {
    const { params, limits, key, plug, maxAnswers } = this.#parts;
    const session = { pile: plug.pile, sessionId: plug.session, open: this.#open, answered, maxAnswers };
    try {
      return { ...lendEntryKey(params, limits(), key, session, Uint8Array.from(header)), refused: '' };
    } catch {
      return REFUSED;
    }
  }
}
