import { type ComponentChildren } from 'preact';

import { formatBytes, formatTime } from '../shell/format';
import { DataTable, Facts } from '../shell/table';
import { type SigmaFacts, type SigmaReport } from '../verification/report';
import { CheckTable } from './check-table';

/** The verdict on one σ, check by check, and what it shows and hides. */
export function SigmaResult({ report }: { report: SigmaReport }): ComponentChildren {
  const { holds, id, bytes, facts, checks, milliseconds } = report;
  return (
    <section aria-labelledby="sigma-title">
      <div class={holds ? 'notice good' : 'notice bad'}>
        <h2 id="sigma-title">{holds ? '✓ This σ holds' : '✕ This σ does not hold'}</h2>
        <p>
          {facts ? `${facts.entryCount} entries, ` : ''}
          {formatBytes(bytes)}, verified in <span data-testid="duration">{milliseconds.toFixed(0)}</span> ms in this
          browser.
        </p>
        <p>
          Id <code>{id}</code>
        </p>
      </div>
      <CheckTable caption="Checks of this σ, in their order" checks={checks} />
      {facts && <Visibility facts={facts} bytes={bytes} />}
    </section>
  );
}

/** Locator, tag, f, K_S and length of an entry: what is not message in it. */
const ENTRY_OVERHEAD = 100;

function Visibility({ facts, bytes }: { facts: SigmaFacts; bytes: number }): ComponentChildren {
  const { entryCount, entryLength } = facts;
  const rows = [
    [
      'Sender',
      `a one-time key of class ${facts.senderClass}`,
      'which member of the class; two σ of one sender share nothing',
    ],
    ['Receivers', `at most ${entryCount}`, 'who they are and how many: the entries are filled up with dummies'],
    [
      'Messages',
      'nothing',
      `what they say and how long each is: all are padded to ${entryLength - ENTRY_OVERHEAD} bytes`,
    ],
    ['Places', 'nothing', 'at which piles the receivers are'],
    [
      'Time',
      `valid until ${formatTime(facts.notAfter)}, epoch ${facts.epoch}`,
      'when it was opened, and whether it was',
    ],
    ['Size', `${formatBytes(bytes)}, ${entryLength} bytes an entry`, 'how much of it is message'],
  ] as const;
  return (
    <>
      <h2>What the world sees, and what it does not</h2>
      <DataTable
        caption="Seen by everybody who has these bytes"
        rows={rows}
        keyOf={([subject]) => subject}
        columns={[
          { title: 'Of', cell: ([subject]) => subject },
          { title: 'Visible', cell: ([, seen]) => seen },
          { title: 'Not visible', cell: ([, , hidden]) => hidden },
        ]}
      />
      <details>
        <summary>The header as it stands</summary>
        <Facts
          facts={[
            ['Version, suite', `${facts.version}, ${facts.suite}`],
            ['Limits version', facts.limitsVersion],
            ['One-time key Y', <code>{facts.oneTimeKey}</code>],
            ['Credential cert', <code>{facts.certificate}</code>],
            ['Ephemeral U', <code>{facts.ephemeral}</code>],
            ['Commitment com', <code>{facts.commitment}</code>],
          ]}
        />
      </details>
    </>
  );
}
