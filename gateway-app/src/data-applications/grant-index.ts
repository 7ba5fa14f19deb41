import { decodeGrantState, decodeJson, type GrantState, keySubject } from '@chargecast/protocol';

import { type AppliedBlock } from '../replica';
import { type Batch, fromJson, type Store, toJson } from '../store';

/** A grantor's newest word on a subject and party, as the data chain has it. */
export type Word = GrantState;

/** Told in the batch that takes an owner's withdrawal over. */
export type Withdrawn = (word: Word, batch: Batch) => Promise<void>;

/** Every word on the data chain, where reads are decided, kept by whose data it is about and by who is permitted. */
export class GrantIndex {
  readonly #bySubject: Store;
  readonly #byParty: Store;
  readonly #withdrawn: Withdrawn;

  constructor(store: Store, withdrawn: Withdrawn) {
    this.#bySubject = store.sub('words');
    this.#byParty = store.sub('parties');
    this.#withdrawn = withdrawn;
  }

  /** In the batch that moves the replica past the block. */
  async apply({ channel, block }: AppliedBlock, batch: Batch): Promise<void> {
    if (channel !== 'datachain') return;
    for (const { chaincode, valid, writes } of block.transactions) {
      if (!valid) continue;
      for (const { namespace, key, value } of writes) {
        if (namespace !== chaincode || keySubject('grant', key) === undefined) continue;
        await this.#put(decodeJson(Buffer.from(value).toString('utf8'), decodeGrantState, key), batch);
      }
    }
  }

  /** In order of party and grantor. @param subject ID, or `*` for the words on everybody */
  async *on(subject: string): AsyncGenerator<Word> {
    for await (const { value } of this.#bySubject.entries({ prefix: `${subject} ` })) yield fromJson<Word>(value);
  }

  /** In order of their places. @param gt only after this place */
  async all(gt: string | undefined, limit: number): Promise<Word[]> {
    const found: Word[] = [];
    for await (const { value } of this.#bySubject.entries({ limit, ...(gt === undefined ? {} : { gt }) })) {
      found.push(fromJson<Word>(value));
    }
    return found;
  }

  async ownersWord(subject: string, party: string): Promise<Word | undefined> {
    const found = await this.#bySubject.get(wordPlace({ subject, party, grantor: { by: 'owner' } }));
    return found && fromJson<Word>(found);
  }

  /** IDs whose owner ever said a word on the party, ascending. @param gt only after this ID */
  async *subjectsOf(party: string, gt = ''): AsyncGenerator<string> {
    const prefix = `${party} `;
    for await (const { key } of this.#byParty.entries({ prefix, ...(gt === '' ? {} : { gt: prefix + gt }) })) {
      yield key.slice(prefix.length);
    }
  }

  async #put(word: Word, batch: Batch): Promise<void> {
    const { subject, party, grantor } = word;
    batch.put(this.#bySubject, wordPlace(word), toJson(word));
    if (grantor.by !== 'owner') return;
    batch.put(this.#byParty, `${party} ${subject}`, new Uint8Array());
    if (!word.grant) await this.#withdrawn(word, batch);
  }
}

interface Placed {
  readonly subject: string;
  readonly party: string;
  readonly grantor: { readonly by: string; readonly name?: string };
}

/** Where a word stands among those on its subject. */
export const wordPlace = ({ subject, party, grantor: { by, name } }: Placed): string =>
  `${subject} ${party} ${name === undefined ? by : `${by}.${name}`}`;
