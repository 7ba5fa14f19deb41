/**
 * One channel's committed state with Fabric's semantics as a chaincode sees them: a transaction reads committed state
 * alone, never its own writes; ranges run over committed keys; a paged range forbids writes; commit checks versions.
 */
import { createHash } from 'node:crypto';
import { type ChaincodeInterface, type ChaincodeStub } from 'fabric-shim-api';
import { type TestIdentity } from './identities';

export interface Call {
  readonly name: string;
  readonly args?: readonly (string | Uint8Array)[];
  readonly transient?: Readonly<Record<string, Uint8Array>>;
  readonly as: TestIdentity;
  /** Unix seconds. */
  readonly time: number;
  /** 64 hex digits; drawn from a counter unless given. */
  readonly transactionId?: string;
}

export interface Simulation {
  readonly transactionId: string;
  /** Name and arguments as they were proposed. */
  readonly input: readonly Uint8Array[];
  readonly status: number;
  readonly message: string;
  readonly payload: string;
  /** Keys in the order read, repeats included, with the version found. */
  readonly reads: readonly { readonly key: string; readonly version: string | undefined }[];
  readonly writes: ReadonlyMap<string, Buffer>;
  readonly ranges: number;
  readonly event?: { readonly name: string; readonly payload: string };
}

interface Versioned {
  readonly value: Buffer;
  readonly version: string;
}

class Simulator {
  readonly reads: { key: string; version: string | undefined }[] = [];
  readonly writes = new Map<string, Buffer>();
  ranges = 0;
  event: { name: string; payload: string } | undefined;
  #paged = false;

  constructor(
    readonly channel: string,
    readonly committed: ReadonlyMap<string, Versioned>,
    readonly call: Call,
    readonly transactionId: string,
  ) {}

  getArgs = (): string[] => this.getBufferArgs().map((arg) => arg.toString());
  getBufferArgs = (): Buffer[] =>
    [this.call.name, ...(this.call.args ?? [])]
      .filter((_, i) => i > 0 || this.call.name !== '')
      .map((arg) => Buffer.from(arg as Uint8Array));
  getFunctionAndParameters = (): { fcn: string; params: string[] } => {
    const [fcn = '', ...params] = this.getArgs();
    return { fcn, params };
  };
  getTxID = (): string => this.transactionId;
  getChannelID = (): string => this.channel;
  getCreator = (): { mspid: string; idBytes: Uint8Array } => ({
    mspid: this.call.as.mspId,
    idBytes: Buffer.from(this.call.as.certificate),
  });
  getTransient = (): Map<string, Uint8Array> => new Map(Object.entries(this.call.transient ?? {}));
  getTxTimestamp = (): { seconds: { toNumber(): number }; nanos: number } => ({
    seconds: { toNumber: () => this.call.time },
    nanos: 0,
  });

  async getState(key: string): Promise<Buffer> {
    const found = this.committed.get(key);
    this.reads.push({ key, version: found?.version });
    return found?.value ?? Buffer.alloc(0);
  }

  async putState(key: string, value: Uint8Array): Promise<void> {
    if (key === '') throw new Error('an empty key is not allowed');
    if (this.#paged) throw new Error('a write after a paginated query is not allowed');
    this.writes.set(key, Buffer.from(value));
  }

  setEvent = (name: string, payload: Uint8Array): void => {
    this.event = { name, payload: Buffer.from(payload).toString('utf8') };
  };

  #range(start: string, end: string): { key: string; value: Buffer }[] {
    this.ranges += 1;
    return [...this.committed]
      .filter(([key]) => key >= start && key < end)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, { value }]) => ({ key, value }));
  }

  async getStateByRange(start: string, end: string): Promise<object> {
    return iterate(this.#range(start, end));
  }

  async getStateByRangeWithPagination(start: string, end: string, size: number, bookmark: string): Promise<object> {
    this.#paged = true;
    const found = this.#range(bookmark || start, end);
    const page = found.slice(0, size);
    const iterator = iterate(page);
    // As fabric-shim: metadata that encodes to no bytes is left out.
    return page.length === 0
      ? { iterator }
      : { iterator, metadata: { fetchedRecordsCount: page.length, bookmark: found[size]?.key ?? '' } };
  }
}

function iterate(entries: { key: string; value: Buffer }[]): object {
  let at = 0;
  return {
    next: async () => (at < entries.length ? { done: false, value: entries[at++] } : { done: true }),
    close: async () => undefined,
  };
}

export class MemoryLedger {
  readonly #committed = new Map<string, Versioned>();
  #count = 0;

  constructor(
    readonly channel: string,
    readonly chaincode: ChaincodeInterface,
  ) {}

  /** Executes against what is committed now; nothing is written. */
  async simulate(call: Call): Promise<Simulation> {
    const transactionId =
      call.transactionId ?? createHash('sha256').update(`${this.channel} ${this.#count++}`).digest('hex');
    const simulator = new Simulator(this.channel, new Map(this.#committed), call, transactionId);
    const response = await this.chaincode.Invoke(simulator as unknown as ChaincodeStub);
    return {
      transactionId,
      input: simulator.getBufferArgs(),
      status: response.status,
      message: response.message ?? '',
      payload: Buffer.from(response.payload ?? []).toString('utf8'),
      reads: simulator.reads,
      writes: simulator.writes,
      ranges: simulator.ranges,
      ...(simulator.event && { event: simulator.event }),
    };
  }

  /** MVCC: every version read must still be the committed one. */
  commit({ transactionId, reads, writes, status }: Simulation): 'VALID' | 'MVCC_READ_CONFLICT' {
    if (status !== 200) throw new Error('only an endorsed transaction is ordered');
    if (reads.some(({ key, version }) => this.#committed.get(key)?.version !== version)) return 'MVCC_READ_CONFLICT';
    for (const [key, value] of writes) this.#committed.set(key, { value, version: transactionId });
    return 'VALID';
  }

  /** Simulates and commits; throws the refusal's text. */
  async submit(call: Call): Promise<Simulation> {
    const simulation = await this.simulate(call);
    if (simulation.status !== 200) throw new Error(simulation.message);
    const verdict = this.commit(simulation);
    if (verdict !== 'VALID') throw new Error(verdict);
    return simulation;
  }

  async evaluate<T>(call: Call): Promise<T> {
    const { status, message, payload } = await this.simulate(call);
    if (status !== 200) throw new Error(message);
    return JSON.parse(payload) as T;
  }

  state(key: string): Buffer | undefined {
    return this.#committed.get(key)?.value;
  }

  keys(): string[] {
    return [...this.#committed.keys()].sort();
  }
}
