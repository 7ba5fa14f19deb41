import { configuredConsenters } from './block-signatures';
import { type BlockSource, type Channel, type LedgerBlock, LedgerError } from './port';
import { type TrustBundle } from './trust';

/**
 * What a trust bundle pins of a ledger's blocks, for whoever makes the bundle: the source is believed.
 * @throws LedgerError
 */
export async function pinGenesis(source: BlockSource): Promise<Pick<TrustBundle, 'ordering' | 'genesis'>> {
  const [certchain, datachain] = await Promise.all([firstBlock(source, 'certchain'), firstBlock(source, 'datachain')]);
  const signed = [certchain, datachain].map((block) => (configuredConsenters(block) ?? []).length > 0);
  if (signed[0] !== signed[1]) {
    throw new LedgerError('E_GENESIS', 'one channel has orderers that sign blocks, the other has none: use two alike');
  }
  const hash = (block: LedgerBlock): string => Buffer.from(block.hash).toString('hex');
  return {
    ordering: signed[0] ? 'bft' : 'unsigned',
    genesis: { certchain: hash(certchain), datachain: hash(datachain) },
  };
}

async function firstBlock(source: BlockSource, channel: Channel): Promise<LedgerBlock> {
  for await (const block of source.blocks(channel, { from: 0n })) return block;
  throw new LedgerError('E_LEDGER_UNAVAILABLE', `the ledger gave no block of ${channel}: try again`);
}
