import { InputError } from './input';
import { type Reports, type Task } from './tasks';
import { type Answer } from './worker';

/** Address of the worker's bundle, from the page's. */
declare const VERIFIER: string;

interface Waiting {
  readonly resolve: (report: Reports[keyof Reports]) => void;
  readonly reject: (error: unknown) => void;
}

/** Verifies in a worker, so that the page stays usable; nothing leaves the browser. */
class Verifier {
  readonly #worker = new Worker(VERIFIER);
  readonly #waiting = new Map<number, Waiting>();
  #count = 0;

  constructor() {
    this.#worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      const waiting = this.#waiting.get(data.number);
      this.#waiting.delete(data.number);
      if ('report' in data) waiting?.resolve(data.report);
      else waiting?.reject(new InputError(data.code, data.message));
    };
    this.#worker.onerror = () => {
      const error = new InputError('E_PAGE', 'the verifier did not start: reload the page');
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    };
  }

  ask<K extends Task['kind']>(task: Extract<Task, { kind: K }>): Promise<Reports[K]> {
    const number = this.#count++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve: resolve as Waiting['resolve'], reject });
      this.#worker.postMessage({ number, task });
    });
  }
}

let verifier: Verifier | undefined;

/** @throws InputError with the code of what was refused */
export function verify<K extends Task['kind']>(task: Extract<Task, { kind: K }>): Promise<Reports[K]> {
  verifier ??= new Verifier();
  return verifier.ask(task);
}
