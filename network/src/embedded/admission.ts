import { status } from '@grpc/grpc-js';

import { RpcError } from './rpc-error';

/** Calls in work through all gateways of a ledger. */
export class Admission {
  readonly #limit: number;
  #inWork = 0;
  #closed = false;
  #idle: (() => void) | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Lets no further call in. @returns when none is in work any more, or `timeout` ms have passed */
  async close(timeout: number): Promise<void> {
    this.#closed = true;
    if (this.#inWork === 0) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#idle = resolve;
      timer = setTimeout(resolve, timeout);
    });
    clearTimeout(timer);
  }

  /** @throws RpcError RESOURCE_EXHAUSTED with Fabric's text */
  async admit<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new RpcError(status.UNAVAILABLE, 'the ledger is stopping');
    if (this.#inWork >= this.#limit) {
      throw new RpcError(
        status.RESOURCE_EXHAUSTED,
        `too many requests for /gateway.Gateway, exceeding concurrency limit (${this.#limit})`,
      );
    }
    this.#inWork += 1;
    try {
      return await work();
    } finally {
      this.#inWork -= 1;
      if (this.#inWork === 0) this.#idle?.();
    }
  }
}
