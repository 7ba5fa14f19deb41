/** What one more message costs in consortia of growing size. */
import { quantile, rounded } from '../statistics';
import { type GrowthSubjects, type LedgerName } from './subject';

export interface OrganisationCosts {
  readonly ledger: LedgerName;
  readonly organisations: number;
  /** Median of one σ in a transaction of its own. */
  readonly commitMs: number;
  /** CPU time of the ledger's processes for it; absent where the system does not tell. */
  readonly ledgerCpuMs?: number;
  readonly transactionBytes: number;
  /** σ's of one receiver, gathered into full transactions. */
  readonly gatheredPerSecond: number;
}

export interface OrganisationsLoad {
  readonly organisations: Readonly<Record<LedgerName, readonly number[]>>;
  readonly samples: number;
  readonly gathered: number;
}

/** One consortium after the other. */
export async function organisationCosts(
  { chain, ledgers }: GrowthSubjects,
  { organisations, samples, gathered }: OrganisationsLoad,
): Promise<OrganisationCosts[]> {
  const costs: OrganisationCosts[] = [];
  for (const ledger of ledgers) {
    for (const count of organisations[ledger]) {
      const subject = await chain(ledger, count);
      try {
        await subject.extend(gathered);
        const started = performance.now();
        await subject.extend(gathered);
        const gatheredPerSecond = rounded(gathered / ((performance.now() - started) / 1000));
        const before = await subject.ledgerCpuMs();
        const commits: number[] = [];
        for (let i = 0; i < samples; i++) commits.push((await subject.commitOne()).commit);
        const after = await subject.ledgerCpuMs();
        costs.push({
          ledger,
          organisations: count,
          commitMs: rounded(quantile(commits, 0.5)),
          ...(before !== undefined && after !== undefined && { ledgerCpuMs: rounded((after - before) / samples) }),
          transactionBytes: await subject.newestTransactionBytes(),
          gatheredPerSecond,
        });
      } finally {
        await subject.close();
      }
    }
  }
  return costs;
}

/** Rows for a person. */
export function organisationsTable(costs: readonly OrganisationCosts[]): string[] {
  const row = (...cells: readonly (string | number)[]): string =>
    cells
      .map((cell) => (typeof cell === 'number' ? cell.toLocaleString('en') : cell).padEnd(20))
      .join('')
      .trimEnd();
  return [
    'organisations; one σ of one receiver in a transaction of its own',
    row('ledger', 'organisations', 'committed, ms', 'CPU of ledger, ms', 'bytes in block', 'gathered σ a second'),
    ...costs.map((each) =>
      row(
        each.ledger,
        each.organisations,
        each.commitMs,
        each.ledgerCpuMs ?? 'not told',
        each.transactionBytes,
        each.gatheredPerSecond,
      ),
    ),
  ];
}
