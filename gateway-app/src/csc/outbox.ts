import { CodedError } from '../common/errors';
import { type Batch, fromJson, type Store, toJson } from '../store';
import { isOpen, type OutboxCommand, type OutboxSigma } from './command';

export type NewCommand = Pick<OutboxCommand, 'id' | 'customer' | 'kind' | 'action' | 'payload'>;

export interface SealedBatch {
  readonly sigma: OutboxSigma;
  readonly bytes: Uint8Array;
  /** By command id: who may answer for it and in which session it was sealed. */
  readonly placed: ReadonlyMap<string, { readonly actor: string; readonly session: string }>;
}

/** Told after the change is on disk. */
export type OutboxListener = (command: OutboxCommand) => void;

/**
 * The durable outbox. Every change is on disk before its promise resolves and before anything is sent because of it, so
 * a crash at any moment leaves each command either still to do or done.
 */
export class Outbox {
  readonly #commands: Store;
  readonly #open: Store;
  readonly #sigmas: Store;
  readonly #bytes: Store;
  readonly #now: () => number;
  readonly #openCommands = new Map<string, OutboxCommand>();
  readonly #openSigmas = new Map<string, OutboxSigma>();
  readonly #listeners = new Set<OutboxListener>();

  private constructor(store: Store, now: () => number) {
    this.#commands = store.sub('commands');
    this.#open = store.sub('open');
    this.#sigmas = store.sub('sigmas');
    this.#bytes = store.sub('bytes');
    this.#now = now;
  }

  /** @param now Unix milliseconds */
  static async load(store: Store, now: () => number): Promise<Outbox> {
    const outbox = new Outbox(store, now);
    for await (const { key } of outbox.#open.entries()) {
      outbox.#openCommands.set(key, await outbox.#stored(key));
    }
    for await (const { key, value } of outbox.#sigmas.entries()) {
      outbox.#openSigmas.set(key, fromJson<OutboxSigma>(value));
    }
    return outbox;
  }

  onChange(listener: OutboxListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  openCommands(): readonly OutboxCommand[] {
    return [...this.#openCommands.values()].sort((a, b) => a.sequence - b.sequence);
  }

  openSigmas(): readonly OutboxSigma[] {
    return [...this.#openSigmas.values()];
  }

  sigma(id: string): OutboxSigma | undefined {
    return this.#openSigmas.get(id);
  }

  async command(id: string): Promise<OutboxCommand | undefined> {
    const open = this.#openCommands.get(id);
    if (open !== undefined) return open;
    const stored = await this.#commands.get(id);
    return stored && fromJson<OutboxCommand>(stored);
  }

  /** @throws CodedError E_OUTBOX_SIGMA if σ is not on its way any more */
  async sigmaBytes(id: string): Promise<Uint8Array> {
    const bytes = await this.#bytes.get(id);
    if (bytes === undefined)
      throw new CodedError('E_OUTBOX_SIGMA', 'the outbox holds no such σ; seal its commands anew');
    return bytes;
  }

  /** All or none. */
  async add(commands: readonly NewCommand[]): Promise<void> {
    const added: OutboxCommand[] = [];
    for (const command of commands) {
      added.push({
        ...command,
        sequence: Number(await this.#commands.nextCounter('sequence')),
        createdAt: this.#now(),
        stage: 'waiting',
        code: '',
        sigmaId: '',
        retryAt: 0,
        attempts: 0,
        actors: [],
        session: '',
      });
    }
    await this.#write(added, (batch) => added.forEach(({ id }) => batch.put(this.#open, id, new Uint8Array())));
  }

  /** σ's bytes and its commands' new stage in one step: σ may be sent once this resolves. */
  async seal({ sigma, bytes, placed }: SealedBatch): Promise<void> {
    const sealed = this.#current(sigma.commands).map((command) => {
      const { actor, session } = placed.get(command.id) ?? { actor: '', session: '' };
      return {
        ...command,
        stage: 'sealed' as const,
        code: '',
        sigmaId: sigma.id,
        attempts: command.attempts + 1,
        actors: command.actors.includes(actor) ? command.actors : [...command.actors, actor],
        session,
      };
    });
    this.#openSigmas.set(sigma.id, sigma);
    await this.#write(sealed, (batch) => {
      batch.put(this.#sigmas, sigma.id, toJson(sigma)).put(this.#bytes, sigma.id, bytes);
    });
  }

  async acknowledge(id: string, acks: OutboxSigma['acks']): Promise<void> {
    const deadline = Math.max(...acks.map((ack) => ack.deadline));
    await this.#advance(id, 'sealed', { stage: 'acknowledged', acks, deadline });
  }

  async commit(id: string): Promise<void> {
    await this.#advance(id, 'acknowledged', { stage: 'committed', committedAt: this.#now() });
  }

  /** The command was acted upon. Nothing changes if that is known already. */
  async deliver(id: string, also?: (batch: Batch) => void): Promise<void> {
    await this.#close(id, 'delivered', '', also);
  }

  async fail(id: string, code: string, also?: (batch: Batch) => void): Promise<void> {
    await this.#close(id, 'failed', code, also);
  }

  /** Gives up a σ: its unanswered commands wait again, with the reason, until `retryAt`. */
  async release(sigmaId: string, code: string, retryAt: (command: OutboxCommand) => number): Promise<void> {
    const sigma = this.#openSigmas.get(sigmaId);
    if (sigma === undefined) return;
    const released = this.#current(sigma.commands)
      .filter((command) => command.sigmaId === sigmaId)
      .map((command) => ({ ...command, stage: 'waiting' as const, code, retryAt: retryAt(command) }));
    this.#openSigmas.delete(sigmaId);
    await this.#write(released, (batch) => this.#forget(batch, sigmaId));
  }

  /** Only these commands of a σ wait again; the rest goes on. */
  async detach(commandIds: readonly string[], code: string): Promise<void> {
    const detached = this.#current(commandIds)
      .filter((command) => command.stage !== 'waiting')
      .map((command) => ({ ...command, stage: 'waiting' as const, code, retryAt: 0 }));
    await this.#write(detached);
  }

  /** Why commands wait; unchanged reasons are not written again. */
  async explain(reasons: ReadonlyMap<string, string>): Promise<void> {
    const changed = this.#current([...reasons.keys()])
      .map((command) => ({ ...command, code: reasons.get(command.id) ?? '' }))
      .filter((command) => command.code !== this.#openCommands.get(command.id)?.code);
    await this.#write(changed);
  }

  /** Moves σ and those of its commands that still follow it, unless they are further already. */
  async #advance(id: string, from: OutboxSigma['stage'], change: Partial<OutboxSigma>): Promise<void> {
    const sigma = this.#openSigmas.get(id);
    if (sigma === undefined || (sigma.stage !== from && sigma.stage !== 'sealed')) return;
    const advanced = { ...sigma, ...change };
    this.#openSigmas.set(id, advanced);
    const commands = this.#current(sigma.commands)
      .filter((command) => command.sigmaId === id && command.stage !== 'waiting')
      .map((command) => ({ ...command, stage: advanced.stage }));
    await this.#write(commands, (batch) => batch.put(this.#sigmas, id, toJson(advanced)));
  }

  async #close(id: string, stage: 'delivered' | 'failed', code: string, also?: (batch: Batch) => void): Promise<void> {
    const closed = this.#current([id]).map((command) => ({ ...command, stage, code }));
    await this.#write(closed, (batch) => {
      closed.forEach((command) => {
        batch.del(this.#open, command.id);
        this.#closeIfAnswered(batch, command.sigmaId);
      });
      also?.(batch);
    });
  }

  #closeIfAnswered(batch: Batch, sigmaId: string): void {
    const sigma = this.#openSigmas.get(sigmaId);
    const pending = sigma?.commands.some((id) => this.#openCommands.get(id)?.sigmaId === sigmaId);
    if (sigma === undefined || pending === true) return;
    this.#openSigmas.delete(sigmaId);
    this.#forget(batch, sigmaId);
  }

  #forget(batch: Batch, sigmaId: string): void {
    batch.del(this.#sigmas, sigmaId).del(this.#bytes, sigmaId);
  }

  #current(ids: readonly string[]): OutboxCommand[] {
    return ids.flatMap((id) => this.#openCommands.get(id) ?? []);
  }

  /**
   * Memory first and in one go with the batch's making, so that batches reach the disk in the order of the changes;
   * listeners hear of it when it is on disk.
   */
  async #write(commands: readonly OutboxCommand[], also?: (batch: Batch) => void): Promise<void> {
    const batch = this.#commands.batch();
    for (const command of commands) {
      batch.put(this.#commands, command.id, toJson(command));
      if (isOpen(command)) this.#openCommands.set(command.id, command);
      else this.#openCommands.delete(command.id);
    }
    also?.(batch);
    if (batch.size === 0) return;
    await batch.commit();
    for (const command of commands) for (const listener of this.#listeners) listener(command);
  }

  async #stored(id: string): Promise<OutboxCommand> {
    const value = await this.#commands.get(id);
    if (value === undefined) {
      throw new CodedError('E_OUTBOX_DAMAGED', 'the outbox lists a command it does not hold; restore its database');
    }
    return fromJson<OutboxCommand>(value);
  }
}
