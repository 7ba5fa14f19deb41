import { type MeterReading, termsCommitment } from '@chargecast/protocol';
import fc from 'fast-check';
import { join } from 'node:path';

import { ROOT } from '../deployment/root';
import { checkBill } from '../ocpp';
import { billOf, parseTariff, priceOf, readTariff, recompute, type Tariff, tariffDigest } from '.';
import { stretches } from './periods';

const coded = (code: string): Error => expect.objectContaining({ code }) as Error;
const oslo = (text: string): number => Date.parse(text) / 1000;
const reading = (at: number, importWh: number, exportWh = 0): MeterReading => ({ at, importWh, exportWh });

const tariff = (change: Record<string, unknown> = {}): Tariff =>
  parseTariff({ id: 't', currency: 'NOK', zone: 'Europe/Oslo', perMwh: 200_000, ...change });
const NIGHT = { name: 'night', from: '22:00', to: '06:00', perMwh: 100_000 };

const amounts = ({ lines }: ReturnType<typeof priceOf>): Record<string, number> =>
  Object.fromEntries(lines.map(({ kind, period, amountMinor }) => [period ?? kind, amountMinor]));

describe('what is charged', () => {
  it.each([
    [0, 500],
    [1, 500],
    [1000, 745],
    [29_870, 7819],
  ])('%i Wh at 196 øre, 400 a session and 25 %% tax: %i øre', (energyWh, total) => {
    const flat = tariff({ perMwh: 196_000, perSession: 400, taxPercent: 25 });
    expect(priceOf(flat, [reading(0, 0), reading(3600, energyWh)]).totalMinor).toBe(total);
  });

  it('rounds each line once, halves away from zero, tax on the rounded others', () => {
    const half = tariff({ perMwh: 1_000, feedInPerMwh: 1_000, taxPercent: 50 });
    expect(amounts(priceOf(half, [reading(0, 0), reading(1, 500)]))).toEqual({ base: 1, tax: 1 });
    expect(amounts(priceOf(half, [reading(0, 0), reading(1, 499)]))).toEqual({ base: 0 });
    expect(amounts(priceOf(half, [reading(0, 0), reading(1, 0, 500)]))).toEqual({ base: 0, discharge: -1, tax: -1 });
  });

  it('keeps time with energy, pauses and idle time apart', () => {
    const timed = tariff({ perMwh: 0, perHour: 60, idle: { perHour: 120, graceSeconds: 1800 } });
    const readings = [
      reading(0, 0),
      reading(1800, 0),
      reading(5400, 7000),
      reading(9000, 7000),
      reading(12_600, 9000),
      reading(19_800, 9000),
    ];
    const { lines } = priceOf(timed, readings);
    expect(lines.map(({ kind, quantity, amountMinor }) => [kind, quantity, amountMinor])).toEqual([
      ['energy', 9000, 0],
      ['time', 7200, 120],
      ['idle', 5400, 180],
    ]);
    expect(priceOf(timed, readings, false).totalMinor).toBe(120);
  });

  it('credits what is given back', () => {
    const both = tariff({ feedInPerMwh: 90_000 });
    const { totalMinor, energyWh } = priceOf(both, [reading(0, 100, 50), reading(3600, 1_100, 5_050)]);
    expect([totalMinor, energyWh]).toEqual([200 - 450, -4_000]);
  });
});

describe('tariff periods', () => {
  it('follow the clocks of their zone, past midnight and on their weekdays', () => {
    const weekend = { name: 'weekend', from: '00:00', to: '24:00', days: [6, 7], perMwh: 50_000 };
    const found = stretches(
      tariff({ periods: [weekend, NIGHT] }),
      oslo('2019-06-21T12:00Z'),
      oslo('2019-06-24T12:00Z'),
    );
    expect(found.map(({ name, to }) => [name, new Date(to * 1000).toISOString().slice(5, 16)])).toEqual([
      ['base', '06-21T20:00'],
      ['night', '06-21T22:00'],
      ['weekend', '06-23T22:00'],
      ['night', '06-24T04:00'],
      ['base', '06-24T12:00'],
    ]);
  });

  it.each([
    ['spring', '2019-03-30T22:30Z', 6.5, '2019-03-31T04:00Z'],
    ['autumn', '2019-10-26T22:30Z', 6.5, '2019-10-27T05:00Z'],
  ])('the night of the change of clocks in %s ends at six on the clock', (_, from, hours, end) => {
    const start = oslo(from);
    const found = stretches(tariff({ periods: [NIGHT] }), start, start + (hours + 2) * 3600);
    expect(found[0]).toMatchObject({ name: 'night', to: oslo(end) });
    expect(found).toHaveLength(2);
  });

  it('share energy by the register at the border', () => {
    const start = oslo('2019-01-15T20:00Z');
    const price = priceOf(tariff({ periods: [NIGHT] }), [reading(start, 0), reading(start + 3 * 3600, 10_000)]);
    expect(price.lines.map(({ period, quantity, amountMinor }) => [period, quantity, amountMinor])).toEqual([
      ['base', 3_333, 667],
      ['night', 6_667, 667],
    ]);
  });
});

/** Readings from when on, and what follows. */
const course = fc
  .tuple(
    fc.integer({ min: oslo('2019-03-29T00:00Z'), max: oslo('2019-11-01T00:00Z') }),
    fc.array(fc.tuple(fc.integer({ min: 0, max: 90_000 }), fc.nat(40_000), fc.nat(9_000)), {
      minLength: 1,
      maxLength: 8,
    }),
  )
  .map(([from, steps]) =>
    steps.reduce<MeterReading[]>(
      (readings, [seconds, taken, given]) => {
        const last = readings.at(-1) as MeterReading;
        return [...readings, reading(last.at + seconds, last.importWh + taken, last.exportWh + given)];
      },
      [reading(from, 123_456, 789)],
    ),
  );
const anyTariff = fc
  .record({
    perMwh: fc.nat(900_000),
    night: fc.nat(900_000),
    feedInPerMwh: fc.nat(900_000),
    perHour: fc.nat(9_000),
    perSession: fc.nat(9_000),
    taxPercent: fc.nat(100),
    idle: fc.record({ perHour: fc.nat(9_000), graceSeconds: fc.nat(9_000) }),
  })
  .map(({ night, ...rest }) => tariff({ ...rest, periods: [{ ...NIGHT, perMwh: night }] }));

describe('for whatever course and tariff', () => {
  it('the total is the sum of whole lines, and the energy that of the registers', () => {
    fc.assert(
      fc.property(anyTariff, course, (rates, readings) => {
        const { lines, totalMinor, energyWh } = priceOf(rates, readings);
        const ofKind = (kind: string): number =>
          lines.filter((line) => line.kind === kind).reduce((sum, { quantity }) => sum + quantity, 0);
        const [first, last] = [readings[0] as MeterReading, readings.at(-1) as MeterReading];
        expect(lines.every(({ amountMinor }) => Number.isSafeInteger(amountMinor))).toBe(true);
        expect(lines.reduce((sum, { amountMinor }) => sum + amountMinor, 0)).toBe(totalMinor);
        expect(ofKind('energy')).toBe(last.importWh - first.importWh);
        expect(energyWh).toBe(last.importWh - first.importWh - (last.exportWh - first.exportWh));
      }),
    );
  });

  it('the running cost of what only charges never falls, and ends at the final cost less idle time', () => {
    fc.assert(
      fc.property(anyTariff, course, (rates, readings) => {
        const charging = readings.map(({ at, importWh }) => reading(at, importWh));
        const running = charging.slice(1).map((_, i) => priceOf(rates, charging.slice(0, i + 2), false).totalMinor);
        expect(running).toEqual([...running].sort((a, b) => a - b));
        expect(priceOf({ ...rates, idle: { perHour: 0, graceSeconds: 0 } }, charging).totalMinor).toBe(running.at(-1));
      }),
    );
  });

  it('a reading at a border, with the register as it stood there, changes nothing', () => {
    fc.assert(
      fc.property(anyTariff, course, fc.nat(), (rates, readings, pick) => {
        const i = 1 + (pick % (readings.length - 1));
        const [before, after] = [readings[i - 1] as MeterReading, readings[i] as MeterReading];
        const border = stretches(rates, before.at, after.at)[0]?.to as number;
        fc.pre(border > before.at && border < after.at);
        const share = (from: number, to: number): number =>
          from + Math.floor(((to - from) * (border - before.at)) / (after.at - before.at));
        const between = reading(border, share(before.importWh, after.importWh), share(before.exportWh, after.exportWh));
        // Whole watt-hours: too little energy for one before the border would make that part a pause.
        fc.pre(between.importWh > before.importWh && between.importWh < after.importWh);
        // Later borders see the register interpolated from another point, one watt-hour apart at most: one border only.
        fc.pre(stretches(rates, before.at, after.at).length === 2);
        const split = [...readings.slice(0, i), between, ...readings.slice(i)];
        expect(priceOf(rates, split)).toEqual(priceOf(rates, readings));
      }),
    );
  });
});

describe('bill and dispute', () => {
  const salt = 'ab'.repeat(32);
  const record = {
    transaction: '01'.repeat(16),
    meter: '02'.repeat(16),
    vehicle: '03'.repeat(32),
    subject: '04'.repeat(32),
    readings: [reading(1_545_388_380, 1_000), reading(1_545_417_960, 30_870)],
  };

  it('of the tariff that ships are schema-true and recomputed alike', async () => {
    const rates = await readTariff(join(ROOT, 'gateway-app', 'data', 'tariff-home.json'));
    const bill = billOf(rates, record, salt);
    expect(checkBill(JSON.parse(JSON.stringify(bill)))).toEqual(bill);
    const agreed = { ...record, terms: termsCommitment(salt, tariffDigest(rates)) };
    expect(recompute(rates, agreed, salt)).toEqual(bill);
    for (const [other, opened] of [
      [{ ...rates, perMwh: rates.perMwh + 1 }, salt],
      [rates, 'cd'.repeat(32)],
      [rates, undefined],
    ] as const) {
      expect(() => recompute(other, agreed, opened)).toThrow(coded('E_TERMS'));
    }
    expect(() => recompute(rates, record, salt)).toThrow(coded('E_TERMS'));
  });

  it.each([
    ['a fraction of a minor unit', { perMwh: 1.5 }],
    ['a zone nobody knows', { zone: 'Europe/Nidaros' }],
    ['an hour that is none', { periods: [{ ...NIGHT, to: '25:00' }] }],
    ['a member nobody reads', { surcharge: 1 }],
  ])('a tariff with %s is refused', (_, change) => {
    expect(() => tariff(change)).toThrow(coded('E_CONFIG_INVALID'));
  });
});
