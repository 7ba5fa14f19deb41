import { type ComponentChildren } from 'preact';

import { formatTime } from '../shell/format';
import { Empty } from '../shell/states';
import { Identifier, Status, type Tone } from '../shell/status';
import { DataTable, Facts } from '../shell/table';
import { type OwnVehicle } from './api';
import { OwnerScreen } from './owner-key';

const STATUS: Readonly<Record<OwnVehicle['status'], readonly [Tone, string]>> = {
  valid: ['good', 'valid'],
  notYetValid: ['warn', 'not valid yet'],
  expired: ['bad', 'expired'],
  revoked: ['bad', 'revoked'],
  providerRevoked: ['bad', 'provider revoked'],
  unknown: ['plain', 'not known'],
};

/** One's vehicles and how their certificates stand. */
export function VehiclesScreen(): ComponentChildren {
  return (
    <OwnerScreen>
      {({ owner: { provider, contract, vehicles } }) => (
        <>
          <Facts
            facts={[
              ['Provider', provider],
              ['Contract', contract],
            ]}
          />
          {vehicles.length === 0 ? (
            <Empty title="No vehicle proved to be yours yet">Choose your key file above: it says which it is.</Empty>
          ) : (
            <VehicleTable vehicles={vehicles} />
          )}
        </>
      )}
    </OwnerScreen>
  );
}

function VehicleTable({ vehicles }: { vehicles: readonly OwnVehicle[] }): ComponentChildren {
  return (
    <DataTable
      caption="Your vehicles"
      rows={vehicles}
      keyOf={({ id }) => id}
      columns={[
        { title: 'Certificate', cell: ({ id }) => <Identifier value={id} /> },
        { title: 'Version', isNumber: true, cell: ({ version }) => version },
        { title: 'Status', cell: ({ status }) => <Status tone={STATUS[status][0]}>{STATUS[status][1]}</Status> },
        { title: 'Issued', cell: ({ issuedAt }) => formatTime(issuedAt) },
        { title: 'Expires', cell: ({ expiresAt }) => formatTime(expiresAt) },
      ]}
    />
  );
}
