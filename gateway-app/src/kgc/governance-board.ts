import { type GovernanceStep } from '../rpc';

/** An item organisations are being asked to sign. */
export interface WaitingItem {
  readonly kind: string;
  /** Pseudo-identity, number of keys or epoch: never a name. */
  readonly subject: string;
  readonly signed: readonly string[];
  readonly waitedFor: readonly string[];
  /** Unix milliseconds. */
  readonly since: number;
}

/** What this centre asks the organisations for right now. */
export class GovernanceBoard {
  readonly #waiting = new Map<string, WaitingItem>();

  get waiting(): readonly WaitingItem[] {
    return [...this.#waiting.values()].sort((a, b) => a.since - b.since);
  }

  /** The same steps; while somebody takes them, what they wait for stands on the board. */
  async *shown(steps: AsyncIterable<GovernanceStep>): AsyncGenerator<GovernanceStep, void, undefined> {
    const own = new Set<string>();
    try {
      for await (const step of steps) {
        const key = `${step.kind} ${step.subject}`;
        own.add(key);
        if (step.state === 'committed') this.#waiting.delete(key);
        else this.#waiting.set(key, this.#next(key, step));
        yield step;
      }
    } finally {
      for (const key of own) this.#waiting.delete(key);
    }
  }

  #next(key: string, { kind, subject, state, organisations }: GovernanceStep): WaitingItem {
    const standing = this.#waiting.get(key) ?? { signed: [], waitedFor: [], since: Date.now() };
    const told = state === 'signed' ? { signed: organisations } : { waitedFor: organisations };
    return { kind, subject, since: standing.since, signed: standing.signed, waitedFor: standing.waitedFor, ...told };
  }
}
