import { blockQuorum } from '@chargecast/network';
import { common } from '@hyperledger/fabric-protos';
import { type KeyObject, verify, X509Certificate } from 'node:crypto';

import { CodedError } from '../common/errors';
import { headerDer } from './block';
import { readConfig } from './envelope';
import { type Channel, type LedgerBlock, LedgerError } from './port';
import { readSignatureMetadata } from './signature-metadata';
import { type TrustBundle } from './trust';

/** An orderer whose signature on a channel's blocks counts. */
export interface Consenter {
  /** As the channel's configuration numbers it and block signatures name it. */
  readonly id: number;
  readonly mspId: string;
  /** PEM. */
  readonly certificate: string;
}

/**
 * Accepts a channel's next block, its number and previous hash being checked already: block 0 by its pinned hash, any other
 * by the signatures of a quorum of the orderers, ⌈(n + l + 1) / 2⌉ of n. The channel's own configuration names the
 * orderers: that of block 0 is pinned, a later one stands in a block which the orderers before it have signed. So whoever
 * passes blocks on can neither forge one nor say that none are signed.
 * @param consenters in force after the block before; none before block 0, and none on a ledger that signs no blocks
 * @returns those who sign the next block
 * @throws LedgerError E_GENESIS, E_BLOCK_SIGNATURES; CodedError E_TRUST
 */
export function acceptBlock(
  trust: Pick<TrustBundle, 'ordering' | 'genesis'>,
  channel: Channel,
  block: LedgerBlock,
  consenters: readonly Consenter[],
): readonly Consenter[] {
  const isFirst = block.number === 0n;
  if (isFirst && Buffer.from(block.hash).toString('hex') !== trust.genesis[channel]) {
    throw new LedgerError('E_GENESIS', `block 0 of ${channel} is not the one in trust.json: distrust its source`);
  }
  if (trust.ordering === 'bft' && !isFirst) ensureSigned(block, consenters);
  const next = configuredConsenters(block) ?? consenters;
  if (next.length > 0 !== (trust.ordering === 'bft')) {
    throw new CodedError(
      'E_TRUST',
      `trust.json says "ordering": "${trust.ordering}", block ${block.number} of ${channel} names ${next.length} orderers that sign: take the trust.json of this ledger`,
    );
  }
  return next;
}

/** The orderers that a configuration block sets; undefined for any other block. */
export function configuredConsenters({ transactions }: LedgerBlock): readonly Consenter[] | undefined {
  const [only, ...more] = transactions;
  if (only?.kind !== 'config' || more.length > 0) return undefined;
  try {
    const config = readConfig(only.envelope);
    if (!config) return undefined;
    const value = config.getChannelGroup()?.getGroupsMap().get('Orderer')?.getValuesMap().get('Orderers');
    const orderers = common.Orderers.deserializeBinary(value?.getValue_asU8() ?? new Uint8Array(0));
    return orderers.getConsenterMappingList().map((consenter) => ({
      id: consenter.getId(),
      mspId: consenter.getMspId(),
      certificate: Buffer.from(consenter.getIdentity_asU8()).toString('utf8'),
    }));
  } catch (error) {
    throw new LedgerError('E_BLOCK_MALFORMED', 'a channel configuration cannot be read: distrust its source', {
      cause: error,
    });
  }
}

function ensureSigned(block: LedgerBlock, consenters: readonly Consenter[]): void {
  const needed = blockQuorum(consenters.length);
  const signers = signersOf(block, consenters);
  if (signers < needed) {
    throw new LedgerError(
      'E_BLOCK_SIGNATURES',
      `block ${block.number} is signed by ${signers} of the ${needed} orderers needed: distrust its source`,
    );
  }
}

/** How many of the orderers have signed metadata value ‖ identifier header ‖ block header. */
function signersOf(
  { number, previousHash, dataHash, signatures }: LedgerBlock,
  consenters: readonly Consenter[],
): number {
  const header = headerDer(number, previousHash, dataHash);
  const signers = new Set<number>();
  try {
    const metadata = readSignatureMetadata(signatures);
    for (const { identifierHeader, signature } of metadata.signatures) {
      const id = common.IdentifierHeader.deserializeBinary(identifierHeader).getIdentifier();
      const consenter = consenters.find((candidate) => candidate.id === id);
      if (!consenter || signers.has(id)) continue;
      const signed = Buffer.concat([metadata.value, identifierHeader, header]);
      if (verify('sha256', signed, keyOf(consenter), signature)) signers.add(id);
    }
  } catch (error) {
    throw new LedgerError(
      'E_BLOCK_SIGNATURES',
      `the signatures of block ${number} cannot be read: distrust its source`,
      {
        cause: error,
      },
    );
  }
  return signers.size;
}

const keys = new WeakMap<Consenter, KeyObject>();

/** The configuration names the very certificate, so neither its issuer nor its expiry is looked at. */
function keyOf(consenter: Consenter): KeyObject {
  const known = keys.get(consenter) ?? new X509Certificate(consenter.certificate).publicKey;
  keys.set(consenter, known);
  return known;
}
