import { codeOf } from '../common/errors';
import { type Ledger, type Transaction } from '../ledger';

/** A transaction that changes nothing and so conflicts with none: what is left is endorsement, ordering and commit. */
const EMPTY: Transaction = { contract: 'broadcast', name: 'getParams' };

/** Workers that submit one transaction after another, each at one of the gateways, and note what became of it. */
export class Load {
  /** Transaction ids that were reported committed, with the time, ms. */
  readonly committed = new Map<string, number>();
  /** Codes of the submissions that failed. */
  readonly failures: string[] = [];
  readonly #workers: Promise<void>[];
  #stopping = false;

  constructor(gateways: readonly Ledger[], workers: number) {
    this.#workers = Array.from({ length: workers }, (_, worker) =>
      this.#work(gateways[worker % gateways.length] as Ledger),
    );
  }

  /** Ends when the submissions under way are answered. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#workers);
  }

  commitsAfter(time: number): number {
    return [...this.committed.values()].filter((at) => at > time).length;
  }

  /** The longest time without a commit, ms. */
  longestPause(): number {
    const times = [...this.committed.values()].sort((a, b) => a - b);
    return Math.max(0, ...times.slice(1).map((time, index) => time - (times[index] as number)));
  }

  /** Commits a second between the first and the last. */
  rate(): number {
    const times = [...this.committed.values()];
    const seconds = (Math.max(...times) - Math.min(...times)) / 1000;
    return seconds > 0 ? times.length / seconds : 0;
  }

  async #work(gateway: Ledger): Promise<void> {
    while (!this.#stopping) {
      try {
        const { transactionId } = await gateway.submit('datachain', EMPTY);
        this.committed.set(transactionId, Date.now());
      } catch (error) {
        this.failures.push(codeOf(error) ?? 'E_INTERNAL');
      }
    }
  }
}

export function submitOnce(gateway: Ledger): Promise<unknown> {
  return gateway.submit('datachain', EMPTY);
}

/** How often each transaction stands on the data chain as valid, from a block on. */
export async function validOccurrences(ledger: Ledger, from: bigint): Promise<Map<string, number>> {
  const height = await ledger.height('datachain');
  const found = new Map<string, number>();
  if (from >= height) return found;
  for await (const block of ledger.blocks('datachain', { from })) {
    for (const { transactionId, valid } of block.transactions) {
      if (valid) found.set(transactionId, (found.get(transactionId) ?? 0) + 1);
    }
    if (block.number + 1n >= height) break;
  }
  return found;
}
