import { common } from '@hyperledger/fabric-protos';
import { createHash } from 'node:crypto';

import { type ChainItem } from '../rpc/messages';
import { parseEnvelope } from './envelope';
import { type LedgerBlock, LedgerError } from './port';

/** @throws LedgerError E_BLOCK_MALFORMED if the data hash does not fit or a validation code is missing */
export function parseBlock(block: common.Block): LedgerBlock {
  const header = block.getHeader();
  const metadata = block.getMetadata()?.getMetadataList_asU8() ?? [];
  const part = (index: number): Uint8Array => metadata[index] ?? new Uint8Array(0);
  if (!header) throw malformed('a block has no header');
  return assembleBlock(
    header.serializeBinary(),
    block.getData()?.getDataList_asU8() ?? [],
    part(common.BlockMetadataIndex.TRANSACTIONS_FILTER),
    part(common.BlockMetadataIndex.SIGNATURES),
  );
}

/**
 * @param header common.BlockHeader
 * @param envelopes in order
 * @param validationCodes one for each envelope
 * @param signatures common.Metadata
 */
export function assembleBlock(
  header: Uint8Array,
  envelopes: readonly Uint8Array[],
  validationCodes: ArrayLike<number>,
  signatures: Uint8Array,
): LedgerBlock {
  const { number, previousHash, dataHash } = readHeader(header);
  const found = createHash('sha256');
  for (const envelope of envelopes) found.update(envelope);
  if (!found.digest().equals(dataHash)) throw malformed(`block ${number} does not hold the data its header names`);
  if (validationCodes.length !== envelopes.length) {
    throw malformed(
      `block ${number} has ${envelopes.length} transactions and ${validationCodes.length} validation codes`,
    );
  }
  return {
    number,
    previousHash,
    dataHash,
    header,
    hash: headerHash(number, previousHash, dataHash),
    signatures,
    transactions: envelopes.map((envelope, index) => parseEnvelope(envelope, index, validationCodes[index] as number)),
  };
}

function readHeader(bytes: Uint8Array): Pick<LedgerBlock, 'number' | 'previousHash' | 'dataHash'> {
  try {
    const header = common.BlockHeader.deserializeBinary(bytes);
    return {
      number: BigInt(header.getNumber()),
      previousHash: header.getPreviousHash_asU8(),
      dataHash: header.getDataHash_asU8(),
    };
  } catch (error) {
    throw malformed('a block header cannot be read', error);
  }
}

/** Fabric's block hash: SHA-256 over {@link headerDer}. */
export function headerHash(number: bigint, previousHash: Uint8Array, dataHash: Uint8Array): Uint8Array {
  return createHash('sha256')
    .update(headerDer(number, previousHash, dataHash))
    .digest();
}

/** DER SEQUENCE { INTEGER number, OCTET STRING previousHash, OCTET STRING dataHash }: what is hashed and signed. */
export function headerDer(number: bigint, previousHash: Uint8Array, dataHash: Uint8Array): Uint8Array {
  const body = Buffer.concat([der(0x02, unsigned(number)), der(0x04, previousHash), der(0x04, dataHash)]);
  return der(0x30, body);
}

/** Tag, length (below 65,536), content: X.690 8.1. */
function der(tag: number, content: Uint8Array): Buffer {
  const { length } = content;
  const lengthBytes = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...lengthBytes), content]);
}

/** Content of a DER INTEGER: big-endian, shortest, a zero in front where the top bit is set. */
function unsigned(number: bigint): Buffer {
  const hex = number.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return (bytes[0] as number) & 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes;
}

/** @throws LedgerError E_CHAIN_BROKEN unless `block` follows a block of this number and hash */
export function ensureFollows(previous: Pick<LedgerBlock, 'number' | 'hash'>, block: LedgerBlock): void {
  const follows = block.number === previous.number + 1n && Buffer.compare(block.previousHash, previous.hash) === 0;
  if (!follows) {
    throw new LedgerError(
      'E_CHAIN_BROKEN',
      `block ${block.number} does not follow block ${previous.number}: its source is not the ledger read so far`,
    );
  }
}

/** A block as one CSS streams it to those who hang on it, `assembleItems` puts it together again. */
export function toChainItems(block: LedgerBlock): ChainItem[] {
  const { transactions } = block;
  const last = transactions.length - 1;
  return transactions.map(({ envelope, validationCode }, index) => ({
    block: Number(block.number),
    index,
    envelope,
    validationCode,
    lastOfBlock: index === last,
    header: index === last ? block.header : new Uint8Array(0),
    transactions: transactions.length,
    signatures: index === last ? block.signatures : new Uint8Array(0),
  }));
}

/**
 * Blocks from a stream of items, each as soon as it is whole.
 * @throws LedgerError E_BLOCK_MALFORMED if items are left out, mixed up or do not make up the header's data
 */
export async function* assembleItems(items: AsyncIterable<ChainItem>): AsyncGenerator<LedgerBlock> {
  let pending: ChainItem[] = [];
  for await (const item of items) {
    const first = pending[0] ?? item;
    if (item.index !== pending.length || item.block !== first.block || item.transactions !== first.transactions) {
      throw malformed(`items of block ${first.block} are missing or out of order`);
    }
    pending.push(item);
    if (item.lastOfBlock !== (pending.length === item.transactions)) {
      throw malformed(`block ${item.block} ends before all its transactions`);
    }
    if (!item.lastOfBlock) continue;
    const block = assembleBlock(
      item.header,
      pending.map(({ envelope }) => envelope),
      pending.map(({ validationCode }) => validationCode),
      item.signatures,
    );
    if (block.number !== BigInt(item.block)) throw malformed(`block ${item.block} carries the header of another`);
    pending = [];
    yield block;
  }
}

function malformed(fault: string, cause?: unknown): LedgerError {
  return new LedgerError('E_BLOCK_MALFORMED', `${fault}: distrust its source`, { cause });
}
