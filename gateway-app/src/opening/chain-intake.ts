import { toHex } from '@chargecast/signcryption';

import { codeOf } from '../common/errors';
import type { Logger } from '../common/log';
import type { AppliedBlock, CommittedSigma } from '../replica';
import type { Batch } from '../store';
import type { LoggedSigma, SigmaLog } from './sigma-log';

/** Takes committed σ's from the replica into the log, in one step with the replica's position. */
export class ChainIntake {
  readonly #log: SigmaLog;
  readonly #logger: Logger;
  #staged: LoggedSigma[] = [];
  #refused = 0;

  constructor(log: SigmaLog, logger: Logger) {
    this.#log = log;
    this.#logger = logger;
  }

  /** Committed σ's that this process's own public verification refused: endorsers that lie, or a bug. */
  get refused(): number {
    return this.#refused;
  }

  /** The replica's `apply`. */
  apply({ channel, sigmas }: AppliedBlock, batch: Batch): void {
    if (channel !== 'datachain') return;
    this.#staged = sigmas.flatMap((committed) => this.#check(committed));
    for (const logged of this.#staged) this.#log.keep(logged, batch);
  }

  /** The replica's `applied`. */
  applied({ channel }: AppliedBlock): void {
    if (channel === 'datachain') this.#log.appended(this.#staged.splice(0));
    this.#log.wake();
  }

  #check(committed: CommittedSigma): LoggedSigma[] {
    try {
      return [this.#log.check(committed)];
    } catch (error) {
      if (codeOf(error) === undefined) throw error;
      this.#refused += 1;
      this.#logger.error({ sigma: toHex(committed.sigmaId), code: codeOf(error) }, 'a committed σ does not verify');
      return [];
    }
  }
}
