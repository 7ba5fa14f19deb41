import { type ProcessRole } from '@chargecast/network';

import { type Deployment } from '../deployment/deployment';

/** Sums over the running roles, as they say themselves. */
export interface RoleTotals {
  /** As the gateway says that saw most of them: each sees all. */
  readonly committed: number;
  readonly opened: number;
  readonly effects: number;
  readonly duplicatesSuppressed: number;
  readonly chargedMinor: number;
}

export async function roleTotals(deployment: Deployment): Promise<RoleTotals> {
  const piles = await statuses(deployment, 'cp');
  const gateways = await statuses(deployment, 'css');
  return {
    committed: Math.max(...gateways.map(({ committed }) => Number(committed ?? 0))),
    opened: sum(piles, 'opened'),
    effects: sum(piles, 'effects'),
    duplicatesSuppressed: sum(piles, 'duplicatesSuppressed'),
    chargedMinor: sum(piles, 'chargedMinor'),
  };
}

async function statuses(deployment: Deployment, role: ProcessRole): Promise<Record<string, unknown>[]> {
  return Promise.all(deployment.running(role).map(async (handle) => (await handle.status?.()) ?? {}));
}

function sum(all: readonly Record<string, unknown>[], member: string): number {
  return all.reduce((total, status) => total + Number(status[member] ?? 0), 0);
}
