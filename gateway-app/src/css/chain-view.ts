import { common } from '@hyperledger/fabric-protos';
import { proveInclusion, SIGMA_TREE, toHex } from '@chargecast/signcryption';

import { describeSigma } from '../audit';
import { type Block, type BlockDetail, type ChannelSummary, type Sigma, type SigmaDetail } from '../consortium/schemas';
import { type SigmaPart, type SigmaPlace } from '../consortium/view';
import { type Channel, type LedgerBlock, type LedgerTransaction } from '../ledger';
import { assembleBlock } from '../ledger/block';
import { type Effects, readEffects, type ReplicaView } from '../replica';
import { type ChainArchive } from './archive';

/** Blocks looked through for one page of σ: many hold none. */
const MOST_BLOCKS = 256;

/** The chains as this gateway's archive holds them, block by block, opened as they are asked for. */
export class ChainView {
  readonly #archives: Readonly<Record<Channel, ChainArchive>>;
  readonly #replica: Pick<ReplicaView, 'committed'>;
  readonly #chaincode: string;

  /** @param chaincode whose writes count */
  constructor(
    archives: Readonly<Record<Channel, ChainArchive>>,
    replica: Pick<ReplicaView, 'committed'>,
    chaincode: string,
  ) {
    this.#archives = archives;
    this.#replica = replica;
    this.#chaincode = chaincode;
  }

  async channels(): Promise<ChannelSummary[]> {
    return Promise.all(
      (['certchain', 'datachain'] as const).map(async (channel) => {
        const { height } = this.#archives[channel];
        const newest = await this.#read(channel, height - 1);
        return {
          channel,
          height,
          newest: newest ? toHex(newest.hash) : null,
          committedAt: newest ? timeOf(newest) : null,
        };
      }),
    );
  }

  async blocks(channel: Channel, before: number | null, limit: number): Promise<Block[]> {
    const found: Block[] = [];
    const { height } = this.#archives[channel];
    for (let number = Math.min(before ?? height, height) - 1; number >= 0 && found.length < limit; number--) {
      const block = await this.#read(channel, number);
      if (block) found.push(this.#summary(channel, block));
    }
    return found;
  }

  async block(channel: Channel, number: number): Promise<BlockDetail | null> {
    const block = await this.#read(channel, number);
    if (!block) return null;
    const items = block.transactions.map((transaction) => {
      const { sigmas, root } = this.#effects(transaction) ?? { sigmas: [] };
      return {
        transactionId: transaction.transactionId,
        kind: transaction.kind,
        validationCode: transaction.validationCode,
        at: isoSeconds(transaction.timestamp),
        creator: transaction.creatorMspId,
        endorsers: transaction.endorsements.map(({ mspId }) => mspId),
        sigmas: sigmas.map(({ sigmaId }) => toHex(sigmaId)),
        root: root ? toHex(root) : null,
      };
    });
    return { ...this.#summary(channel, block), items };
  }

  async blockBytes(channel: Channel, number: number): Promise<Uint8Array | null> {
    const block = await this.#read(channel, number);
    return block ? protobufOf(block) : null;
  }

  async sigmas(before: SigmaPlace | null, limit: number): Promise<SigmaPart> {
    const newest = this.#archives.datachain.height - 1;
    const items: Sigma[] = [];
    const last = before?.block ?? newest;
    for (let number = last; number >= 0; number--) {
      if (last - number >= MOST_BLOCKS) return { items, place: { block: number + 1, transaction: 0, index: 0 } };
      const block = await this.#read('datachain', number);
      if (!block) continue;
      for (const { sigma, place } of this.#sigmasOf(block)) {
        if (before && !isBefore(place, before)) continue;
        items.push(sigma);
        if (items.length === limit) return { items, place };
      }
    }
    return { items, place: null };
  }

  async sigma(id: string): Promise<SigmaDetail | null> {
    const found = await this.#find(id);
    if (!found) return null;
    const { block, transaction, effects, index } = found;
    const written = effects.sigmas[index] as Effects['sigmas'][number];
    const ids = effects.sigmas.map(({ sigmaId }) => sigmaId);
    return {
      ...sigmaOf(block, transaction, written),
      header: headerOf(written.sigma),
      root: toHex(effects.root as Uint8Array),
      leaves: ids.length,
      path: proveInclusion(SIGMA_TREE, ids, index).path.map(toHex),
    };
  }

  async sigmaBytes(id: string): Promise<Uint8Array | null> {
    const found = await this.#find(id);
    return found ? (found.effects.sigmas[found.index]?.sigma ?? null) : null;
  }

  async #find(id: string): Promise<
    | {
        readonly block: LedgerBlock;
        readonly transaction: LedgerTransaction;
        readonly effects: Effects;
        readonly index: number;
      }
    | undefined
  > {
    const place = await this.#replica.committed(Buffer.from(id, 'hex'));
    const block = place && (await this.#read('datachain', Number(place.block)));
    const transaction = block?.transactions.find(({ transactionId }) => transactionId === place?.transactionId);
    const effects = transaction && this.#effects(transaction);
    const index = effects?.sigmas.findIndex(({ sigmaId }) => toHex(sigmaId) === id) ?? -1;
    return block && transaction && effects && index >= 0 ? { block, transaction, effects, index } : undefined;
  }

  /** Newest first. */
  *#sigmasOf(block: LedgerBlock): Generator<{ readonly sigma: Sigma; readonly place: SigmaPlace }> {
    for (const transaction of [...block.transactions].reverse()) {
      for (const written of [...(this.#effects(transaction)?.sigmas ?? [])].reverse()) {
        const place = { block: Number(block.number), transaction: transaction.index, index: written.index };
        yield { sigma: sigmaOf(block, transaction, written), place };
      }
    }
  }

  #summary(channel: Channel, block: LedgerBlock): Block {
    const { number, hash, previousHash, dataHash, transactions } = block;
    return {
      channel,
      number: Number(number),
      hash: toHex(hash),
      previousHash: toHex(previousHash),
      dataHash: toHex(dataHash),
      transactions: transactions.length,
      valid: transactions.filter(({ valid }) => valid).length,
      sigmas: transactions.reduce((sum, each) => sum + (this.#effects(each)?.sigmas.length ?? 0), 0),
      bytes: transactions.reduce((sum, { envelope }) => sum + envelope.length, 0),
      committedAt: timeOf(block),
    };
  }

  #effects(transaction: LedgerTransaction): Effects | undefined {
    if (!transaction.valid || transaction.chaincode !== this.#chaincode) return undefined;
    return readEffects(transaction);
  }

  async #read(channel: Channel, number: number): Promise<LedgerBlock | undefined> {
    const kept = await this.#archives[channel].block(number);
    if (!kept) return undefined;
    const { header, signatures, transactions } = kept;
    return assembleBlock(
      header,
      transactions.map(({ envelope }) => envelope),
      transactions.map(({ validationCode }) => validationCode),
      signatures,
    );
  }
}

function sigmaOf(block: LedgerBlock, transaction: LedgerTransaction, written: Effects['sigmas'][number]): Sigma {
  const { entryCount, epoch, notAfter, bytes } = describeSigma(written.sigma);
  return {
    id: toHex(written.sigmaId),
    channel: 'datachain',
    block: Number(block.number),
    transactionId: transaction.transactionId,
    index: written.index,
    bytes,
    receivers: entryCount,
    epoch,
    notAfter: isoSeconds(notAfter) ?? String(notAfter),
    committedAt: isoSeconds(transaction.timestamp),
  };
}

function headerOf(sigma: Uint8Array): SigmaDetail['header'] {
  const said = Object.entries(describeSigma(sigma)).filter(([member]) => member !== 'id' && member !== 'bytes');
  return Object.fromEntries(said);
}

function isBefore(place: SigmaPlace, than: SigmaPlace): boolean {
  if (place.block !== than.block) return place.block < than.block;
  if (place.transaction !== than.transaction) return place.transaction < than.transaction;
  return place.index < than.index;
}

function timeOf({ transactions }: LedgerBlock): string | null {
  return isoSeconds(Math.max(0, ...transactions.map(({ timestamp }) => timestamp)));
}

/** Null where no calendar reaches it, and for a transaction without a time. */
function isoSeconds(seconds: number): string | null {
  const date = new Date(seconds * 1000);
  return seconds <= 0 || Number.isNaN(date.getTime()) ? null : date.toISOString();
}

function protobufOf({ header, signatures, transactions }: LedgerBlock): Uint8Array {
  const data = new common.BlockData();
  data.setDataList(transactions.map(({ envelope }) => envelope));
  const metadata = new common.BlockMetadata();
  const codes = Uint8Array.from(transactions, ({ validationCode }) => validationCode);
  metadata.setMetadataList([signatures, new Uint8Array(), codes, new Uint8Array(), new Uint8Array()]);
  const block = new common.Block();
  block.setHeader(common.BlockHeader.deserializeBinary(header));
  block.setData(data);
  block.setMetadata(metadata);
  return block.serializeBinary();
}
