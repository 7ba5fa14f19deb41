import { type CssPeer } from '../common/config';
import { CodedError } from '../common/errors';
import { assembleItems } from '../ledger/block';
import { type BlockOptions, type BlockSource, type Channel, type LedgerBlock } from '../ledger/port';
import { type Client, client, type RpcTls } from '../rpc';

/**
 * Blocks as gateways stream them. Each attempt after a failed one goes to the next gateway, so that one that is away,
 * lags or lies does not hold up the reader.
 */
export class CssStreamSource implements BlockSource {
  readonly #clients: readonly Client<'Css'>[];
  readonly #current: Record<Channel, number> = { certchain: 0, datachain: 0 };

  /** @param gateways at least one, in order of preference. @throws CodedError E_CONFIG_INVALID */
  constructor(gateways: readonly CssPeer[], tls: RpcTls) {
    if (gateways.length === 0)
      throw new CodedError('E_CONFIG_INVALID', 'peers.css is empty: name at least one gateway');
    this.#clients = gateways.map(({ endpoint, name }) => client('Css', endpoint, tls, { serverName: name }));
  }

  async *blocks(channel: Channel, { from, signal }: BlockOptions): AsyncGenerator<LedgerBlock> {
    const index = this.#current[channel];
    const css = this.#clients[index] as Client<'Css'>;
    let complete = false;
    try {
      const start = from ?? BigInt((await css.head({ channel, fromBlock: 0 })).block) + 1n;
      const items = css.stream({ channel, fromBlock: Number(start) }, signal ? { signal } : {});
      yield* assembleItems(items);
      complete = signal?.aborted === true;
    } finally {
      // Reached as well when the reader throws because of a block it was given.
      if (!complete && signal?.aborted !== true && this.#current[channel] === index) {
        this.#current[channel] = (index + 1) % this.#clients.length;
      }
    }
  }

  /** Number of the newest block some gateway has seen; the highest of those that answer. */
  async head(channel: Channel): Promise<bigint> {
    const answers = await Promise.allSettled(this.#clients.map((css) => css.head({ channel, fromBlock: 0 })));
    const heads = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value.block] : []));
    if (heads.length === 0) throw new CodedError('E_UNREACHABLE', 'no gateway answers: check that they run');
    return BigInt(Math.max(...heads));
  }

  close(): void {
    for (const css of this.#clients) css.close();
  }
}
