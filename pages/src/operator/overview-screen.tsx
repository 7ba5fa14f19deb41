import { type ComponentChildren } from 'preact';

import { getJson } from '../shell/api';
import { formatCount } from '../shell/format';
import { useLoaded } from '../shell/loading';
import { href } from '../shell/route';
import { Ready } from '../shell/states';
import { Status } from '../shell/status';
import { AlarmList } from './alarms-screen';
import { Live } from './live';
import { type AbsentVehicle, type Alarm, type All, type Channel, type Nodes, type Vehicle } from './shapes';
import { readAll } from '../shell/read-all';

interface Overview {
  readonly alarms: readonly Alarm[];
  readonly channels: readonly Channel[];
  readonly nodes: Nodes;
  readonly pluggedIn: number;
  readonly vehicles: number;
  readonly absent: number;
}

async function readOverview(signal: AbortSignal): Promise<Overview> {
  const [alarms, channels, nodes, vehicles, absent] = await Promise.all([
    getJson<All<Alarm>>('/v1/alarms', {}, signal),
    getJson<All<Channel>>('/v1/channels', {}, signal),
    getJson<Nodes>('/v1/nodes', {}, signal),
    readAll<Vehicle>('/v1/vehicles', {}, signal),
    readAll<AbsentVehicle>('/v1/absent-vehicles', {}, signal),
  ]);
  return {
    alarms: alarms.items,
    channels: channels.items,
    nodes,
    vehicles: vehicles.length,
    pluggedIn: vehicles.filter(({ pluggedIn }) => pluggedIn).length,
    absent: absent.length,
  };
}

/** What an operator looks at first: is anything wrong, and how much is going on. */
export function OverviewScreen(): ComponentChildren {
  const loaded = useLoaded('overview', readOverview);
  return (
    <>
      <div class="tools">
        <a class="button" href={href(['send'])}>
          Send a command
        </a>
        <Live on={['block', 'session']} reload={loaded.reload} />
      </div>
      <Ready loaded={loaded}>
        {(overview) => (
          <>
            <Tiles overview={overview} />
            <h2>Alarms</h2>
            <AlarmList alarms={overview.alarms} />
          </>
        )}
      </Ready>
    </>
  );
}

function Tiles({ overview }: { overview: Overview }): ComponentChildren {
  const { channels, nodes, vehicles, pluggedIn, absent } = overview;
  const running = nodes.nodes.filter(({ state }) => state === 'running').length;
  return (
    <ul class="tiles">
      <Tile
        screen="vehicles"
        label={`plugged in, of ${formatCount(vehicles)} vehicles`}
        value={formatCount(pluggedIn)}
      />
      <Tile screen="absent" label="absent vehicles that commands wait for" value={formatCount(absent)} />
      {channels.map(({ channel, height }) => (
        <Tile
          key={channel}
          screen={`blocks/${channel}`}
          label={`blocks of the ${channel}`}
          value={formatCount(height)}
        />
      ))}
      <Tile
        screen="ledger"
        label={`of ${nodes.nodes.length} nodes run`}
        value={
          <>
            {running} <Status tone={nodes.healthy ? 'good' : 'bad'}>{nodes.healthy ? 'healthy' : 'unhealthy'}</Status>
          </>
        }
      />
    </ul>
  );
}

function Tile({
  screen,
  label,
  value,
}: {
  screen: string;
  label: string;
  value: ComponentChildren;
}): ComponentChildren {
  return (
    <li>
      <span class="value">{value}</span>
      <a class="label" href={href(screen.split('/'))}>
        {label}
      </a>
    </li>
  );
}
