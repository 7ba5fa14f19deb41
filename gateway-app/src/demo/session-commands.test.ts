import { checkCommand } from '../ocpp';
import { type PlacedSession } from '../sessions';
import { billingCommand, chargingPower, controlCommand, sessionBill } from './session-commands';
import { DEMO_TARIFF } from './tariff';

const session: PlacedSession = {
  id: '3',
  garage: 'G1',
  vehicle: 'G1-4',
  pile: 'G1-P1',
  start: 1_545_388_380,
  end: 1_545_417_960,
  energyWh: 29_870,
};

describe('commands of a session', () => {
  it('are schema-true control and bill', () => {
    for (const { kind, action, payload } of [
      controlCommand(session, 'C-1', 'TX00000001'),
      billingCommand(session, 'C-1', 'TX00000001', DEMO_TARIFF),
    ]) {
      expect(() => checkCommand(kind, action, JSON.parse(payload))).not.toThrow();
    }
  });

  it('bill the session’s energy at the demo’s rates', () => {
    expect(sessionBill(session, 'TX00000001', DEMO_TARIFF).totalMinor).toBe(7819);
  });

  it('spread the energy over the time, within a pile’s power', () => {
    expect(chargingPower(session)).toBe(3636);
    expect(chargingPower({ ...session, end: session.start })).toBe(22_000);
    expect(chargingPower({ ...session, energyWh: 0 })).toBe(1400);
  });
});
