import { CountedRounds } from './cpu';
import { type CpuTimes } from './subject';

const ROUND = { commands: 500, perSecond: 1, latencies: [], transactions: 1, blocks: 1 };

function telling(...told: (CpuTimes | undefined)[]): CountedRounds {
  return new CountedRounds({ cpuMs: async () => told.shift() });
}

test('divides what all rounds took by the commands of all rounds', async () => {
  const rounds = telling(
    { peer: 100, orderer: 0 },
    { peer: 300, orderer: 50 },
    { peer: 400, orderer: 50 },
    { peer: 500, orderer: 51 },
  );
  await rounds.add(async () => ROUND);
  await rounds.add(async () => ROUND);
  expect(rounds.rounds).toHaveLength(2);
  expect(rounds.microsecondsPerCommand()).toEqual({ peer: 300, orderer: 51 });
});

test('tells nothing where one round was not counted', async () => {
  const rounds = telling({ peer: 100 }, { peer: 300 }, { peer: 400 }, undefined);
  await rounds.add(async () => ROUND);
  await rounds.add(async () => ROUND);
  expect(rounds.microsecondsPerCommand()).toBeUndefined();
});
