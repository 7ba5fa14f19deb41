import { CodedError } from '../common/errors';
import { acceptBlock, type Consenter } from '../ledger/block-signatures';
import { ensureFollows } from '../ledger/block';
import { type Channel, type LedgerBlock, LedgerError } from '../ledger/port';
import { type TrustBundle } from '../ledger/trust';
import { type Batch, getJson, type Store, toJson } from '../store/store';

interface Position {
  readonly number: bigint;
  readonly hash: Uint8Array;
}

/** Where a replica stands on one channel, and who must have signed the next block. */
export class ChainHead {
  readonly #channel: Channel;
  readonly #trust: TrustBundle;
  readonly #stores: Readonly<Record<'positions' | 'consenters', Store>>;
  #position: Position | undefined;
  #consenters: readonly Consenter[];

  private constructor(
    channel: Channel,
    trust: TrustBundle,
    stores: Readonly<Record<'positions' | 'consenters', Store>>,
    position: Position | undefined,
    consenters: readonly Consenter[],
  ) {
    this.#channel = channel;
    this.#trust = trust;
    this.#stores = stores;
    this.#position = position;
    this.#consenters = consenters;
  }

  /** @throws CodedError E_REPLICA_OLD if the store was written before block signatures were read */
  static async open(store: Store, trust: TrustBundle, channel: Channel): Promise<ChainHead> {
    const stores = { positions: store.sub('positions'), consenters: store.sub('consenters') };
    const kept = await getJson<{ number: string; hash: string }>(stores.positions, channel);
    const consenters = await getJson<Consenter[]>(stores.consenters, channel);
    if (kept && !consenters) {
      throw new CodedError('E_REPLICA_OLD', 'this database does not know who signs blocks: make the deployment anew');
    }
    const position = kept && { number: BigInt(kept.number), hash: Buffer.from(kept.hash, 'hex') };
    return new ChainHead(channel, trust, stores, position, consenters ?? []);
  }

  /** Number of the newest block applied; undefined before the first. */
  get number(): bigint | undefined {
    return this.#position?.number;
  }

  /**
   * Stages that `block` is the newest.
   * @returns to be called when the batch is on disk
   * @throws LedgerError E_CHAIN_BROKEN, E_GENESIS, E_BLOCK_SIGNATURES; CodedError E_TRUST
   */
  stage(batch: Batch, block: LedgerBlock): () => void {
    this.#ensureNext(block);
    const consenters = acceptBlock(this.#trust, this.#channel, block, this.#consenters);
    const hash = Buffer.from(block.hash).toString('hex');
    batch.put(this.#stores.positions, this.#channel, toJson({ number: block.number.toString(), hash }));
    if (!this.#position || consenters !== this.#consenters)
      batch.put(this.#stores.consenters, this.#channel, toJson(consenters));
    return () => {
      this.#position = { number: block.number, hash: block.hash };
      this.#consenters = consenters;
    };
  }

  #ensureNext(block: LedgerBlock): void {
    if (this.#position) ensureFollows(this.#position, block);
    else if (block.number !== 0n) {
      throw new LedgerError('E_CHAIN_BROKEN', `the first block of ${this.#channel} must be 0, not ${block.number}`);
    }
  }
}
