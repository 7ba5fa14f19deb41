import { pause } from '../common/abort';

/**
 * Compares a stream with what other gateways have seen. A gateway that withholds the newest blocks breaks no hash and no
 * connection: only the others' heads tell.
 */
export class StreamWatch {
  readonly #stop = new AbortController();
  readonly #behind = new AbortController();
  #next: bigint;
  #isWaiting = true;

  /**
   * @param next first block the stream is to bring
   * @param othersHead newest block that others have; may reject when none answers
   * @param intervalMs how long the stream may lag without a block before it is given up
   */
  constructor(next: bigint, othersHead: () => Promise<bigint>, intervalMs: number) {
    this.#next = next;
    void this.#run(othersHead, intervalMs);
  }

  /** Aborts when the stream brought nothing while others had more. */
  get behind(): AbortSignal {
    return this.#behind.signal;
  }

  /** The reader has got this block and works on it. */
  took(block: bigint): void {
    this.#next = block + 1n;
    this.#isWaiting = false;
  }

  /** The reader is done with it and waits for the next one. */
  waits(): void {
    this.#isWaiting = true;
  }

  stop(): void {
    this.#stop.abort();
  }

  async #run(othersHead: () => Promise<bigint>, intervalMs: number): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const head = await othersHead().catch(() => -1n);
      const lagging = head >= this.#next && this.#isWaiting ? this.#next : undefined;
      await pause(intervalMs, signal);
      if (lagging !== undefined && lagging === this.#next && this.#isWaiting && !signal.aborted) {
        this.#behind.abort();
        return;
      }
    }
  }
}
