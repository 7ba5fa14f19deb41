/** A system that people look at after its vehicles charged: as `replay` leaves it and `deployment up` starts it again. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type LedgerKind } from '@chargecast/network';

import { DEMO_TARIFF } from '../../demo/tariff';
import { Deployment, layoutOf, type Manifest, readManifest } from '../../deployment';
import { runReplay } from '../../replay';
import { type ReplaySummary } from '../../replay/summary';
import { PeopleSite } from './people-site';

export interface ReplayedSite {
  readonly site: PeopleSite;
  readonly summary: ReplaySummary;
}

const silent = { step: () => ({ update: () => undefined, done: () => undefined }), line: () => undefined };

/**
 * @param vehicles of the synthetic sessions
 * @param lookOn begins as soon as the roles run, beside the sessions
 */
export async function replayedSite(
  ledger: LedgerKind,
  vehicles: number,
  lookOn?: (site: PeopleSite) => Promise<void>,
): Promise<ReplayedSite> {
  const directory = await mkdtemp(join(tmpdir(), 'chargecast-day-'));
  try {
    const options = { directory, ledger, vehicles, speed: 'max', tariff: DEMO_TARIFF, people: true } as const;
    const { signal } = new AbortController();
    const disturb = lookOn && ((deployment: Deployment): Promise<void> => lookOn(PeopleSite.of(deployment)));
    const summary = await runReplay({ ...options, mode: 'in-process', signal, ...(disturb && { disturb }) }, silent);
    const { fleet } = (await readManifest(layoutOf(directory))) as Manifest;
    const charging = { tariff: DEMO_TARIFF };
    const deployment = await Deployment.open({ directory, fleet, ledger, charging, people: true });
    return { site: await PeopleSite.started(deployment), summary };
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}
