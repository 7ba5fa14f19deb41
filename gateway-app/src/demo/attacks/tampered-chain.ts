import { createHash } from 'node:crypto';

import { common } from '@hyperledger/fabric-protos';

import { type ChainAuditOptions, verifyChain } from '../../audit';
import { type BlockOptions, type BlockSource, type Channel, type LedgerBlock } from '../../ledger';
import { assembleBlock } from '../../ledger/block';
import { ACCEPTED, type Attack, type AttackOutcome } from './attack';
import { flipped } from './forger';

/**
 * What somebody with one organisation's disk can do to the blocks it hands out, and how the audit takes it.
 * @param sigma one that stands on the chain
 */
export function tamperings(audit: ChainAuditOptions, sigma: Uint8Array): Attack[] {
  const holding = (block: LedgerBlock): boolean => indexOfHolder(block, sigma) >= 0;
  return [
    {
      name: 'one bit of a block on disk is changed',
      run: () => audited(audit, (block) => (holding(block) ? withFlippedSigma(block, sigma, block.header) : block)),
    },
    {
      name: 'one bit is changed and the block’s own hash made to fit',
      run: () => audited(audit, (block) => (holding(block) ? rehashed(block, sigma) : block)),
    },
    {
      name: 'a block is left out',
      run: () => audited(audit, (block) => (holding(block) ? undefined : block)),
    },
  ];
}

type Tamper = (block: LedgerBlock) => LedgerBlock | undefined;

async function audited(audit: ChainAuditOptions, tamper: Tamper): Promise<AttackOutcome> {
  const source: BlockSource = {
    async *blocks(channel: Channel, options: BlockOptions) {
      for await (const block of audit.source.blocks(channel, options)) {
        const given = channel === 'datachain' ? tamper(block) : block;
        if (given) yield given;
      }
    },
  };
  const { verified, faults } = await verifyChain({ ...audit, source });
  return verified ? ACCEPTED : { refused: true, code: faults[0]?.code ?? 'E_INTERNAL' };
}

function indexOfHolder({ transactions }: LedgerBlock, sigma: Uint8Array): number {
  return transactions.findIndex(({ valid, envelope }) => valid && Buffer.from(envelope).includes(Buffer.from(sigma)));
}

function tamperedEnvelopes({ transactions }: LedgerBlock, holder: number, sigma: Uint8Array): Uint8Array[] {
  return transactions.map(({ envelope }, index) => {
    if (index !== holder) return envelope;
    const at = Buffer.from(envelope).indexOf(Buffer.from(sigma)) + Math.floor(sigma.length / 2);
    return flipped(envelope, at * 8);
  });
}

function withFlippedSigma(block: LedgerBlock, sigma: Uint8Array, header: Uint8Array): LedgerBlock {
  const envelopes = tamperedEnvelopes(block, indexOfHolder(block, sigma), sigma);
  const codes = block.transactions.map(({ validationCode }) => validationCode);
  return assembleBlock(header, envelopes, codes, block.signatures);
}

function rehashed(block: LedgerBlock, sigma: Uint8Array): LedgerBlock {
  const hash = createHash('sha256');
  for (const envelope of tamperedEnvelopes(block, indexOfHolder(block, sigma), sigma)) hash.update(envelope);
  const header = common.BlockHeader.deserializeBinary(block.header);
  header.setDataHash(Uint8Array.from(hash.digest()));
  return withFlippedSigma(block, sigma, header.serializeBinary());
}
