import { type RecordEntry } from '@chargecast/protocol';
import { fromHex } from '@chargecast/signcryption';
import { type Binding } from '../rpc';
import { fromJson, getJson, type Store, toJson } from '../store';

/** One countersigned record and where it stands on its way to the certification chain. Bytes in lower-case hex. */
export interface BookEntry {
  readonly vehicle: string;
  readonly contract: string;
  readonly epoch: number;
  readonly f: string;
  readonly X: string;
  readonly record: string;
  readonly countersignature: string;
  /** bind(f, X, contract). */
  readonly binding: string;
  readonly stage: 'queued' | 'committed' | 'refused';
  readonly code: string;
}

/** What the provider countersigned, sealed, one entry for each vehicle and epoch. */
export class CountersignatureBook {
  readonly #entries: Store;
  readonly #provider: string;
  readonly #listeners = new Set<(entry: BookEntry) => void>();

  constructor(store: Store, provider: string) {
    this.#entries = store.sub('countersigned', { hiddenKeys: true });
    this.#provider = provider;
  }

  find(vehicle: string, epoch: number): Promise<BookEntry | undefined> {
    return getJson<BookEntry>(this.#entries, bookKey(vehicle, epoch));
  }

  async put(entries: readonly BookEntry[]): Promise<void> {
    const batch = this.#entries.batch();
    for (const entry of entries) batch.put(this.#entries, bookKey(entry.vehicle, entry.epoch), toJson(entry));
    await batch.commit();
    for (const entry of entries) for (const listener of this.#listeners) listener(entry);
  }

  async *all(): AsyncGenerator<BookEntry> {
    for await (const { value } of this.#entries.entries()) yield fromJson<BookEntry>(value);
  }

  onPut(listener: (entry: BookEntry) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  bindingOf({ f, X, contract, binding }: BookEntry): Binding {
    return {
      f: fromHex(f, 16),
      x: fromHex(X, 32),
      contract,
      signature: fromHex(binding, 64),
      provider: this.#provider,
    };
  }

  /** As the certification chain takes it. */
  recordEntryOf({ record, countersignature }: BookEntry): RecordEntry {
    return { record, approvals: [], countersignature: { provider: this.#provider, signature: countersignature } };
  }
}

const bookKey = (vehicle: string, epoch: number): string => `${epoch} ${vehicle}`;
