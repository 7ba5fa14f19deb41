import { type CssPeer } from '../common/config';
import { CodedError } from '../common/errors';
import { assembleItems } from '../ledger/block';
import { type BlockOptions, type BlockSource, type Channel, type LedgerBlock } from '../ledger/port';
import { type Client, client, type RpcTls } from '../rpc';
import { StreamWatch } from './stream-watch';

const WATCH_MS = 10_000;

/**
 * Blocks as gateways stream them. Each attempt after a failed one goes to the next gateway, so that one that is away,
 * lies, or lags behind what the others have seen does not hold up the reader.
 */
export class CssStreamSource implements BlockSource {
  readonly #clients: readonly Client<'Css'>[];
  readonly #current: Record<Channel, number> = { certchain: 0, datachain: 0 };
  readonly #watchMs: number;

  /**
   * @param gateways at least one, in order of preference
   * @param watchMs how long a stream may bring nothing while other gateways have more
   * @throws CodedError E_CONFIG_INVALID
   */
  constructor(gateways: readonly CssPeer[], tls: RpcTls, watchMs = WATCH_MS) {
    this.#watchMs = watchMs;
    if (gateways.length === 0)
      throw new CodedError('E_CONFIG_INVALID', 'peers.css is empty: name at least one gateway');
    this.#clients = gateways.map(({ endpoint, name }) => client('Css', endpoint, tls, { serverName: name }));
  }

  async *blocks(channel: Channel, { from, signal }: BlockOptions): AsyncGenerator<LedgerBlock> {
    const index = this.#current[channel];
    const css = this.#clients[index] as Client<'Css'>;
    let complete = false;
    let watch: StreamWatch | undefined;
    try {
      const start = from ?? BigInt((await css.head({ channel, fromBlock: 0 })).block) + 1n;
      watch = new StreamWatch(start, () => this.#headOf(channel, index), this.#watchMs);
      const { behind } = watch;
      const either = signal ? AbortSignal.any([signal, behind]) : behind;
      for await (const block of assembleItems(css.stream({ channel, fromBlock: Number(start) }, { signal: either }))) {
        watch.took(block.number);
        yield block;
        watch.waits();
      }
      if (behind.aborted) {
        throw new CodedError(
          'E_STREAM_BEHIND',
          'other gateways have blocks that this one does not stream: asking another',
        );
      }
      complete = signal?.aborted === true;
    } finally {
      watch?.stop();
      // Reached as well when the reader throws because of a block it was given.
      if (!complete && signal?.aborted !== true && this.#current[channel] === index) {
        this.#current[channel] = (index + 1) % this.#clients.length;
      }
    }
  }

  /** Number of the newest block some gateway has seen; the highest of those that answer. */
  head(channel: Channel): Promise<bigint> {
    return this.#headOf(channel);
  }

  close(): void {
    for (const css of this.#clients) css.close();
  }

  /** @param except index of a gateway not to ask */
  async #headOf(channel: Channel, except?: number): Promise<bigint> {
    const asked = this.#clients.filter((_, index) => index !== except);
    const answers = await Promise.allSettled(asked.map((css) => css.head({ channel, fromBlock: 0 })));
    const heads = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value.block] : []));
    if (heads.length === 0) throw new CodedError('E_UNREACHABLE', 'no gateway answers: check that they run');
    return BigInt(Math.max(...heads));
  }
}
