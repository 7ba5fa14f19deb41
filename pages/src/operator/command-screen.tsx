import { type ComponentChildren } from 'preact';

import { formatTime } from '../shell/format';
import { useJson } from '../shell/loading';
import { href, type Route } from '../shell/route';
import { Ready } from '../shell/states';
import { Identifier } from '../shell/status';
import { DataTable, Facts } from '../shell/table';
import { stationOf } from './commands-screen';
import { Live } from './live';
import { type CommandDetail } from './shapes';
import { StageStatus } from './tones';

const MEANINGS: Readonly<Record<string, string>> = {
  waiting: 'on disk at the centre; its vehicle has to be plugged in',
  sealed: 'one entry of a σ, readable to its receiver alone',
  acknowledged: 'a gateway took the σ and signed for it',
  committed: 'the σ stands in a block, endorsed by a majority',
  delivered: 'the receiver opened it, acted, and signed a receipt',
  failed: 'nothing more will happen with it',
};

/** One command and its way from waiting to acknowledged by its receiver. */
export function CommandScreen({ route }: { route: Route }): ComponentChildren {
  const loaded = useJson<CommandDetail>(`/v1/commands/${encodeURIComponent(route.path[1] ?? '')}`);
  return (
    <>
      <div class="tools">
        <a class="button" href={href(['commands'])}>
          All commands
        </a>
        <Live on={['command']} reload={loaded.reload} />
      </div>
      <Ready loaded={loaded}>{(command) => <Command command={command} />}</Ready>
    </>
  );
}

function Command({ command }: { command: CommandDetail }): ComponentChildren {
  const { id, customer, action, kind, stage, code, attempts, sigmaId, payload, way } = command;
  return (
    <>
      <Facts
        facts={[
          ['For', customer],
          ['Action', `${action} (${kind})`],
          ['Stage', <StageStatus stage={stage} />],
          ['Why', code === '' ? 'nothing is wrong' : <code>{code}</code>],
          ['Times sealed', attempts],
          ['Station', stationOf(command)],
          [
            'σ',
            sigmaId === '' ? (
              'not sealed yet'
            ) : (
              <a href={`../auditor/#/verify?sigma=${sigmaId}`}>
                <Identifier value={sigmaId} />
              </a>
            ),
          ],
          ['Id', <code>{id}</code>],
        ]}
      />
      <h2>Its way</h2>
      <DataTable
        caption="Steps of this command, oldest first"
        rows={way.map((step, index) => ({ ...step, index }))}
        keyOf={({ index }) => String(index)}
        columns={[
          { title: 'Step', cell: (step) => step.stage },
          { title: 'When', cell: ({ at }) => formatTime(at) },
          {
            title: 'What it means',
            cell: (step) => [MEANINGS[step.stage] ?? '', step.code && <code key="code"> {step.code}</code>],
          },
          { title: 'σ', cell: (step) => (step.sigmaId === '' ? 'none' : <Identifier value={step.sigmaId} />) },
        ]}
      />
      <details>
        <summary>What it says</summary>
        <p class="quiet">Only this centre and the receiver can read it.</p>
        <pre tabIndex={0}>
          <code>{JSON.stringify(payload, null, 2)}</code>
        </pre>
      </details>
    </>
  );
}
