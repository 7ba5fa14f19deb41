import { concat } from '@chargecast/signcryption/bytes';
import { sha256 } from '@noble/hashes/sha2.js';

import { element, INTEGER, OCTET_STRING, SEQUENCE } from './der';
import { InputError } from './input';
import { Message } from './protobuf';
import { type FabricTransaction, readTransaction } from './fabric-transaction';

/** A `common.Block` as read; nothing of it is verified. */
export interface FabricBlock {
  readonly number: bigint;
  readonly previousHash: Uint8Array;
  readonly dataHash: Uint8Array;
  /** SHA-256 over the transactions it holds. */
  readonly computedDataHash: Uint8Array;
  /** DER of number, previous hash and data hash: what is hashed and signed. */
  readonly headerDer: Uint8Array;
  readonly hash: Uint8Array;
  readonly transactions: readonly FabricTransaction[];
  readonly signatures: BlockSignatures;
}

export interface BlockSignatures {
  /** `common.OrdererBlockMetadata`, signed beside the header: names the block with the configuration in force. */
  readonly value: Uint8Array;
  readonly list: readonly {
    readonly signer: number;
    readonly identifier: Uint8Array;
    readonly signature: Uint8Array;
  }[];
}

/** Places in the block's metadata. */
const SIGNATURES = 0;
const TRANSACTIONS_FILTER = 2;

/** @throws InputError E_BLOCK_MALFORMED */
export function readBlock(bytes: Uint8Array): FabricBlock {
  const block = new Message(bytes);
  const header = block.message(1);
  const envelopes = block.message(2).all(1);
  const metadata = block.message(3).all(1);
  const codes = metadata[TRANSACTIONS_FILTER] ?? new Uint8Array(0);
  const [number, previousHash, dataHash] = [header.integer(1), header.bytes(2), header.bytes(3)];
  if (dataHash.length !== 32 || codes.length !== envelopes.length) {
    throw new InputError(
      'E_BLOCK_MALFORMED',
      `a header and ${envelopes.length} transactions need a data hash and as many validation codes: give the whole block`,
    );
  }
  const headerDer = element(
    SEQUENCE,
    concat(element(INTEGER, unsigned(number)), element(OCTET_STRING, previousHash), element(OCTET_STRING, dataHash)),
  );
  return {
    number,
    previousHash,
    dataHash,
    computedDataHash: sha256(concat(...envelopes)),
    headerDer,
    hash: sha256(headerDer),
    transactions: envelopes.map((envelope, index) => readTransaction(envelope, codes[index] as number)),
    signatures: readSignatures(metadata[SIGNATURES] ?? new Uint8Array(0)),
  };
}

function readSignatures(bytes: Uint8Array): BlockSignatures {
  const metadata = new Message(bytes);
  return {
    value: metadata.bytes(1),
    list: metadata.all(2).map((one) => {
      const signature = new Message(one);
      const identifier = signature.bytes(3);
      return { signer: new Message(identifier).number(1), identifier, signature: signature.bytes(2) };
    }),
  };
}

/** Content of a DER INTEGER: big-endian, shortest, a zero in front where the top bit is set. */
function unsigned(number: bigint): Uint8Array {
  const bytes: number[] = [];
  for (let rest = number; rest > 0n || bytes.length === 0; rest >>= 8n) bytes.unshift(Number(rest & 0xffn));
  return Uint8Array.from((bytes[0] as number) >= 0x80 ? [0, ...bytes] : bytes);
}
