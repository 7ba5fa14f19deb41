import { type ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

import { type OwnerSigner } from '../keys/key-file';
import { send } from '../shell/api';
import { formatEnergy, formatTime } from '../shell/format';
import { asProblem, type Problem } from '../shell/problem';
import { ProblemNotice } from '../shell/states';
import { Identifier, Status } from '../shell/status';
import { DataTable } from '../shell/table';
import { type OpenedRecord, type ProviderOwner } from './api';
import { DisclosurePanel } from './disclosure-panel';
import { MOST_OPENINGS, type Opening, readOpenings } from './openings';
import { KeyNeeded, type OwnerContext, OwnerScreen, unixNow } from './owner-key';

/** One's charging records as they stand on the chain, whatever anybody billed. */
export function RecordsScreen(): ComponentChildren {
  return (
    <OwnerScreen>
      {(context: OwnerContext) =>
        context.key ? (
          <Records owner={context.owner} signer={context.key} />
        ) : (
          <KeyNeeded what="Records are read from the chain under your signature." />
        )
      }
    </OwnerScreen>
  );
}

function Records({ owner, signer }: { owner: ProviderOwner; signer: OwnerSigner }): ComponentChildren {
  const [records, setRecords] = useState<readonly Opened[]>();
  const [problem, setProblem] = useState<Problem>();
  const [isLoading, setLoading] = useState(false);
  const read = async (file: File | undefined): Promise<void> => {
    if (!file) return;
    setProblem(undefined);
    setLoading(true);
    try {
      setRecords(await openRecords(owner.ctx, signer, readOpenings(await file.text(), signer.subject)));
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setLoading(false);
    }
  };
  return (
    <>
      <section class="panel" aria-labelledby="openings-title">
        <h2 id="openings-title">Your sessions</h2>
        <label>
          What opens your records
          <span class="hint">
            The output of <code>./chargecast vehicle sessions --json</code>. Openings are sent to your provider, whose
            peer then learns that these records are yours.
          </span>
          <input
            type="file"
            accept=".json,application/json"
            onChange={({ currentTarget }) => void read(currentTarget.files?.[0])}
          />
        </label>
      </section>
      {problem && <ProblemNotice problem={problem} />}
      {isLoading && <p class="loading">Reading the chain …</p>}
      {records && <Shown subject={signer.subject} records={records} />}
    </>
  );
}

/** A record, and what opened it. */
interface Opened extends OpenedRecord {
  readonly opening: Opening;
}

/** One signature is good for all questions of the next minutes. */
async function openRecords(ctx: string, signer: OwnerSigner, openings: readonly Opening[]): Promise<Opened[]> {
  const request = signer.readRequest(ctx, signer.subject, 'charging', unixNow());
  const records: Opened[] = [];
  for (let from = 0; from < openings.length; from += MOST_OPENINGS) {
    const asked = openings.slice(from, from + MOST_OPENINGS);
    const body = { request, openings: asked };
    const { items } = await send<{ items: OpenedRecord[] }>('/v1/owner/records', { method: 'POST', body });
    records.push(...items.map((item, index) => ({ ...item, opening: asked[index] as Opening })));
  }
  return records;
}

/** The records, of which those chosen can be shown to others. */
function Shown({ subject, records }: { subject: string; records: readonly Opened[] }): ComponentChildren {
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const isChosen = ({ record, transaction }: Opened): boolean => record !== null && !left.has(transaction);
  const choose = (transaction: string, isWanted: boolean): void => {
    const next = new Set(left);
    if (isWanted) next.delete(transaction);
    else next.add(transaction);
    setLeft(next);
  };
  return (
    <>
      <RecordTable records={records} isChosen={isChosen} choose={choose} />
      <DisclosurePanel subject={subject} openings={records.filter(isChosen).map(({ opening }) => opening)} />
    </>
  );
}

interface RecordTableProps {
  readonly records: readonly Opened[];
  readonly isChosen: (record: Opened) => boolean;
  readonly choose: (transaction: string, isWanted: boolean) => void;
}

function RecordTable({ records, isChosen, choose }: RecordTableProps): ComponentChildren {
  const time = (at: number | undefined): string => (at === undefined ? '' : formatTime(at));
  return (
    <DataTable
      caption={`${records.length} sessions, newest first`}
      rows={records}
      keyOf={({ transaction }) => transaction}
      columns={[
        { title: 'Transaction', cell: ({ transaction }) => <Identifier value={transaction} /> },
        { title: 'First reading', cell: ({ record }) => time(record?.readings[0]?.at) },
        { title: 'Last reading', cell: ({ record }) => time(record?.readings.at(-1)?.at) },
        { title: 'Readings', isNumber: true, cell: ({ record }) => record?.readings.length ?? '' },
        { title: 'Energy', isNumber: true, cell: ({ energyWh }) => (energyWh === null ? '' : formatEnergy(energyWh)) },
        {
          title: 'On the chain',
          cell: ({ record, code }) =>
            record ? (
              <Status tone="good">yes</Status>
            ) : (
              <>
                <Status tone="plain">not shown</Status> <code>{code}</code>
              </>
            ),
        },
        {
          title: 'Choose',
          cell: (row) => (
            <input
              type="checkbox"
              aria-label={`Choose session ${row.transaction.slice(0, 12)}`}
              disabled={row.record === null}
              checked={isChosen(row)}
              onChange={({ currentTarget }) => choose(row.transaction, currentTarget.checked)}
            />
          ),
        },
      ]}
    />
  );
}
