import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';

import { CodedError } from '../common/errors';
import { ROOT } from '../deployment/root';
import { type EvseState, type PluggedVehicle } from '../stations';
import { type HostSettings, type StationHost } from './station-host';

export interface HostRequest {
  readonly id: number;
  readonly call: 'start' | keyof StationHost;
  readonly args: readonly unknown[];
}

export interface HostReply {
  readonly id: number;
  readonly value?: unknown;
  readonly failure?: { readonly code: string; readonly message: string };
}

/** The built file, also when this one runs from its source. */
const ENTRY = join(ROOT, 'gateway-app', 'dist', 'replay', 'station-child.js');

/** Stations in a process of their own, which can be killed; a call that meets its death is made again to the next. */
export class StationProcess implements StationHost {
  readonly #settings: () => HostSettings;
  #child: Promise<Child>;

  private constructor(settings: () => HostSettings) {
    this.#settings = settings;
    this.#child = Child.start(settings());
  }

  /** @param settings of each process that is started, the first and those after a kill */
  static async start(settings: () => HostSettings): Promise<StationProcess> {
    const stations = new StationProcess(settings);
    await stations.#child;
    return stations;
  }

  /** kill −9, as a power cut would, and on again. Resolves when they run again. */
  async kill(): Promise<void> {
    const killed = this.#child;
    this.#child = killed.then(async (child) => {
      await child.kill();
      return Child.start(this.#settings());
    });
    await this.#child;
  }

  now(pile: string): Promise<number> {
    return this.#call('now', pile);
  }

  reach(pile: string, at: number): Promise<void> {
    return this.#call('reach', pile, at);
  }

  evse(pile: string): Promise<EvseState> {
    return this.#call('evse', pile);
  }

  plugIn(pile: string, vehicle: PluggedVehicle): Promise<void> {
    return this.#call('plugIn', pile, vehicle);
  }

  unplug(pile: string): Promise<void> {
    return this.#call('unplug', pile);
  }

  meterValues(): Promise<number> {
    return this.#call('meterValues');
  }

  async stop(): Promise<void> {
    const child = await this.#child;
    await child.call('stop', []);
    await child.end();
  }

  async #call<T>(call: keyof StationHost, ...args: readonly unknown[]): Promise<T> {
    for (;;) {
      const asked = this.#child;
      const answer = await (await asked).call(call, args);
      if (answer) return answer.value as T;
      if (this.#child === asked) throw new CodedError('E_STATIONS_EXITED', 'a process of stations ended by itself');
    }
  }
}

type Answered = (reply: HostReply | undefined) => void;

class Child {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, Answered>();
  readonly #exited: Promise<void>;
  #last = 0;
  #isGone = false;

  private constructor() {
    this.#process = fork(ENTRY, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.#process.on('message', (reply: HostReply) => this.#take(reply.id, reply));
    this.#exited = new Promise((resolve) => {
      this.#process.once('exit', () => {
        this.#isGone = true;
        for (const id of [...this.#waiting.keys()]) this.#take(id, undefined);
        resolve();
      });
    });
  }

  static async start(settings: HostSettings): Promise<Child> {
    const child = new Child();
    if (await child.call('start', [settings])) return child;
    throw new CodedError('E_STATIONS_EXITED', 'a process of stations ended before it was ready');
  }

  /** @returns undefined if the process ended before it answered. @throws CodedError what failed there */
  async call(call: HostRequest['call'], args: readonly unknown[]): Promise<HostReply | undefined> {
    if (this.#isGone) return undefined;
    const id = ++this.#last;
    const reply = await new Promise<HostReply | undefined>((resolve) => {
      this.#waiting.set(id, resolve);
      // A process that is gone does not answer: its exit does.
      this.#process.send({ id, call, args } satisfies HostRequest, () => undefined);
    });
    if (reply?.failure) throw new CodedError(reply.failure.code, reply.failure.message);
    return reply;
  }

  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#exited;
  }

  async end(): Promise<void> {
    if (this.#process.connected) this.#process.disconnect();
    await this.#exited;
  }

  #take(id: number, reply: HostReply | undefined): void {
    this.#waiting.get(id)?.(reply);
    this.#waiting.delete(id);
  }
}
