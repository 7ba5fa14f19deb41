import { type Bill } from '../ocpp';
import { billOf, type Tariff } from '../pricing';
import { type Command } from '../rpc/messages';
import { type PlacedSession } from '../sessions';

const LARGEST_POWER = 22_000;
const SMALLEST_POWER = 1_400;

/** The power, in whole watts, that spreads the session's energy over its time, within what an AC pile can give. */
export function chargingPower({ start, end, energyWh }: PlacedSession): number {
  const hours = Math.max(end - start, 60) / 3600;
  return Math.min(LARGEST_POWER, Math.max(SMALLEST_POWER, Math.ceil(energyWh / hours)));
}

/** OCPP 2.0.1 SetChargingProfile for the session's transaction: the control command. */
export function controlCommand(session: PlacedSession, customer: string, transactionId: string): Command {
  return {
    customer,
    kind: 'control',
    action: 'SetChargingProfile',
    payload: JSON.stringify({
      evseId: 1,
      chargingProfile: {
        id: 1,
        stackLevel: 0,
        chargingProfilePurpose: 'TxProfile',
        chargingProfileKind: 'Relative',
        transactionId,
        chargingSchedule: [
          {
            id: 1,
            duration: Math.max(session.end - session.start, 1),
            chargingRateUnit: 'W',
            chargingSchedulePeriod: [{ startPeriod: 0, limit: chargingPower(session) }],
          },
        ],
      },
    }),
  };
}

/** What charges the user, once for each transaction. */
export function billingCommand(
  session: PlacedSession,
  customer: string,
  transactionId: string,
  tariff: Tariff,
): Command {
  return {
    customer,
    kind: 'billing',
    action: 'Bill',
    payload: JSON.stringify(sessionBill(session, transactionId, tariff)),
  };
}

/** A session as its meter would have told it: nothing before it, all of its energy by its end. */
export function sessionBill({ start, end, energyWh }: PlacedSession, transaction: string, tariff: Tariff): Bill {
  const readings = [
    { at: start, importWh: 0, exportWh: 0 },
    { at: end, importWh: energyWh, exportWh: 0 },
  ];
  return billOf(tariff, { transaction, readings });
}
