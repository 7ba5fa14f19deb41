import { EndorsingMajorities } from './endorsing-majorities';

const FOUR = ['A', 'B', 'C', 'D'];
const named = (majorities: EndorsingMajorities): string[] =>
  [...majorities.choices()].filter((choice) => choice !== undefined).map((choice) => choice.join(''));

it('leaves the choice to the gateway first, then names every majority once', () => {
  const choices = [...new EndorsingMajorities(FOUR).choices()];
  expect(choices.slice(0, 4)).toEqual([undefined, undefined, undefined, undefined]);
  expect(
    choices
      .slice(4)
      .map((choice) => choice?.join(''))
      .sort(),
  ).toEqual(['ABC', 'ABD', 'ACD', 'BCD']);
  const seven = named(new EndorsingMajorities([...'ABCDEFG']));
  expect(new Set(seven).size).toBe(35);
  expect(seven.some((choice) => !/[AE]/.test(choice))).toBe(true);
});

it('keeps to a majority that agreed until it fails', () => {
  const majorities = new EndorsingMajorities(FOUR);
  const choice = [...majorities.choices()].at(-1);
  majorities.agreed(choice);
  expect(majorities.choices().next().value).toBe(choice);
  majorities.failed(choice);
  expect(majorities.choices().next().value).toBeUndefined();
});
