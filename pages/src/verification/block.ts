import { equal, toHex } from '@chargecast/signcryption/bytes';

import { type CommittedSigma, readBatch } from './batches';
import { Endorsers } from './endorsers';
import { type FabricBlock, readBlock } from './fabric-block';
import { InputError } from './input';
import { judgeOrderers } from './orderers';
import { allHold, type BlockReport, type Check, type SigmaInBlock } from './report';
import { reportSigma } from './sigma';
import { type Trust } from './trust';

type Channel = 'certchain' | 'datachain';

/**
 * Verifies one block from public parameters: its data, its place behind the block before, who ordered and who endorsed it,
 * the Merkle trees of its σ and every σ.
 * @param given blocks: judged is the newest of the channel of the last one, from the others of that channel is taken what
 * is needed: the block before, those with configurations
 */
export function reportBlock(trust: Trust, given: readonly Uint8Array[]): BlockReport {
  const started = performance.now();
  const read = given.map(readBlock);
  const ofChannel = read.filter((other) => channelName(other) === channelName(read.at(-1)));
  const block = ofChannel.reduce((newest, other) => (other.number > newest.number ? other : newest));
  const known = new Map(ofChannel.map((other) => [other.number, other]));
  const name = channelName(block);
  const channel = channelOf(trust, name);
  const [batches, committed] = judgeBatches(block);
  const sigmas = committed.map((sigma) => judgeSigma(trust, sigma));
  const orderers = judgeOrdering(trust, channel, block, known);
  const checks = [
    judgeChannel(channel, name),
    judgeData(block),
    judgeLink(block, known),
    orderers.check,
    judgeEndorsements(trust, name, block),
    batches,
    judgeSigmas(sigmas),
  ];
  const missing = [
    ...orderers.missing,
    ...(block.number > 0n && !known.has(block.number - 1n) ? [block.number - 1n] : []),
  ];
  return {
    kind: 'block',
    holds: allHold(checks),
    channelName: name,
    ...(channel && { channel }),
    number: Number(block.number),
    hash: toHex(block.hash),
    previousHash: toHex(block.previousHash),
    dataHash: toHex(block.dataHash),
    transactions: block.transactions.length,
    invalidTransactions: block.transactions.filter(({ validationCode }) => validationCode !== 0).length,
    checks,
    sigmas,
    missing: missing.map(Number),
    milliseconds: performance.now() - started,
  };
}

const channelName = (block: FabricBlock | undefined): string =>
  block?.transactions.find(({ channel }) => channel !== '')?.channel ?? '';

function channelOf({ params }: Trust, name: string): Channel | undefined {
  if (name === params.datachain) return 'datachain';
  return name === params.certchain ? 'certchain' : undefined;
}

function judgeChannel(channel: Channel | undefined, name: string): Check {
  const head = { name: 'Channel', meaning: 'The block is of one of the two channels these params name.' };
  if (channel) return { ...head, result: 'holds', detail: name };
  return { ...head, result: 'fails', code: 'E_CHANNEL', detail: `it is of the channel ${name || '(none named)'}` };
}

function judgeData({ dataHash, computedDataHash }: FabricBlock): Check {
  const head = { name: 'Data hash', meaning: 'The block holds exactly the transactions its header names.' };
  if (equal(dataHash, computedDataHash)) return { ...head, result: 'holds' };
  return { ...head, result: 'fails', code: 'E_BLOCK_MALFORMED', detail: 'the transactions have another hash' };
}

function judgeLink({ number, previousHash }: FabricBlock, known: ReadonlyMap<bigint, FabricBlock>): Check {
  const head = {
    name: 'Hash chain',
    meaning: 'The header names the hash of the block before: history was not rewritten.',
  };
  if (number === 0n) return { ...head, result: 'holds', detail: 'it is the first block' };
  const previous = known.get(number - 1n);
  if (!previous) return { ...head, result: 'unchecked', detail: `needs block ${number - 1n}: give it, too` };
  if (equal(previousHash, previous.hash))
    return { ...head, result: 'holds', detail: `it follows block ${number - 1n}` };
  return {
    ...head,
    result: 'fails',
    code: 'E_CHAIN_BROKEN',
    detail: `it does not follow the block ${number - 1n} given`,
  };
}

function judgeOrdering(
  { ledger }: Trust,
  channel: Channel | undefined,
  block: FabricBlock,
  known: ReadonlyMap<bigint, FabricBlock>,
): ReturnType<typeof judgeOrderers> {
  const unchecked = (detail: string): ReturnType<typeof judgeOrderers> => ({
    check: {
      name: 'Orderers',
      meaning: 'A quorum of the channel’s orderers has signed this block.',
      result: 'unchecked',
      detail,
    },
    missing: [],
  });
  if (!ledger) return unchecked('needs trust.json: params alone do not say who orders');
  if (!channel) return unchecked('the channel is unknown');
  if (block.number === 0n || ledger.ordering === 'bft') return judgeOrderers(block, known, ledger.genesis[channel]);
  return unchecked('trust.json says that nobody signs the blocks of this ledger');
}

function judgeEndorsements({ params, ledger }: Trust, channel: string, { transactions }: FabricBlock): Check {
  const head = {
    name: 'Endorsements',
    meaning: 'More than half of the pinned organisations stand behind what every valid transaction writes.',
  };
  const valid = transactions.filter(({ kind, validationCode }) => kind === 'endorser' && validationCode === 0);
  if (!ledger) return { ...head, result: 'unchecked', detail: 'needs trust.json: params alone name no certificates' };
  const endorsers = new Endorsers(params, ledger, channel);
  const own = valid.filter(({ chaincode }) => chaincode === ledger.chaincode);
  if (own.length === 0)
    return { ...head, result: 'unchecked', detail: 'there is no transaction of the chaincode in it' };
  const fault = own.map((transaction) => endorsers.faultOf(transaction)).find((found) => found !== undefined);
  if (fault !== undefined) return { ...head, result: 'fails', code: 'E_ENDORSEMENT', detail: fault };
  return { ...head, result: 'holds', detail: `${own.length} transactions, by ${endorsers.needed} or more each` };
}

function judgeBatches({ transactions }: FabricBlock): [Check, CommittedSigma[]] {
  const head = {
    name: 'Merkle paths',
    meaning: 'Every σ stands under its own id, once, on its path to the root that its transaction wrote.',
  };
  const valid = transactions.filter(({ kind, validationCode }) => kind === 'endorser' && validationCode === 0);
  try {
    const committed = valid.flatMap(readBatch);
    if (committed.length === 0) return [{ ...head, result: 'unchecked', detail: 'there is no σ in it' }, []];
    return [{ ...head, result: 'holds', detail: `${committed.length} σ` }, committed];
  } catch (error) {
    if (error instanceof InputError || !(error instanceof Error)) throw error;
    return [{ ...head, result: 'fails', code: 'E_WRITE_SET', detail: error.message }, []];
  }
}

function judgeSigma({ params }: Trust, sigma: CommittedSigma): SigmaInBlock {
  const { checks, holds } = reportSigma(params, Uint8Array.from(sigma.bytes));
  const failed = checks.find(({ result }) => result === 'fails');
  return {
    ...sigma,
    bytes: Uint8Array.from(sigma.bytes),
    holds,
    ...(failed?.code !== undefined && { code: failed.code }),
  };
}

function judgeSigmas(sigmas: readonly SigmaInBlock[]): Check {
  const head = { name: 'σ', meaning: 'Every σ in the block passes public verification.' };
  if (sigmas.length === 0) return { ...head, result: 'unchecked', detail: 'there is none in it' };
  const failing = sigmas.filter(({ holds }) => !holds);
  if (failing.length === 0) return { ...head, result: 'holds', detail: `${sigmas.length} of ${sigmas.length}` };
  return {
    ...head,
    result: 'fails',
    code: failing[0]?.code ?? 'E_SIGMA_MALFORMED',
    detail: `${failing.length} of ${sigmas.length} do not hold`,
  };
}
