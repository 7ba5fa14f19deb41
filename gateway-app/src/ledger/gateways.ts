import { isUnanswered, isUnreachable } from './gateway-errors';

/** A connection to one of a member's gateways. */
export interface GatewayConnection<Gateway> {
  readonly gateway: Gateway;
  close(): void;
}

/** The gateways of a member in order of preference; calls stay with one until it does not answer. */
export class Gateways<Gateway> {
  readonly #connections: readonly GatewayConnection<Gateway>[];
  #current = 0;

  /** @param connections at least one */
  constructor(connections: readonly GatewayConnection<Gateway>[]) {
    this.#connections = connections;
  }

  get current(): Gateway {
    return (this.#connections[this.#current] as GatewayConnection<Gateway>).gateway;
  }

  /** Later calls begin with the next gateway, unless another call has moved on already. */
  failed(gateway: Gateway): void {
    if (gateway === this.current) this.#current = (this.#current + 1) % this.#connections.length;
  }

  /** Tries each gateway once, as long as the failure is one that another gateway can mend. */
  async any<T>(call: (gateway: Gateway) => Promise<T>, mendable = isUnreachable): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const gateway = this.current;
      try {
        return await call(gateway);
      } catch (error) {
        if (isUnanswered(error) || mendable(error)) this.failed(gateway);
        if (!mendable(error) || attempt >= this.#connections.length) throw error;
      }
    }
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }
}
