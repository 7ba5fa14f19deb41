import { type Receiver, sessionBinding } from '@chargecast/signcryption';
import { benchCentre, centreTable } from './centre';
import { type CentreParts } from './subject';

const LOAD = { receivers: [1, 2, 4], sigmas: 2, vehicles: 4, rounds: 2, warmUp: 1 };

/** Seals for real, and keeps no books. */
function subject(said: string[], fails = false) {
  return async ({ vehicles, pile, seal }: CentreParts) => {
    const message = new Uint8Array(40);
    const bind = sessionBinding(pile.record.f, Uint8Array.of(1));
    const signcrypt = async (commands: number, receivers: number): Promise<void> => {
      const to = vehicles.slice(0, commands).map((keys): Receiver => ({ keys, bind, message }));
      for (let first = 0; first < commands; first += receivers) await seal(to.slice(first, first + receivers), 900);
    };
    return {
      steps: ['taken', 'sealed'],
      begin: (commands: number, receivers: number) => ({
        step: async (index: number): Promise<void> => {
          if (fails) throw new Error('no');
          said.push(`${commands} commands, ${receivers} a σ, step ${index}`);
          if (index === 1) await signcrypt(commands, receivers);
        },
      }),
      signcrypt,
      close: async () => void said.push('closed'),
    };
  };
}

it('takes as many commands through every step in every round, and adds the steps up', async () => {
  const said: string[] = [];
  const results = await benchCentre(subject(said), LOAD);
  const round = [
    [2, 1],
    [4, 2],
    [4, 4],
  ].flatMap(([commands, receivers]) => [0, 1].map((step) => `${commands} commands, ${receivers} a σ, step ${step}`));
  expect(said).toEqual([...round, ...round, ...round, 'closed']);
  for (const { steps, all, signcrypt, signcryptShare } of results.costs) {
    expect(Object.keys(steps)).toEqual(['taken', 'sealed']);
    expect(signcrypt).toBeGreaterThan(0);
    expect(all).toBeGreaterThanOrEqual(steps['sealed'] as number);
    expect(signcryptShare.median).toBeGreaterThan(0);
  }
  expect(Object.keys(results.growth)).toEqual(['taken', 'sealed', 'all steps', 'signcrypt']);
  const lines = centreTable(results).split('\n');
  expect(lines).toHaveLength(8);
  expect(lines[1]).toMatch(/^receivers of a σ +1 +2 +4 +~ n\^$/);
});

it('closes what it measures when that fails', async () => {
  const said: string[] = [];
  await expect(benchCentre(subject(said, true), LOAD)).rejects.toThrow('no');
  expect(said).toEqual(['closed']);
});
