import { REGISTRATION, type RegistrationReply } from '@chargecast/protocol';

import { Backoff, pause } from '../../common/abort';
import { codeOf } from '../../common/errors';
import { type Logger } from '../../common/log';
import { isPassing, isPassingCode } from '../../holder';
import { type Ledger } from '../../ledger';
import { type Registration, type Registrations } from './registrations';

export interface SubmitterParts {
  readonly ledger: Pick<Ledger, 'submit'>;
  readonly registrations: Registrations;
  readonly logger: Logger;
  /** Certificates in one transaction, at most. */
  readonly maxEntries: number;
  readonly lingerMs: number;
}

/** One is executed while the one before it is ordered; a second goes only full, so that company is not kept waiting. */
const MAX_UNDER_WAY = 2;

const TRANSACTIONS = { register: REGISTRATION.registerPK, update: REGISTRATION.updatePK } as const;
type Kind = keyof typeof TRANSACTIONS;

/** Carries issued certificates to the chain, gathered into transactions, each with an outcome of its own. */
export class RegistrationSubmitter {
  readonly #parts: SubmitterParts;
  readonly #queues: Readonly<Record<Kind, Registration[]>> = { register: [], update: [] };
  readonly #waiting = new Map<string, ((settled: Registration) => void)[]>();
  readonly #stopping = new AbortController();
  readonly #underWay = new Set<Promise<void>>();
  #wake: (() => void) | undefined;
  #running: Promise<void> | undefined;

  constructor(parts: SubmitterParts) {
    this.#parts = parts;
  }

  /** What was issued before a crash is submitted again: the chain takes the same certificate twice as once. */
  async start(): Promise<void> {
    for await (const registration of this.#parts.registrations.all()) {
      if (registration.stage === 'queued') this.#queues[registration.kind].push(registration);
    }
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wake?.();
    await this.#running;
  }

  get queued(): number {
    return this.#queues.register.length + this.#queues.update.length;
  }

  /** Resolves with the outcome; stays pending while the ledger is away. */
  submit(registration: Registration): Promise<Registration> {
    const settled = this.settled(registration.id);
    this.#queues[registration.kind].push(registration);
    this.#wake?.();
    return settled;
  }

  settled(id: string): Promise<Registration> {
    return new Promise((resolve) => this.#waiting.set(id, [...(this.#waiting.get(id) ?? []), resolve]));
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const { maxEntries, lingerMs } = this.#parts;
    const backoff = new Backoff(100, 5000);
    while (!signal.aborted) {
      const kind = this.#queues.register.length > 0 ? 'register' : 'update';
      const queue = this.#queues[kind];
      if (!this.#mayGo(queue)) {
        const woken = new Promise<void>((resolve) => (this.#wake = resolve));
        await Promise.race([woken, ...this.#underWay]);
        continue;
      }
      if (queue.length < maxEntries) await pause(lingerMs, signal);
      const going: Promise<void> = this.#carry(kind, queue.splice(0, maxEntries), backoff).finally(() =>
        this.#underWay.delete(going),
      );
      this.#underWay.add(going);
    }
    await Promise.all(this.#underWay);
  }

  #mayGo({ length }: readonly Registration[]): boolean {
    const { size } = this.#underWay;
    return size === 0 ? length > 0 : size < MAX_UNDER_WAY && length >= this.#parts.maxEntries;
  }

  async #carry(kind: Kind, batch: readonly Registration[], backoff: Backoff): Promise<void> {
    try {
      await this.#submit(kind, batch);
      backoff.reset();
    } catch (error) {
      await this.#failed(kind, batch, error);
      await backoff.wait(this.#stopping.signal);
    }
  }

  async #submit(kind: Kind, batch: readonly Registration[]): Promise<void> {
    const { result } = await this.#parts.ledger.submit('certchain', {
      contract: REGISTRATION.contract,
      name: TRANSACTIONS[kind],
      args: [JSON.stringify(batch.map(({ entry }) => entry))],
    });
    const { outcomes } = JSON.parse(Buffer.from(result).toString('utf8')) as RegistrationReply;
    await this.#settle(batch.map((registration, i) => withOutcome(registration, outcomes[i])));
  }

  /** Passing failures keep the batch queued; a refusal of the whole is everybody's outcome. */
  async #failed(kind: Kind, batch: readonly Registration[], error: unknown): Promise<void> {
    this.#parts.logger.warn({ err: error, certificates: batch.length }, 'certificates were not submitted');
    const code = codeOf(error);
    if (code === undefined || isPassing(error) || this.#stopping.signal.aborted) {
      this.#queues[kind].unshift(...batch);
      return;
    }
    const { message } = error as Error;
    await this.#settle(batch.map((registration) => ({ ...registration, stage: 'refused' as const, code, message })));
  }

  async #settle(settled: readonly Registration[]): Promise<void> {
    await this.#parts.registrations.update(settled);
    for (const registration of settled) {
      const { id, stage } = registration;
      if (stage === 'queued') {
        this.#queues[registration.kind].push(registration);
        continue;
      }
      for (const resolve of this.#waiting.get(id) ?? []) resolve(registration);
      this.#waiting.delete(id);
    }
  }
}

function withOutcome(
  registration: Registration,
  outcome: RegistrationReply['outcomes'][number] | undefined,
): Registration {
  if (outcome?.status === 'committed') {
    const { id, name, kind, entry, opening } = registration;
    return { id, name, kind, entry, stage: 'committed', code: '', message: '', ...(opening && { opening }) };
  }
  const { code, message } = outcome ?? { code: 'E_NOT_FOUND', message: 'the ledger gave no outcome' };
  return { ...registration, stage: isPassingCode(code) ? 'queued' : 'refused', code, message };
}
