import { type LedgerKind } from '@chargecast/network';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { billingCommand, controlCommand } from '../../demo/session-commands';
import { DEMO_TARIFF } from '../../demo/tariff';
import { Deployment, type RoleMode } from '../../deployment/deployment';
import { type Fleet, fleetOf } from '../../deployment/fleet';
import { type Guest } from '../../deployment/role-places';
import { type Client, type Command } from '../../rpc';
import { type PlacedSession } from '../../sessions';

/** Two garages, so two gateways with piles; a vehicle at each, one for each company. */
export const SESSIONS: readonly PlacedSession[] = ['G', 'H'].map((garage, index) => ({
  id: String(index + 1),
  garage,
  pile: `${garage}-P1`,
  vehicle: `${garage}-1`,
  start: 1_767_600_000,
  end: 1_767_610_000,
  energyWh: 10_000 + index,
}));

export const FLEET: Fleet = fleetOf(SESSIONS, {
  css: ['css1', 'css2', 'css3', 'css4'],
  providers: ['esp1', 'esp2'],
  cscs: ['csc1', 'csc2'],
});

/** A whole system on a ledger of its own, in a folder of its own. */
export async function startSystem(
  ledger: LedgerKind,
  mode: RoleMode,
  guests: readonly Guest[] = [],
): Promise<Deployment> {
  const directory = await mkdtemp(join(tmpdir(), 'chargecast-e2e-'));
  const deployment = await Deployment.open({ directory, fleet: FLEET, ledger, guests });
  try {
    await deployment.startRoles(mode);
    return deployment;
  } catch (error) {
    await stopSystem(deployment);
    throw error;
  }
}

export async function stopSystem(deployment: Deployment): Promise<void> {
  await deployment.stop();
  await rm(deployment.layout.directory, { recursive: true, force: true });
}

/** A control command and a bill for each vehicle; `round` makes their transactions new. */
export function commandsOf(session: PlacedSession, round: string): Command[] {
  const vehicle = FLEET.vehicles[SESSIONS.indexOf(session)];
  const transactionId = `TX-${round}-${session.id}`;
  return [
    controlCommand(session, vehicle?.contract ?? '', transactionId),
    billingCommand(session, vehicle?.contract ?? '', transactionId, DEMO_TARIFF),
  ];
}

/** Every state of these commands as it comes; ends when all are delivered or failed. A lost connection is made again. */
export async function* followAll(
  company: Pick<Client<'Csc'>, 'follow'>,
  commandIds: readonly string[],
): AsyncGenerator<{ commandId: string; state: string; code: string }> {
  const open = new Set(commandIds);
  while (open.size > 0) {
    for await (const { commandId, state, code } of company.follow({ commandIds: [...open] })) {
      if (state === 'delivered' || state === 'failed') open.delete(commandId);
      yield { commandId, state, code };
    }
  }
}
