import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { type ChainAuditOptions, type ChainReport, needleForms, openChain, verifyChain } from '../audit';
import { type Deployment } from '../deployment/deployment';
import { type Attack } from './attacks/attack';
import { tamperings } from './attacks/tampered-chain';
import { PlaintextScanner } from './plaintext-scan';
import { type Played } from './play';

export interface DemoAudit {
  readonly report: ChainReport;
  /** Attempts to pass a changed chain for the true one. */
  readonly tamperings: readonly Attack[];
}

/** What commands are made of as JSON; sealed, names are numbers, and a value tells. */
const PLAINTEXT = [
  ...['SetChargingProfile', 'chargingSchedule', 'totalMinor', 'transactionId', 'energyWh', 'commandId'],
  'TxProfile',
];

/**
 * Re-verifies both chains with nothing but `trust.json`, looks for anything that was sealed or names somebody, and
 * writes every committed σ to `sigmas/<id>.sigma`.
 * @param use called while the chain is open
 */
export async function auditChain(
  { layout, manifest }: Deployment,
  played: Played,
  use: (audit: DemoAudit) => Promise<void>,
): Promise<ChainReport> {
  const chain = await openChain(layout.directory);
  try {
    await mkdir(layout.sigmas, { recursive: true, mode: 0o700 });
    const options: ChainAuditOptions = { trust: chain.trust, source: chain.ledger, heights: chain.heights };
    const kept: Uint8Array[] = [];
    const report = await verifyChain({
      ...options,
      scanner: new PlaintextScanner(needles(manifest.fleet.vehicles, played).flatMap((each) => needleForms(each))),
      onSigma: async (id, sigma) => {
        if (kept.length === 0) kept.push(Uint8Array.from(sigma));
        await writeFile(join(layout.sigmas, `${id}.sigma`), sigma);
      },
    });
    await use({ report, tamperings: kept.flatMap((sigma) => tamperings(options, sigma)) });
    return report;
  } finally {
    chain.ledger.close();
  }
}

/** Everything sealed, and every name, as it would stand on the chain if something leaked it. */
function needles(
  vehicles: readonly { readonly name: string; readonly contract: string }[],
  { commandIds, transactionIds }: Played,
): (string | Uint8Array)[] {
  return [
    ...PLAINTEXT,
    ...vehicles.flatMap(({ name, contract }) => [name, contract]),
    ...transactionIds,
    ...commandIds.map((id) => Buffer.from(id, 'hex')),
  ];
}
