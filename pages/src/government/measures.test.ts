import { intensity, levelOf, LEVELS, type Measure, MEASURES } from './measures';

const cell = { fromHour: 0, toHour: 6, sessions: 60, energyWh: 600, pluggedMinutes: 120, vehiclesAtLeast: 10 };
const measure = (name: Measure['name']): Measure => MEASURES.find((each) => each.name === name) as Measure;

it('a wide cell is coloured by what it holds an hour; vehicles are not spread', () => {
  expect(intensity(measure('energyWh'), cell)).toBe(100);
  expect(intensity(measure('vehiclesAtLeast'), cell)).toBe(10);
});

it.each([
  [0, 100, 0],
  [1, 100, 0],
  [50, 100, 2],
  [100, 100, LEVELS - 1],
  [-5, 100, 0],
  [0, 0, 0],
])('%d of %d is step %d', (value, most, level) => expect(levelOf(value, most)).toBe(level));
