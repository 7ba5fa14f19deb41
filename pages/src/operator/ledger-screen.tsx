import { type ComponentChildren } from 'preact';

import { formatCount, formatTime } from '../shell/format';
import { useJson } from '../shell/loading';
import { href } from '../shell/route';
import { Ready } from '../shell/states';
import { Identifier, Status, type Tone } from '../shell/status';
import { DataTable } from '../shell/table';
import { Live } from './live';
import { type All, type Channel, type Nodes } from './shapes';

const STATES: Readonly<Record<Nodes['nodes'][number]['state'], Tone>> = {
  running: 'good',
  unhealthy: 'warn',
  stopped: 'bad',
};

/** Channels, peers, orderers, and who leads. */
export function LedgerScreen(): ComponentChildren {
  const channels = useJson<All<Channel>>('/v1/channels');
  const nodes = useJson<Nodes>('/v1/nodes');
  const reload = (): void => {
    channels.reload();
    nodes.reload();
  };
  return (
    <>
      <div class="tools">
        <Live on={['block']} reload={reload} />
      </div>
      <Ready loaded={channels}>{({ items }) => <Channels channels={items} />}</Ready>
      <h2>Nodes</h2>
      <Ready loaded={nodes}>{(found) => <NodeTable nodes={found} />}</Ready>
    </>
  );
}

function Channels({ channels }: { channels: readonly Channel[] }): ComponentChildren {
  return (
    <DataTable
      caption="The two channels"
      rows={channels}
      keyOf={({ channel }) => channel}
      columns={[
        { title: 'Channel', cell: ({ channel }) => <a href={href(['blocks', channel])}>{channel}</a> },
        { title: 'Blocks', isNumber: true, cell: ({ height }) => formatCount(height) },
        { title: 'Newest', cell: ({ newest }) => (newest === null ? 'none' : <Identifier value={newest} />) },
        { title: 'Committed', cell: ({ committedAt }) => (committedAt === null ? 'never' : formatTime(committedAt)) },
      ]}
    />
  );
}

function NodeTable({ nodes: { kind, healthy, nodes } }: { nodes: Nodes }): ComponentChildren {
  return (
    <>
      <p>
        {kind === 'fabric' ? 'Hyperledger Fabric' : 'Embedded ledger: one process for all organisations'}{' '}
        <Status tone={healthy ? 'good' : 'bad'}>{healthy ? 'healthy' : 'unhealthy'}</Status>
      </p>
      <DataTable
        caption="Peers, orderers and chaincode"
        rows={nodes}
        keyOf={({ name }) => name}
        columns={[
          { title: 'Node', cell: ({ name }) => name },
          { title: 'Kind', cell: (node) => node.kind },
          { title: 'Organisation', cell: ({ mspId }) => mspId },
          { title: 'State', cell: ({ state }) => <Status tone={STATES[state]}>{state}</Status> },
          {
            title: 'Blocks',
            cell: ({ heights }) =>
              Object.entries(heights)
                .map(([channel, height]) => `${channel} ${formatCount(height)}`)
                .join(', ') || 'not told',
          },
          { title: 'Leads', cell: ({ leads }) => leads.join(', ') || 'nothing' },
        ]}
      />
    </>
  );
}
