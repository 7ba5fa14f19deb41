import { type ComponentChildren } from 'preact';

import { formatTime } from '../shell/format';
import { PagedTable } from '../shell/list';
import { usePaged } from '../shell/loading';
import { href } from '../shell/route';
import { Empty } from '../shell/states';
import { Identifier, Status } from '../shell/status';
import { type PermittedVehicle } from './api';
import { MakerScreen } from './maker-key';

/** Vehicles whose owners permit their charging, and which of the permissions stand. */
export function VehiclesScreen(): ComponentChildren {
  return (
    <>
      <p class="lead">
        A session is shown while three permit it: the vehicle’s owner, its provider, and the operator of the station
        where it charged. You see vehicles whose owners named you; that others exist you do not learn.
      </p>
      <MakerScreen>{({ maker: { party } }) => party !== null && <Vehicles />}</MakerScreen>
    </>
  );
}

function Vehicles(): ComponentChildren {
  const list = usePaged<PermittedVehicle>('/v1/car-maker/vehicles');
  return (
    <PagedTable
      caption="Vehicles whose owners permit you their charging"
      list={list}
      keyOf={({ id }) => id}
      empty={
        <Empty title="No owner permits you anything">Owners grant it on their page, to your key, as a car maker.</Empty>
      }
      columns={[
        { title: 'Vehicle', cell: ({ id }) => <Identifier value={id} length={32} /> },
        { title: 'Owner', cell: ({ permissions }) => <Permission stands={permissions.owner} /> },
        { title: 'Provider', cell: ({ permissions }) => <Permission stands={permissions.provider} /> },
        { title: 'Station operator', cell: () => <Status tone="plain">by session</Status> },
        { title: 'Until', cell: ({ until }) => formatTime(until) },
        { title: 'Sessions shown', isNumber: true, cell: ({ sessions }) => sessions },
        {
          title: 'Data',
          cell: ({ id, permissions, sessions }) => {
            if (!permissions.provider) return 'the provider’s permission is missing: ask it';
            if (sessions === 0) return 'the owner shows no session yet';
            return (
              <a href={href(['sessions', id])} aria-label={`Sessions of ${id}`}>
                Sessions
              </a>
            );
          },
        },
      ]}
    />
  );
}

const Permission = ({ stands }: { stands: boolean }): ComponentChildren =>
  stands ? <Status tone="good">stands</Status> : <Status tone="bad">missing</Status>;
