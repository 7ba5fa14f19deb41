import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

import { type ProcessRole } from '@chargecast/network';

import { CodedError } from '../common/errors';
import { ROOT } from './root';
import { type ThreadAnswer, type ThreadRequest } from './thread-messages';

/** The built thread, also when this file runs from its source. */
const THREAD = join(ROOT, 'gateway-app', 'dist', 'deployment', 'role-thread.js');

type Ask = ThreadRequest extends infer R ? (R extends ThreadRequest ? Omit<R, 'id'> : never) : never;

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A worker thread that runs several roles. */
class RoleThread {
  readonly #worker = new Worker(THREAD);
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;

  constructor() {
    this.#worker.on('message', ({ id, value, fault }: ThreadAnswer) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (fault) waiting?.reject(new CodedError(fault.code, fault.message));
      else waiting?.resolve(value);
    });
    this.#worker.on('error', (error) => this.#giveUp(error));
    this.#worker.on('exit', () => this.#giveUp(new CodedError('E_ROLE_EXITED', 'the thread of a role has ended')));
  }

  ask(request: Ask): Promise<unknown> {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ ...request, id });
    });
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #giveUp(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

/** Which roles share a thread: what every σ costs is spread over a machine's cores. */
const THREAD_OF: Readonly<Partial<Record<ProcessRole, string>>> = { css: 'gateways', cp: 'piles', ev: 'piles' };

/** The threads of one deployment, started as roles need them. */
export class RoleThreads {
  readonly #threads = new Map<string, RoleThread>();

  /** Whether roles of this kind run in a thread of their own; the others stay in the main one. */
  takes(role: ProcessRole): boolean {
    return THREAD_OF[role] !== undefined;
  }

  async start(
    role: ProcessRole,
    name: string,
    config: string,
  ): Promise<{
    stop(): Promise<void>;
    status(): Promise<Record<string, unknown>>;
  }> {
    const key = THREAD_OF[role] ?? 'others';
    const thread = this.#threads.get(key) ?? new RoleThread();
    this.#threads.set(key, thread);
    await thread.ask({ ask: 'start', role, name, config });
    return {
      stop: async () => void (await thread.ask({ ask: 'stop', name })),
      status: async () => (await thread.ask({ ask: 'status', name })) as Record<string, unknown>,
    };
  }

  async end(): Promise<void> {
    await Promise.all([...this.#threads.values()].map((thread) => thread.end()));
    this.#threads.clear();
  }
}
