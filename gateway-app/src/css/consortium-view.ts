import { type ConsortiumView } from '../consortium';
import { type CertificateSummary } from '../consortium/schemas';
import { type ReplicaView } from '../replica';
import { type AlarmSources, alarmsOf } from './alarms';
import { type ChainView } from './chain-view';
import { type LedgerNodes } from './nodes';
import { type Readers } from './readers';

export interface ConsortiumParts {
  readonly chain: ChainView;
  readonly readers: Readers;
  readonly nodes: LedgerNodes;
  readonly replica: Pick<ReplicaView, 'certificates' | 'statusOf' | 'isFresh'>;
  readonly alarms: Omit<AlarmSources, 'nodes' | 'readers' | 'replica'>;
}

/** The consortium as this gateway sees it. */
export function consortiumView({ chain, readers, nodes, replica, alarms }: ConsortiumParts): ConsortiumView {
  return {
    channels: () => chain.channels(),
    blocks: (channel, before, limit) => chain.blocks(channel, before, limit),
    block: (channel, number) => chain.block(channel, number),
    blockBytes: (channel, number) => chain.blockBytes(channel, number),
    sigmas: (before, limit) => chain.sigmas(before, limit),
    sigma: (id) => chain.sigma(id),
    sigmaBytes: (id) => chain.sigmaBytes(id),
    readers: () => Promise.resolve(readers.list()),
    nodes: () => nodes.status(),
    certificates: (after, limit) => certificatesOf(replica, after, limit, alarms.now()),
    alarms: () => alarmsOf({ ...alarms, replica, nodes: () => nodes.status(), readers: () => readers.list() }),
  };
}

async function certificatesOf(
  replica: Pick<ReplicaView, 'certificates' | 'statusOf'>,
  after: string | null,
  limit: number,
  now: number,
): Promise<CertificateSummary[]> {
  const found: CertificateSummary[] = [];
  if (limit === 0) return found;
  for await (const certificate of replica.certificates(after ?? undefined)) {
    const { id, provider, version, issuedAt, expiresAt, attributes } = certificate;
    found.push({
      id,
      role: attributes.role,
      provider,
      version,
      issuedAt: isoSeconds(issuedAt),
      expiresAt: isoSeconds(expiresAt),
      status: (await replica.statusOf(id, Math.floor(now / 1000))) ?? 'valid',
    });
    if (found.length === limit) break;
  }
  return found;
}

function isoSeconds(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
