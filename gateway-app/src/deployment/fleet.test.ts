import { type PlacedSession } from '../sessions';
import { fleetOf, vehicleName } from './fleet';

const at = (vehicle: string, garage: string, pile: string): PlacedSession => ({
  id: vehicle,
  vehicle,
  garage,
  pile,
  start: 0,
  end: 1,
  energyWh: 1,
});

const roles = { css: ['css1', 'css2'], providers: ['esp1', 'esp2'], cscs: ['csc1', 'csc2'] };

describe('the fleet of a sessions file', () => {
  const fleet = fleetOf(
    [at('u1', 'G', 'G-P1'), at('u2', 'G', 'G-P2'), at('u1', 'H', 'H-P1'), at('u3', 'H', 'H-P1'), at('u4', 'H', 'H-P1')],
    roles,
  );

  it('has each vehicle and pile once', () => {
    expect(fleet.vehicles.map(({ contract }) => contract)).toEqual(['u1', 'u2', 'u3', 'u4'].map((u) => `NO-CHC-${u}`));
    expect(fleet.piles.map(({ name }) => name)).toEqual(['G-P1', 'G-P2', 'H-P1']);
  });

  it('gives every company vehicles of every provider', () => {
    expect(fleet.vehicles.map(({ csc, provider }) => `${csc} ${provider}`)).toEqual([
      'csc1 esp1',
      'csc2 esp1',
      'csc1 esp2',
      'csc2 esp2',
    ]);
  });

  it('hangs the piles of a garage on one gateway', () => {
    expect(fleet.piles.map(({ css }) => css)).toEqual(['css1', 'css1', 'css2']);
  });

  it('names vehicles in the form of a VIN, each its own', () => {
    const names = fleet.vehicles.map(({ name }) => name);
    expect(new Set(names).size).toBe(4);
    for (const name of names) expect(name).toMatch(/^[A-HJ-NPR-Z0-9]{17}$/);
    expect(vehicleName('u1')).toBe(names[0]);
  });

  it('refuses to be empty', () => {
    expect(() => fleetOf([], roles)).toThrow(expect.objectContaining({ code: 'E_FLEET_EMPTY' }) as Error);
  });
});
