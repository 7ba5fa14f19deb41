import { type ComponentChildren } from 'preact';

import { formatTime } from '../shell/format';
import { CsvExport, PagedTable } from '../shell/list';
import { usePaged } from '../shell/loading';
import { href, type Route } from '../shell/route';
import { Empty } from '../shell/states';
import { Status } from '../shell/status';
import { Filter } from './filter';
import { Live } from './live';
import { type AbsentVehicle, type Vehicle } from './shapes';

/** Vehicles whose providers bound them to contracts here. */
export function VehiclesScreen({ route }: { route: Route }): ComponentChildren {
  const pluggedIn = route.query.get('pluggedIn') ?? undefined;
  const list = usePaged<Vehicle>('/v1/vehicles', { pluggedIn });
  return (
    <>
      <div class="tools">
        <Filter
          label="Plugged in"
          screen="vehicles"
          name="pluggedIn"
          options={['true', 'false']}
          value={pluggedIn ?? null}
        />
        <CsvExport path="/v1/vehicles" query={{ pluggedIn }} name="vehicles" />
        <Live on={['session']} reload={list.reload} />
      </div>
      <PagedTable
        caption="Vehicles by contract"
        list={list}
        keyOf={({ customer }) => customer}
        empty={<Empty title="No vehicle here">A provider binds a vehicle to a contract when it enrols it.</Empty>}
        columns={[
          { title: 'Customer', cell: ({ customer }) => customer },
          {
            title: 'State',
            cell: (row) => (
              <Status tone={row.pluggedIn ? 'good' : 'plain'}>{row.pluggedIn ? 'plugged in' : 'absent'}</Status>
            ),
          },
          { title: 'Pile', cell: ({ pile }) => pile ?? 'none' },
          { title: 'Since', cell: ({ since }) => (since === null ? 'not now' : formatTime(since)) },
          { title: 'Commands waiting', isNumber: true, cell: ({ waiting }) => waiting },
          {
            title: 'Send',
            cell: ({ customer }) => (
              <a href={href(['send'], { customer })} aria-label={`Send a command to ${customer}`}>
                Command
              </a>
            ),
          },
        ]}
      />
    </>
  );
}

/** Vehicles that were not there when something was sent to them. */
export function AbsentScreen(): ComponentChildren {
  const list = usePaged<AbsentVehicle>('/v1/absent-vehicles');
  return (
    <>
      <div class="tools">
        <CsvExport path="/v1/absent-vehicles" name="absent vehicles" />
        <Live on={['command', 'session']} reload={list.reload} />
      </div>
      <PagedTable
        caption="Vehicles that commands wait for"
        list={list}
        keyOf={({ customer }) => customer}
        empty={
          <Empty title="No command waits for a vehicle">Every vehicle something was sent to was plugged in.</Empty>
        }
        columns={[
          { title: 'Customer', cell: ({ customer }) => customer },
          { title: 'Commands waiting', isNumber: true, cell: ({ waiting }) => waiting },
          { title: 'Since', cell: ({ since }) => formatTime(since) },
          { title: 'What to do', cell: ({ expectedAction }) => expectedAction },
        ]}
      />
    </>
  );
}
