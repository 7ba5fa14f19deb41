/** Proposals whose endorsers the gateway chooses, before organisations are named. */
const FREE_CHOICES = 4;

/**
 * Whom to ask for endorsements. As long as endorsers agree, the gateway chooses. A peer that lags behind disagrees for a
 * moment; an organisation whose chaincode lies disagrees each time it is asked, and with its own gateway it is always asked:
 * then each majority is named in turn, until one agrees, which is kept to.
 */
export class EndorsingMajorities {
  readonly #organisations: readonly string[];
  #agreed: readonly string[] | undefined;

  /** @param organisations MSP ids of all that endorse */
  constructor(organisations: readonly string[]) {
    this.#organisations = organisations;
  }

  /** Choices for one transaction, in order; undefined leaves it to the gateway. */
  *choices(): Generator<readonly string[] | undefined> {
    if (this.#agreed) yield this.#agreed;
    for (let count = 0; count < FREE_CHOICES; count++) yield undefined;
    yield* subsets(this.#organisations, Math.floor(this.#organisations.length / 2) + 1);
  }

  agreed(choice: readonly string[] | undefined): void {
    this.#agreed = choice;
  }

  failed(choice: readonly string[] | undefined): void {
    if (choice === this.#agreed) this.#agreed = undefined;
  }
}

/** All subsets of a size, the last elements first: a member's own organisation, which is asked anyway, is left out early. */
function* subsets<T>(all: readonly T[], size: number): Generator<readonly T[]> {
  if (size === 0) yield [];
  for (let last = all.length - 1; last >= size - 1 && size > 0; last--) {
    for (const rest of subsets(all.slice(0, last), size - 1)) yield [...rest, all[last] as T];
  }
}
