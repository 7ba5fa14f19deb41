import { CodedError } from '../common/errors';
import { Queue } from '../common/queue';
import type { EntryKey, EntryKeyAnswer, ToVehicle } from '../rpc';

interface Asked {
  readonly headers: number;
  readonly resolve: (keys: readonly EntryKey[]) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** One connection of a plugged-in vehicle: what the pile sends it, and its answers to header requests. */
export class EntryKeyChannel {
  readonly outgoing = new Queue<ToVehicle>();
  readonly #timeoutMs: number;
  readonly #asked = new Map<number, Asked>();
  #lastId = 0;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  get closed(): boolean {
    return this.outgoing.closed;
  }

  /**
   * Asks the vehicle for the entry keys of several headers in one message.
   * @returns one answer a header, in order
   * @throws CodedError E_VEHICLE_SILENT, E_VEHICLE_GONE, E_VEHICLE_ANSWER; the connection is then given up
   */
  ask(headers: readonly Uint8Array[]): Promise<readonly EntryKey[]> {
    return new Promise((resolve, reject) => {
      if (this.closed) return reject(gone());
      const id = (this.#lastId = (this.#lastId % 0xffffffff) + 1);
      const timer = setTimeout(() => {
        this.close(
          new CodedError('E_VEHICLE_SILENT', 'the vehicle did not answer in time: waiting for it to reconnect'),
        );
      }, this.#timeoutMs);
      this.#asked.set(id, { headers: headers.length, resolve, reject, timer });
      this.outgoing.push({ request: { id, headers } });
    });
  }

  answered({ id, keys }: EntryKeyAnswer): void {
    const asked = this.#asked.get(id);
    if (!asked || keys.length !== asked.headers || !keys.every(isWellFormed)) {
      this.close(new CodedError('E_VEHICLE_ANSWER', 'the vehicle answered what was not asked'));
      return;
    }
    this.#asked.delete(id);
    clearTimeout(asked.timer);
    asked.resolve(keys);
  }

  close(reason: Error = gone()): void {
    this.outgoing.close();
    for (const { reject, timer } of this.#asked.values()) {
      clearTimeout(timer);
      reject(reason);
    }
    this.#asked.clear();
  }
}

function gone(): CodedError {
  return new CodedError('E_VEHICLE_GONE', 'the connection to the vehicle is gone: waiting for it to reconnect');
}

function isWellFormed({ locator, key, refused }: EntryKey): boolean {
  return refused !== '' || (locator.length === 32 && key.length === 32);
}
