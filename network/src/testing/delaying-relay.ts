/** A TCP relay that passes bytes on after a delay, in order: a long way between two machines. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';

export interface Target {
  readonly host: string;
  readonly port: number;
}

export class DelayingRelay {
  /** Milliseconds each way. */
  delay = 0;
  /** Passed on so far, both ways. */
  bytes = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(target: Target) {
    this.#server = createServer((near) => {
      const far = connect({ ...target, noDelay: true });
      this.#pass(near, far);
      this.#pass(far, near);
    });
  }

  static async start(target: Target): Promise<DelayingRelay> {
    const relay = new DelayingRelay(target);
    await new Promise<void>((resolve, reject) => {
      relay.#server.once('error', reject).listen(0, target.host, resolve);
    });
    return relay;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #pass(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.setNoDelay(true);
    let before: Promise<unknown> = Promise.resolve();
    const inTurn = (work: () => void): void => {
      const waited = setTimeout(this.delay);
      before = before.then(() => waited).then(work);
    };
    from.on('data', (chunk) => {
      this.bytes += chunk.length;
      inTurn(() => to.write(chunk));
    });
    from.on('end', () => inTurn(() => to.end()));
    // Either end's loss is the other's.
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      inTurn(() => to.destroy());
    });
  }
}
