import { type ComponentChildren } from 'preact';

import { Status, type Tone } from '../shell/status';
import { DataTable } from '../shell/table';
import { type Check, type Result } from '../verification/report';

const WORDS: Readonly<Record<Result, readonly [Tone, string]>> = {
  holds: ['good', 'holds'],
  fails: ['bad', 'fails'],
  unchecked: ['plain', 'not checked'],
};

/** Checks by name, with their results and what they mean. */
export function CheckTable({ caption, checks }: { caption: string; checks: readonly Check[] }): ComponentChildren {
  return (
    <DataTable
      caption={caption}
      rows={checks}
      keyOf={({ name }) => name}
      columns={[
        { title: 'Check', cell: ({ name }) => name },
        {
          title: 'Result',
          cell({ result }) {
            const [tone, word] = WORDS[result];
            return <Status tone={tone}>{word}</Status>;
          },
        },
        {
          title: 'What it means',
          cell: ({ meaning, code, detail }) => (
            <>
              {meaning}
              {detail !== undefined && (
                <>
                  {' '}
                  <strong>{detail}</strong>
                </>
              )}
              {code !== undefined && (
                <>
                  {' '}
                  <code>{code}</code>
                </>
              )}
            </>
          ),
        },
      ]}
    />
  );
}
