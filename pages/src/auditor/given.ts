import { Problem } from '../shell/problem';
import { getBytes } from '../shell/api';
import { looksLikeBlock } from '../verification/input';
import { type BlockReport, type SigmaReport } from '../verification/report';
import { verify } from '../verification/verifier';

export type Verdict = SigmaReport | BlockReport;

/**
 * Verifies what was given last.
 * @param given σ and blocks; blocks given before may be needed to judge a block
 * @throws InputError
 */
export function judge(trust: string, given: readonly Uint8Array[]): Promise<Verdict> {
  const last = given.at(-1) ?? new Uint8Array(0);
  if (!looksLikeBlock(last)) return verify({ kind: 'sigma', trust, bytes: last });
  return verify({ kind: 'block', trust, blocks: given.filter(looksLikeBlock) });
}

export const blockAddress = (channel: string, number: number | string): string => `/v1/blocks/${channel}/${number}`;

export const fetchBlock = (channel: string, number: number | string, signal?: AbortSignal): Promise<Uint8Array> =>
  getBytes(blockAddress(channel, number), 'application/x-protobuf', signal);

/** A block judged by fetching what its verdict still lacks, as far as the service has it. */
export async function judgeServed(
  trust: string,
  channel: string,
  number: number,
  signal: AbortSignal,
): Promise<BlockReport> {
  const blocks = [await fetchBlock(channel, number, signal)];
  const asked = new Set<number>();
  for (;;) {
    const report = await verify({ kind: 'block', trust, blocks });
    const wanted = report.missing.filter((missing) => !asked.has(missing));
    if (wanted.length === 0) return report;
    for (const missing of wanted) {
      asked.add(missing);
      const block = await fetchBlock(channel, missing, signal).catch(notThere);
      if (block) blocks.unshift(block);
    }
  }
}

function notThere(error: unknown): undefined {
  if (error instanceof Problem && error.status === 404) return undefined;
  throw error;
}
