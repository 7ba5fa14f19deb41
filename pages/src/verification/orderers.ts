import { concat, equal, toHex } from '@chargecast/signcryption/bytes';

import { readCertificate, verifyEcdsa } from './certificate';
import { type FabricBlock } from './fabric-block';
import { InputError } from './input';
import { Message } from './protobuf';
import { type Check } from './report';

/** An orderer whose signature on a channel's blocks counts. */
interface Consenter {
  readonly id: number;
  readonly mspId: string;
  readonly publicKey: Uint8Array;
}

export interface OrdererVerdict {
  readonly check: Check;
  /** Numbers of blocks of the channel that are needed to judge. */
  readonly missing: readonly bigint[];
}

const NAME = 'Orderers';
const MEANING = 'A quorum of the orderers that the channel’s own configuration names has signed this block.';

class Missing extends Error {
  constructor(readonly number: bigint) {
    super(`block ${number} is needed`);
  }
}

class Refused extends Error {}

/**
 * Judges a block by the signatures of the orderers that the configuration in force names. That configuration stands in a
 * block which the signed metadata points to; it is judged the same way, down to block 0, whose hash is pinned.
 * @param known blocks of the channel by number
 * @param genesis hash of its block 0, hex
 */
export function judgeOrderers(
  block: FabricBlock,
  known: ReadonlyMap<bigint, FabricBlock>,
  genesis: string,
): OrdererVerdict {
  try {
    const detail = block.number === 0n ? judgeFirst(block, genesis) : judgeSigned(block, known, genesis);
    return { check: { name: NAME, meaning: MEANING, result: 'holds', detail }, missing: [] };
  } catch (error) {
    if (error instanceof Missing) {
      const detail = `needs block ${error.number} of this channel: give it, too`;
      return { check: { name: NAME, meaning: MEANING, result: 'unchecked', detail }, missing: [error.number] };
    }
    if (!(error instanceof Refused)) throw error;
    return {
      check: { name: NAME, meaning: MEANING, result: 'fails', code: 'E_BLOCK_SIGNATURES', detail: error.message },
      missing: [],
    };
  }
}

function judgeFirst(block: FabricBlock, genesis: string): string {
  if (toHex(block.hash) !== genesis) throw new Refused('this block 0 is not the one pinned in trust.json');
  return 'block 0 is the one pinned in trust.json; it bears no signatures';
}

function judgeSigned(block: FabricBlock, known: ReadonlyMap<bigint, FabricBlock>, genesis: string): string {
  const consenters = consentersOf(configBefore(block, known), known, genesis);
  const signers = signersOf(block, consenters);
  const needed = quorumOf(consenters.length);
  if (signers.length < needed) {
    throw new Refused(`${signers.length} of the ${needed} orderers needed have signed`);
  }
  return `${signers.length} of ${consenters.length} have signed (${needed} needed): ${signers.map(({ mspId }) => mspId).join(', ')}`;
}

/** Number of the block with the configuration by which a block is signed. */
function configBefore(block: FabricBlock, known: ReadonlyMap<bigint, FabricBlock>): bigint {
  const lastConfig = lastConfigOf(block);
  if (lastConfig < block.number) return lastConfig;
  // A configuration block points to itself and is signed under the configuration before it.
  const before = block.number - 1n;
  if (before === 0n) return 0n;
  const previous = need(known, before);
  if (!equal(previous.hash, block.previousHash)) throw new Refused(`block ${before} is not the one before this block`);
  return lastConfigOf(previous);
}

function lastConfigOf({ number, signatures }: FabricBlock): bigint {
  if (signatures.list.length === 0) throw new Refused(`block ${number} bears no signature`);
  try {
    return new Message(signatures.value).message(1).integer(1);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new Refused(`what the orderers signed of block ${number} cannot be read`);
  }
}

function consentersOf(number: bigint, known: ReadonlyMap<bigint, FabricBlock>, genesis: string): readonly Consenter[] {
  const block = need(known, number);
  if (!equal(block.computedDataHash, block.dataHash)) throw new Refused(`block ${number} does not hold its data`);
  if (number === 0n) judgeFirst(block, genesis);
  else judgeSigned(block, known, genesis);
  const config = block.transactions[0]?.config;
  if (!config) throw new Refused(`block ${number} holds no configuration`);
  return readConsenters(config);
}

function readConsenters(config: Message): Consenter[] {
  const orderer = config.message(2).entry(2, 'Orderer');
  const list = orderer?.entry(3, 'Orderers')?.message(2).all(1) ?? [];
  return list.map((bytes) => {
    const consenter = new Message(bytes);
    return {
      id: consenter.number(1),
      mspId: consenter.text(4),
      publicKey: readCertificate(consenter.text(5)).publicKey,
    };
  });
}

/** Those who signed metadata value ‖ identifier header ‖ block header, each once. */
function signersOf({ signatures, headerDer }: FabricBlock, consenters: readonly Consenter[]): Consenter[] {
  const signers = new Set<Consenter>();
  for (const { signer, identifier, signature } of signatures.list) {
    const consenter = consenters.find(({ id }) => id === signer);
    if (!consenter || signers.has(consenter)) continue;
    const signed = concat(signatures.value, identifier, headerDer);
    if (verifyEcdsa(consenter.publicKey, signed, signature)) signers.add(consenter);
  }
  return [...signers];
}

/** ⌈(n + f + 1) / 2⌉ of n orderers, f = ⌊(n − 1) / 3⌋ of whom may be hostile. */
const quorumOf = (orderers: number): number => Math.ceil((orderers + Math.floor((orderers - 1) / 3) + 1) / 2);

function need(known: ReadonlyMap<bigint, FabricBlock>, number: bigint): FabricBlock {
  const block = known.get(number);
  if (!block) throw new Missing(number);
  return block;
}
