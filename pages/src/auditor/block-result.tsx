import { type ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

import { Identifier, Status } from '../shell/status';
import { DataTable, Facts } from '../shell/table';
import { type BlockReport, type SigmaReport } from '../verification/report';
import { verify } from '../verification/verifier';
import { CheckTable } from './check-table';
import { SigmaResult } from './sigma-result';

/** The verdict on one block, check by check, and the σ in it. */
export function BlockResult({ report, trust }: { report: BlockReport; trust: string }): ComponentChildren {
  const { holds, number, channelName, checks, transactions, invalidTransactions, milliseconds } = report;
  const open = checks.filter(({ result }) => result === 'unchecked').length;
  return (
    <section aria-labelledby="block-title">
      <div class={holds ? 'notice good' : 'notice bad'}>
        <h2 id="block-title">
          {holds ? '✓' : '✕'} Block {number} of {channelName} {holds ? 'holds' : 'does not hold'}
        </h2>
        <p>
          {transactions} transactions, {invalidTransactions} of them refused by validation; verified in{' '}
          {milliseconds.toFixed(0)} ms in this browser.
          {open > 0 && ` ${open} of ${checks.length} checks could not be made: the table says why.`}
        </p>
      </div>
      <CheckTable caption="Checks of this block" checks={checks} />
      <p class="quiet">
        Limits, epochs, expiry and reuse of one-time keys depend on all blocks before:{' '}
        <code>./chargecast chain verify</code> judges them over the whole chain.
      </p>
      <Facts
        facts={[
          ['Hash', <code>{report.hash}</code>],
          ['Previous hash', <code>{report.previousHash}</code>],
          ['Data hash', <code>{report.dataHash}</code>],
        ]}
      />
      <Sigmas report={report} trust={trust} />
    </section>
  );
}

function Sigmas({ report, trust }: { report: BlockReport; trust: string }): ComponentChildren {
  const [shown, setShown] = useState<SigmaReport>();
  if (report.sigmas.length === 0) return null;
  const show = async (bytes: Uint8Array): Promise<void> => setShown(await verify({ kind: 'sigma', trust, bytes }));
  return (
    <>
      <h2>σ in this block</h2>
      <DataTable
        caption="Each at its place in the Merkle tree of its transaction"
        rows={report.sigmas}
        keyOf={({ id }) => id}
        columns={[
          { title: 'σ', cell: ({ id }) => <Identifier value={id} /> },
          {
            title: 'Result',
            cell: ({ holds, code }) => (
              <Status tone={holds ? 'good' : 'bad'}>{holds ? 'holds' : (code ?? 'fails')}</Status>
            ),
          },
          { title: 'Transaction', cell: ({ transactionId }) => <Identifier value={transactionId} /> },
          { title: 'Leaf', isNumber: true, cell: ({ index, count }) => `${index + 1} of ${count}` },
          { title: 'Path', isNumber: true, cell: ({ pathLength }) => `${pathLength} hashes` },
          {
            title: 'More',
            cell: ({ id, bytes }) => (
              <button
                type="button"
                aria-label={`Show the checks of σ ${id.slice(0, 12)}`}
                onClick={() => void show(bytes)}
              >
                Checks
              </button>
            ),
          },
        ]}
      />
      {shown && <SigmaResult report={shown} />}
    </>
  );
}
