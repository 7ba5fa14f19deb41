import { type StationAnswer } from '@chargecast/protocol';
import { CodedError } from '../common/errors';
import { type Batch, fromJson, type Store, toJson } from '../store';
import { GroupCommit } from '../store/group-commit';
import {
  type CommandStage,
  followed,
  isOpen,
  type OutboxCommand,
  type OutboxSigma,
  type SigmaStep,
  withStep,
} from './command';
import { CommandOrder } from './command-order';

export type NewCommand = Pick<OutboxCommand, 'id' | 'customer' | 'kind' | 'action' | 'payload'>;

export type PlacedCommand = Pick<OutboxCommand, 'receiver' | 'session'> & { readonly actor: string };

export interface SealedBatch {
  readonly sigma: OutboxSigma;
  readonly bytes: Uint8Array;
  /** By command id: for whom it was sealed, who may answer for it, in which session. */
  readonly placed: ReadonlyMap<string, PlacedCommand>;
}

type Write = (batch: Batch) => unknown;

/** Told after the change is on disk. */
export type OutboxListener = (command: OutboxCommand) => void;

/**
 * The durable outbox. Every change is on disk before its promise resolves and before anything is sent because of it, so
 * a crash at any moment leaves each command either still to do or done.
 */
export class Outbox {
  readonly #commands: Store;
  readonly #sigmas: Store;
  readonly #bytes: Store;
  readonly #now: () => number;
  readonly #disk: GroupCommit;
  readonly #openCommands = new Map<string, OutboxCommand>();
  readonly #openSigmas = new Map<string, OutboxSigma>();
  /** Sealed, and not on disk yet. */
  readonly #unsaved = new Set<string>();
  readonly #order = new CommandOrder();
  /** σ id → how many open commands were sealed in it last. */
  readonly #following = new Map<string, number>();
  /** f of a receiver → ids of the commands on their way to it. */
  readonly #underWay = new Map<string, Set<string>>();
  readonly #closed = { delivered: 0, failed: 0 };
  readonly #listeners = new Set<OutboxListener>();

  private constructor(store: Store, now: () => number) {
    this.#commands = store.sub('commands');
    this.#sigmas = store.sub('sigmas');
    this.#bytes = store.sub('bytes');
    this.#now = now;
    this.#disk = new GroupCommit(store);
  }

  /** @param now Unix milliseconds */
  static async load(store: Store, now: () => number): Promise<Outbox> {
    const outbox = new Outbox(store, now);
    for await (const { value } of outbox.#commands.entries()) outbox.#remember(fromJson<OutboxCommand>(value));
    for await (const { key, value } of outbox.#sigmas.entries()) {
      const sigma = fromJson<OutboxSigma>(value);
      outbox.#openSigmas.set(key, sigma);
      sigma.way?.forEach((step) => outbox.#follow(sigma, step));
    }
    return outbox;
  }

  onChange(listener: OutboxListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Commands that may be sealed now, in order of arrival. */
  due(): readonly OutboxCommand[] {
    const now = this.#now();
    return [...this.#openCommands.values()]
      .filter((command) => command.stage === 'waiting' && command.retryAt <= now)
      .sort((a, b) => a.sequence - b.sequence);
  }

  /** Commands on their way to a receiver. @param receiver f, hex */
  underWayTo(receiver: string): readonly OutboxCommand[] {
    return this.#current([...(this.#underWay.get(receiver) ?? [])]);
  }

  /** Commands by stage, the closed ones included. */
  counts(): Readonly<Record<CommandStage, number>> {
    const counts = { waiting: 0, sealed: 0, acknowledged: 0, committed: 0, ...this.#closed };
    for (const { stage } of this.#openCommands.values()) counts[stage] += 1;
    return counts;
  }

  /** σ's on their way, whole on disk: only they may be sent. */
  openSigmas(): readonly OutboxSigma[] {
    return [...this.#openSigmas.values()].filter(({ id }) => !this.#unsaved.has(id));
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

  /** All that are remembered, newest first. @param before a sequence number to begin below */
  async *newest(before?: number): AsyncGenerator<OutboxCommand> {
    for (const id of this.#order.before(before)) {
      const command = await this.command(id);
      if (command) yield command;
    }
  }

  /** Neither delivered nor failed, in no order. */
  open(): readonly OutboxCommand[] {
    return [...this.#openCommands.values()];
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
    const first = Number(await this.#commands.nextCounter('sequence', commands.length));
    const createdAt = this.#now();
    await this.#write(
      commands.map((command, i) => ({
        ...command,
        sequence: first + i,
        createdAt,
        stage: 'waiting',
        code: '',
        sigmaId: '',
        closedAt: 0,
        retryAt: 0,
        attempts: 0,
        actors: [],
        receiver: '',
        session: '',
      })),
    );
  }

  /** σ's bytes and its commands' new stage in one step: σ may be sent once this resolves. */
  async seal({ sigma, bytes, placed }: SealedBatch): Promise<void> {
    const sealed = this.#current(sigma.commands).map((command) => {
      const { receiver, actor, session } = placed.get(command.id) as PlacedCommand;
      return {
        ...command,
        stage: 'sealed' as const,
        code: '',
        sigmaId: sigma.id,
        attempts: command.attempts + 1,
        actors: command.actors.includes(actor) ? command.actors : [...command.actors, actor],
        receiver,
        session,
      };
    });
    this.#openSigmas.set(sigma.id, sigma);
    this.#unsaved.add(sigma.id);
    await this.#write(sealed, [
      (batch) => batch.put(this.#sigmas, sigma.id, toJson(sigma)).put(this.#bytes, sigma.id, bytes),
    ]);
    this.#unsaved.delete(sigma.id);
  }

  async acknowledge(id: string, acks: OutboxSigma['acks']): Promise<void> {
    const deadline = Math.max(...acks.map((ack) => ack.deadline));
    await this.#advance(id, 'acknowledged', { acks, deadline });
  }

  async commit(id: string): Promise<void> {
    await this.#advance(id, 'committed', { committedAt: this.#now() });
  }

  /** The command was acted upon. Nothing changes if that is known already. */
  async deliver(id: string, station?: StationAnswer, also?: Write): Promise<void> {
    await this.#close(id, { stage: 'delivered', code: '', ...(station ? { station } : {}) }, also);
  }

  async fail(id: string, code: string, station?: StationAnswer): Promise<void> {
    await this.#close(id, { stage: 'failed', code, ...(station ? { station } : {}) });
  }

  /** Gives up a σ: its unanswered commands wait again, with the reason, until `retryAt`. */
  async release(sigmaId: string, code: string, retryAt: (command: OutboxCommand) => number): Promise<void> {
    const sigma = this.#openSigmas.get(sigmaId);
    if (sigma === undefined) return;
    const released = this.#current(sigma.commands)
      .filter((command) => command.sigmaId === sigmaId)
      .map((command) => ({ ...command, stage: 'waiting' as const, code, retryAt: retryAt(command) }));
    this.#openSigmas.delete(sigmaId);
    await this.#write(released, [this.#forgetting(sigmaId)]);
  }

  /** Only these commands of their σ wait again, until `retryAt`; the rest goes on. */
  async detach(commandIds: readonly string[], code: string, retryAt: number): Promise<void> {
    const leaving = this.#current(commandIds).filter((command) => command.stage !== 'waiting');
    const detached = leaving.map((command) => ({ ...command, stage: 'waiting' as const, sigmaId: '', code, retryAt }));
    await this.#write(detached, () => leaving.flatMap(({ sigmaId }) => this.#ifAnswered(sigmaId)));
  }

  /** Why commands wait; unchanged reasons are not written again. */
  async explain(reasons: ReadonlyMap<string, string>): Promise<void> {
    const changed = this.#current([...reasons.keys()])
      .map((command) => ({ ...command, code: reasons.get(command.id) ?? '' }))
      .filter((command) => command.code !== this.#openCommands.get(command.id)?.code);
    await this.#write(changed);
  }

  /** Forgets commands that were delivered or failed before, Unix milliseconds: no receipt comes for them any more. */
  async prune(before: number): Promise<void> {
    for await (const { key, value } of this.#commands.entries()) {
      const command = fromJson<OutboxCommand>(value);
      if (isOpen(command) || command.closedAt >= before) continue;
      await this.#commands.del(key);
      this.#order.remove(key);
    }
  }

  /** Moves σ, unless it is further already. Only σ is written: with it on disk stands how far its commands are. */
  async #advance(id: string, stage: SigmaStep['stage'], change: Partial<OutboxSigma>): Promise<void> {
    const sigma = this.#openSigmas.get(id);
    if (sigma === undefined || sigma.stage === stage || sigma.stage === 'committed') return;
    const step = { stage, at: this.#now() };
    const advanced = { ...sigma, ...change, stage, way: [...(sigma.way ?? []), step] };
    this.#openSigmas.set(id, advanced);
    const moved = this.#follow(advanced, step);
    await this.#disk.commit((batch) => batch.put(this.#sigmas, id, toJson(advanced)));
    this.#tell(moved);
  }

  /** @returns those that the step moved */
  #follow(sigma: OutboxSigma, step: SigmaStep): readonly OutboxCommand[] {
    return this.#current(sigma.commands).flatMap((command) => {
      const moved = followed(command, sigma.id, step);
      if (moved === command) return [];
      this.#remember(moved);
      return [moved];
    });
  }

  /** @param also written in the same batch, if the command was still open */
  async #close(id: string, change: Pick<OutboxCommand, 'stage' | 'code' | 'station'>, also?: Write): Promise<void> {
    const closed = this.#current([id]).map((command) => ({ ...command, ...change, closedAt: this.#now() }));
    if (closed.length === 0) return;
    const further = also ? [also] : [];
    await this.#write(closed, () => [...further, ...closed.flatMap(({ sigmaId }) => this.#ifAnswered(sigmaId))]);
  }

  /** Closes σ once none of its commands waits for it any more. */
  #ifAnswered(sigmaId: string): Write[] {
    if (this.#following.has(sigmaId) || !this.#openSigmas.delete(sigmaId)) return [];
    return [this.#forgetting(sigmaId)];
  }

  #forgetting(sigmaId: string): Write {
    return (batch) => batch.del(this.#sigmas, sigmaId).del(this.#bytes, sigmaId);
  }

  #current(ids: readonly string[]): OutboxCommand[] {
    return ids.flatMap((id) => this.#openCommands.get(id) ?? []);
  }

  /**
   * Memory first, disk in the order of the changes, listeners when it is on disk.
   * @param also further writes; a function is called after memory has changed
   */
  async #write(
    commands: readonly OutboxCommand[],
    also: readonly Write[] | (() => readonly Write[]) = [],
  ): Promise<void> {
    const written = commands.map((command) => withStep(this.#openCommands.get(command.id), command, this.#now()));
    written.forEach((command) => this.#remember(command));
    const further = typeof also === 'function' ? also() : also;
    if (written.length + further.length === 0) return;
    await this.#disk.commit((batch) => {
      for (const command of written) batch.put(this.#commands, command.id, toJson(command));
      for (const write of further) write(batch);
    });
    this.#tell(written);
  }

  #tell(changed: readonly OutboxCommand[]): void {
    for (const command of changed) for (const listener of this.#listeners) listener(command);
  }

  #remember(command: OutboxCommand): void {
    const { id, stage, receiver } = command;
    this.#order.add(id, command.sequence);
    this.#count(this.#openCommands.get(id)?.sigmaId, -1);
    if (isOpen(command)) this.#count(command.sigmaId, 1);
    if (stage === 'delivered' || stage === 'failed') {
      this.#closed[stage] += 1;
      this.#openCommands.delete(id);
    } else this.#openCommands.set(id, command);
    const underWay = this.#underWay.get(receiver) ?? new Set();
    if (isOpen(command) && stage !== 'waiting') this.#underWay.set(receiver, underWay.add(id));
    else if (underWay.delete(id) && underWay.size === 0) this.#underWay.delete(receiver);
  }

  #count(sigmaId: string | undefined, by: 1 | -1): void {
    if (!sigmaId) return;
    const following = (this.#following.get(sigmaId) ?? 0) + by;
    if (following === 0) this.#following.delete(sigmaId);
    else this.#following.set(sigmaId, following);
  }
}
