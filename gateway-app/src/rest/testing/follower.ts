import { type ClientRequest } from 'node:http';
import { get, type RequestOptions } from 'node:https';

export interface SeenEvent {
  readonly id: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Who follows a service's events, and comes back where it was interrupted. */
export class Follower {
  readonly events: SeenEvent[] = [];
  readonly #url: string;
  readonly #tls: RequestOptions;
  #request: ClientRequest | undefined;
  /** Of an event that has not wholly arrived. */
  #rest = '';

  private constructor(url: string, tls: RequestOptions) {
    this.#url = url;
    this.#tls = tls;
  }

  /** Resolves when the stream is open: what happens from then on is seen. */
  static async start(url: string, tls: RequestOptions): Promise<Follower> {
    const follower = new Follower(url, tls);
    await follower.#open();
    return follower;
  }

  /** Leaves, and comes back after the last event seen. */
  async interrupt(): Promise<void> {
    this.stop();
    await this.#open();
  }

  stop(): void {
    this.#request?.destroy();
    this.#rest = '';
  }

  #open(): Promise<void> {
    const last = this.events.at(-1)?.id;
    const headers = last === undefined ? {} : { 'last-event-id': last };
    return new Promise((resolve, reject) => {
      const request = get(this.#url, { ...this.#tls, agent: false, headers }, (response) => {
        if (response.statusCode !== 200) reject(new Error(`the stream answered ${response.statusCode}`));
        response.setEncoding('utf8');
        response.on('data', (text: string) => {
          if (this.#request === request) this.#read(text);
          resolve();
        });
      });
      request.on('error', reject);
      this.#request = request;
    });
  }

  #read(text: string): void {
    const frames = `${this.#rest}${text}`.split('\n\n');
    this.#rest = frames.pop() as string;
    for (const frame of frames) {
      const [, id, type, data] = /^id: (\S+)\nevent: (\S+)\ndata: (.*)$/.exec(frame) ?? [];
      if (id === undefined || type === undefined || data === undefined) continue;
      this.events.push({ id, type, data: JSON.parse(data) as SeenEvent['data'] });
    }
  }
}
