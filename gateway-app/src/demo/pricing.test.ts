import { checkCommand } from '../ocpp';
import { type PlacedSession } from '../sessions';
import { DEMO_TARIFF, price } from './pricing';
import { billingCommand, chargingPower, controlCommand } from './session-commands';

const session: PlacedSession = {
  id: '3',
  garage: 'G1',
  vehicle: 'G1-4',
  pile: 'G1-P1',
  start: 1_545_388_380,
  end: 1_545_417_960,
  energyWh: 29_870,
};

describe('pricing', () => {
  it.each([
    [0, 500],
    [1, 500],
    [1000, 745],
    [29_870, 7819],
  ])('%i Wh cost %i øre', (energyWh, total) => {
    const { lines, totalMinor } = price(DEMO_TARIFF, energyWh);
    expect(totalMinor).toBe(total);
    expect(lines.reduce((sum, { amountMinor }) => sum + amountMinor, 0)).toBe(total);
  });

  it('rounds halves up and stays in whole minor units', () => {
    const tariff = { currency: 'NOK', minorPerKwh: 1, minorPerSession: 0, taxPercent: 50 };
    expect(price(tariff, 500).lines.map(({ amountMinor }) => amountMinor)).toEqual([1, 0, 1]);
    expect(price(tariff, 499).totalMinor).toBe(0);
  });
});

describe('commands of a session', () => {
  it('are schema-true control and bill', () => {
    for (const { kind, action, payload } of [
      controlCommand(session, 'C-1', 'TX00000001'),
      billingCommand(session, 'C-1', 'TX00000001', DEMO_TARIFF),
    ]) {
      expect(() => checkCommand(kind, action, JSON.parse(payload))).not.toThrow();
    }
  });

  it('spread the energy over the time, within a pile’s power', () => {
    expect(chargingPower(session)).toBe(3636);
    expect(chargingPower({ ...session, end: session.start })).toBe(22_000);
    expect(chargingPower({ ...session, energyWh: 0 })).toBe(1400);
  });
});
