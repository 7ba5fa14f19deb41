import { createHmac } from 'node:crypto';

import { type Operation, timeOf } from '../../rest';
import { getJson, orderedKey, type Store, toJson } from '../../store';
import { type CommandStage } from '../command';
import { type Outbox } from '../outbox';

export type OperationKind = 'commands' | 'curtailment' | 'lift' | 'site-schedule';

/** Commands that were asked for together. */
export interface KeptOperation {
  readonly id: string;
  readonly kind: OperationKind;
  /** Unix milliseconds. */
  readonly createdAt: number;
  /** Order of arrival, as an ordered key. */
  readonly place: string;
  readonly commandIds: readonly string[];
  /** Once nothing moves any more: how many commands ended how. */
  readonly final?: Readonly<Record<string, number>>;
}

const STAGES: readonly CommandStage[] = ['waiting', 'sealed', 'acknowledged', 'committed', 'delivered', 'failed'];

/** Operations of a centre. What has become of one is read from its commands, until all of them have ended. */
export class OperationBook {
  readonly #store: Store;
  readonly #places: Store;
  readonly #outbox: Pick<Outbox, 'command'>;

  /** @param store a sub-store of its own */
  constructor(store: Store, outbox: Pick<Outbox, 'command'>) {
    this.#store = store.sub('operations');
    this.#places = store.sub('places');
    this.#outbox = outbox;
  }

  /** 16 bytes hex for each command of a request, the same for the same request. @param seed of the request */
  static commandIds(seed: string, count: number): string[] {
    return Array.from({ length: count }, (_, index) => derived(seed, `command ${index}`));
  }

  /** Remembers what was asked for; the same request again changes nothing. @param seed of the request */
  async add(seed: string, kind: OperationKind, commandIds: readonly string[]): Promise<KeptOperation> {
    const id = derived(seed, 'operation');
    const known = await this.get(id);
    if (known) return known;
    const place = orderedKey(await this.#places.nextCounter('place'));
    const operation: KeptOperation = { id, kind, createdAt: Date.now(), place, commandIds };
    await this.#store
      .batch()
      .put(this.#store, id, toJson(operation))
      .put(this.#places, place, Buffer.from(id))
      .commit();
    return operation;
  }

  get(id: string): Promise<KeptOperation | undefined> {
    return getJson<KeptOperation>(this.#store, id);
  }

  /** Newest first. @param before a place to begin below */
  async newest(before: string | undefined, limit: number): Promise<KeptOperation[]> {
    const found: KeptOperation[] = [];
    const range = { reverse: true, limit, ...(before === undefined ? {} : { lt: before }) };
    for await (const { value } of this.#places.entries(range)) {
      const operation = await this.get(Buffer.from(value).toString());
      if (operation) found.push(operation);
    }
    return found;
  }

  /** With what has become of its commands. */
  async shown(operation: KeptOperation): Promise<Operation> {
    const { id, kind, createdAt } = operation;
    const progress = operation.final ?? (await this.#progress(operation));
    const isRunning = Object.entries(progress).some(
      ([stage, count]) => count > 0 && stage !== 'delivered' && stage !== 'failed' && stage !== 'forgotten',
    );
    const ended = (progress.failed ?? 0) > 0 ? 'failed' : 'succeeded';
    return {
      id,
      kind,
      state: isRunning ? 'running' : ended,
      createdAt: timeOf(createdAt),
      progress: { ...progress },
      parts: `/v1/commands?operation=${id}`,
    };
  }

  async #progress(operation: KeptOperation): Promise<Readonly<Record<string, number>>> {
    const progress: Record<string, number> = Object.fromEntries(STAGES.map((stage) => [stage, 0]));
    let open = 0;
    for (const id of operation.commandIds) {
      const stage = (await this.#outbox.command(id))?.stage ?? 'forgotten';
      progress[stage] = (progress[stage] ?? 0) + 1;
      if (stage !== 'delivered' && stage !== 'failed' && stage !== 'forgotten') open += 1;
    }
    if (open === 0) await this.#store.put(operation.id, toJson({ ...operation, final: progress }));
    return progress;
  }

  /** Forgets operations older than Unix milliseconds. */
  async prune(before: number): Promise<void> {
    for await (const { key, value } of this.#places.entries()) {
      const id = Buffer.from(value).toString();
      const operation = await this.get(id);
      if (operation && operation.createdAt >= before) return;
      await this.#store.batch().del(this.#store, id).del(this.#places, key).commit();
    }
  }
}

function derived(seed: string, what: string): string {
  return createHmac('sha256', Buffer.from(seed, 'hex')).update(what).digest('hex').slice(0, 32);
}
