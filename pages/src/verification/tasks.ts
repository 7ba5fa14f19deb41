import { reportBlock } from './block';
import { type BlockReport, type ParamsReport, type SigmaReport } from './report';
import { reportSigma } from './sigma';
import { parseTrust, reportParams } from './trust';

/** What the page asks of the worker. `trust` is the text of params.json or trust.json. */
export type Task =
  | { readonly kind: 'params'; readonly trust: string }
  | { readonly kind: 'sigma'; readonly trust: string; readonly bytes: Uint8Array }
  | { readonly kind: 'block'; readonly trust: string; readonly blocks: readonly Uint8Array[] };

export interface Reports {
  readonly params: ParamsReport;
  readonly sigma: SigmaReport;
  readonly block: BlockReport;
}

/** @throws InputError, E_BLOCK_MALFORMED among its codes; SigncryptionError E_PARAMS */
export function perform(task: Task): Reports[Task['kind']] {
  const trust = parseTrust(task.trust);
  switch (task.kind) {
    case 'params':
      return reportParams(trust);
    case 'sigma':
      return reportSigma(trust.params, task.bytes);
    case 'block':
      return reportBlock(trust, task.blocks);
  }
}
