import { type PutRecordsReply, REGISTRATION } from '@chargecast/protocol';
import { Backoff, pause } from '../common/abort';
import { codeOf } from '../common/errors';
import { type Logger } from '../common/log';
import { isPassing, isPassingCode } from '../holder';
import { type Ledger } from '../ledger';
import { type BookEntry, type CountersignatureBook } from './book';

export interface RecordSubmitterParts {
  readonly ledger: Pick<Ledger, 'submit'>;
  readonly book: CountersignatureBook;
  readonly logger: Logger;
  readonly maxRecords: number;
  readonly lingerMs: number;
}

/**
 * Carries countersigned records to the certification chain, gathered into batches, each with its own outcome. What was
 * queued before a crash is queued again: the chain takes the same record twice as once.
 */
export class RecordSubmitter {
  readonly #parts: RecordSubmitterParts;
  readonly #queue: BookEntry[] = [];
  readonly #stopping = new AbortController();
  readonly #unsubscribe: () => void;
  #wake: (() => void) | undefined;
  #running: Promise<void> | undefined;

  constructor(parts: RecordSubmitterParts) {
    this.#parts = parts;
    this.#unsubscribe = parts.book.onPut((entry) => this.#add(entry));
  }

  async start(): Promise<void> {
    for await (const entry of this.#parts.book.all()) this.#add(entry);
    this.#running = this.#run();
  }

  get queued(): number {
    return this.#queue.length;
  }

  async stop(): Promise<void> {
    this.#unsubscribe();
    this.#stopping.abort();
    this.#wake?.();
    await this.#running;
  }

  #add(entry: BookEntry): void {
    if (entry.stage !== 'queued') return;
    this.#queue.push(entry);
    this.#wake?.();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const backoff = new Backoff(100, 5000);
    while (!signal.aborted) {
      if (this.#queue.length === 0) {
        await new Promise<void>((resolve) => (this.#wake = resolve));
        continue;
      }
      if (this.#queue.length < this.#parts.maxRecords) await pause(this.#parts.lingerMs, signal);
      const batch = this.#queue.splice(0, this.#parts.maxRecords);
      try {
        if (await this.#submit(batch)) backoff.reset();
        else await backoff.wait(signal);
      } catch (error) {
        await this.#failed(batch, error);
        await backoff.wait(signal);
      }
    }
  }

  /** @returns whether every record has its final outcome */
  async #submit(batch: readonly BookEntry[]): Promise<boolean> {
    const { ledger, book } = this.#parts;
    const entries = batch.map((entry) => book.recordEntryOf(entry));
    const { result } = await ledger.submit('certchain', {
      contract: REGISTRATION.contract,
      name: REGISTRATION.putRecords,
      args: [JSON.stringify(entries)],
    });
    const { outcomes } = JSON.parse(Buffer.from(result).toString('utf8')) as PutRecordsReply;
    await book.put(batch.map((entry, i) => settled(entry, outcomes[i])));
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'refused' ? [outcome.code] : []));
    if (refused.length > 0) this.#parts.logger.warn({ codes: refused }, 'the ledger refused records');
    return !refused.some(isPassingCode);
  }

  /** Passing failures, and those of no known kind, keep the records queued; a refusal of all of them is their outcome. */
  async #failed(batch: readonly BookEntry[], error: unknown): Promise<void> {
    this.#parts.logger.warn({ err: error, records: batch.length }, 'records were not submitted');
    const code = codeOf(error);
    if (code === undefined || isPassing(error) || this.#stopping.signal.aborted) this.#queue.unshift(...batch);
    else await this.#parts.book.put(batch.map((entry) => ({ ...entry, stage: 'refused' as const, code })));
  }
}

function settled(entry: BookEntry, outcome: PutRecordsReply['outcomes'][number] | undefined): BookEntry {
  if (outcome?.status === 'committed') return { ...entry, stage: 'committed', code: '' };
  const code = outcome?.code ?? 'E_NOT_FOUND';
  return { ...entry, stage: isPassingCode(code) ? 'queued' : 'refused', code };
}
