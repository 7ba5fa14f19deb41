import { msp } from '@hyperledger/fabric-protos';

import { configuredConsenters } from './block-signatures';
import { readConfig } from './envelope';
import { type BlockSource, type Channel, type LedgerBlock, LedgerError } from './port';
import { type TrustBundle } from './trust';

/**
 * What a trust bundle pins of a ledger, for whoever makes the bundle: the source is believed. The members' certificate
 * authorities are those that block 0 of both channels names.
 * @throws LedgerError
 */
export async function pinGenesis(source: BlockSource): Promise<Pick<TrustBundle, 'ordering' | 'genesis' | 'roots'>> {
  const [certchain, datachain] = await Promise.all([firstBlock(source, 'certchain'), firstBlock(source, 'datachain')]);
  const signed = [certchain, datachain].map((block) => (configuredConsenters(block) ?? []).length > 0);
  if (signed[0] !== signed[1]) {
    throw new LedgerError('E_GENESIS', 'one channel has orderers that sign blocks, the other has none: use two alike');
  }
  const hash = (block: LedgerBlock): string => Buffer.from(block.hash).toString('hex');
  return {
    roots: { ...membersRoots(certchain), ...membersRoots(datachain) },
    ordering: signed[0] ? 'bft' : 'unsigned',
    genesis: { certchain: hash(certchain), datachain: hash(datachain) },
  };
}

/** MSP id → root certificates of each member of the channel, PEM. */
function membersRoots({ transactions }: LedgerBlock): Record<string, readonly string[]> {
  const config = transactions[0] && readConfig(transactions[0].envelope);
  const groups = config?.getChannelGroup()?.getGroupsMap().get('Application')?.getGroupsMap();
  const roots: Record<string, readonly string[]> = {};
  groups?.forEach((group) => {
    const value = group.getValuesMap().get('MSP')?.getValue_asU8() ?? new Uint8Array(0);
    const member = msp.FabricMSPConfig.deserializeBinary(msp.MSPConfig.deserializeBinary(value).getConfig_asU8());
    roots[member.getName()] = member.getRootCertsList_asU8().map((pem) => Buffer.from(pem).toString('utf8'));
  });
  return roots;
}

async function firstBlock(source: BlockSource, channel: Channel): Promise<LedgerBlock> {
  for await (const block of source.blocks(channel, { from: 0n })) return block;
  throw new LedgerError('E_LEDGER_UNAVAILABLE', `the ledger gave no block of ${channel}: try again`);
}
