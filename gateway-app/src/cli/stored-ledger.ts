import { type LedgerKind, type RunningLedger, type Topology } from '@chargecast/network';
import { resolve } from 'node:path';

import { type OpenChain } from '../audit/deployment-chain';
import { codeOf } from '../common/errors';
import { CHAINCODE_BUNDLE } from '../deployment/root';
import { type Io } from './io';
import { progressLine } from './progress-line';

/** What a deployment folder with a ledger of its own was built with: that cannot be started otherwise. */
export async function builtWith(folder: string): Promise<{ ledger: LedgerKind; topology: Topology } | undefined> {
  const { layoutOf, readManifest, topologyOf } = await import('../deployment/index.js');
  const manifest = await readManifest(layoutOf(folder));
  if (!manifest || manifest.existing) return undefined;
  return { ledger: manifest.ledger, topology: topologyOf(manifest) };
}

/**
 * Gives `read` the chain of a deployment folder or connection profile. A deployment at rest has its ledger started for
 * the time of reading, so that what it holds can be verified without a running system.
 */
export async function withChain<T>(
  io: Io,
  place: string,
  trustFile: string | undefined,
  read: (chain: OpenChain) => Promise<T>,
): Promise<T> {
  const { openChain } = await import('../audit/deployment-chain.js');
  let resting: RunningLedger | undefined;
  try {
    const chain = await openChain(place, trustFile).catch(async (error: unknown) => {
      resting = await startResting(io, place, error);
      return openChain(place, trustFile);
    });
    try {
      return await read(chain);
    } finally {
      chain.ledger.close();
    }
  } finally {
    await resting?.stop();
  }
}

async function startResting(io: Io, place: string, error: unknown): Promise<RunningLedger> {
  const atRest = codeOf(error) === 'E_LEDGER_UNAVAILABLE' && !place.endsWith('.json');
  const built = atRest ? await builtWith(resolve(place)) : undefined;
  if (!built) throw error;
  io.note('the ledger is not running: it is started for this command');
  const { layoutOf } = await import('../deployment/index.js');
  const { startLedger } = await import('@chargecast/network');
  return startLedger({
    ...built,
    stateDir: layoutOf(resolve(place)).ledger,
    chaincodeBundle: CHAINCODE_BUNDLE,
    onProgress: progressLine(io),
  });
}
