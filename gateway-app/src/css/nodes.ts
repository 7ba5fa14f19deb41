import { existingLedger, fabricStatus, type LedgerStatus } from '@chargecast/network';

import { type Nodes } from '../consortium/schemas';

const KEEP_MS = 2_000;

/** The ledger's nodes; asked at most every two seconds, whoever looks. */
export class LedgerNodes {
  readonly #ask: () => Promise<LedgerStatus>;
  #newest: { readonly at: number; readonly nodes: Promise<Nodes> } | undefined;

  /** @param folder state of a Fabric network that this machine runs */
  constructor(profile: string, folder: string | undefined) {
    this.#ask = async () => {
      const ledger = await existingLedger(profile);
      return ledger.kind === 'fabric' && folder !== undefined ? fabricStatus(folder) : ledger.status();
    };
  }

  status(): Promise<Nodes> {
    const now = performance.now();
    if (!this.#newest || now - this.#newest.at > KEEP_MS) this.#newest = { at: now, nodes: this.#ask().then(nodesOf) };
    return this.#newest.nodes;
  }
}

function nodesOf({ kind, healthy, nodes }: LedgerStatus): Nodes {
  return {
    kind,
    healthy,
    nodes: nodes.map(({ name, kind: what, mspId, state, endpoint, heights = {}, leaderOf = [] }) => ({
      name,
      kind: what,
      mspId,
      state,
      endpoint,
      heights: { ...heights },
      leads: [...leaderOf],
    })),
  };
}
