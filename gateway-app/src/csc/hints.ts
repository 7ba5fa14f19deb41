import { toHex } from '@chargecast/signcryption';
import { pause } from '../common/abort';
import { codeOf } from '../common/errors';
import { type Logger } from '../common/log';
import { type Client } from '../rpc';

export interface HintParts {
  readonly kgc: Pick<Client<'Kgc'>, 'listReceivers'>;
  readonly epoch: () => number;
  readonly logger: Logger;
  readonly stopping: AbortSignal;
}

const EVERY_MS = 600_000;
const AGAIN_MS = 10_000;

/**
 * The KGC's list of the vehicles' pseudo-identities (first paper 4.1). Nothing is ever sealed because of it: it only
 * lets an operator see how many vehicles no provider has bound to a customer.
 */
export class ReceiverHints {
  readonly #parts: HintParts;
  #listed: ReadonlySet<string> = new Set();

  constructor(parts: HintParts) {
    this.#parts = parts;
  }

  /** How many the list has beside those bound. @param bound f, hex */
  unbound(bound: ReadonlySet<string>): number {
    return [...this.#listed].filter((f) => !bound.has(f)).length;
  }

  /** Asks for the list now and then, until the process stops. */
  async follow(): Promise<void> {
    const { logger, stopping } = this.#parts;
    while (!stopping.aborted) {
      const isListed = await this.refresh().then(
        () => true,
        (error: unknown) => {
          logger.info({ code: codeOf(error) ?? 'E_INTERNAL' }, 'the list of receivers is asked for again');
          return false;
        },
      );
      await pause(isListed ? EVERY_MS : AGAIN_MS, stopping);
    }
  }

  async refresh(): Promise<void> {
    const { kgc, epoch, stopping } = this.#parts;
    const listed = new Set<string>();
    for await (const { f } of kgc.listReceivers({ epoch: epoch() }, { signal: stopping })) {
      listed.add(toHex(Uint8Array.from(f)));
    }
    this.#listed = listed;
  }
}
