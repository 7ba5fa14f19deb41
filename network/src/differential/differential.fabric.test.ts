import { freePorts } from '../free-ports';
import { describeWithFabric } from '../testing/with-fabric';
import { runOn } from './differential';
import { readRecording } from './recording';
import { type Run } from './run';
import { PROBE } from './scenes';

const names = [...PROBE.scenes, ...PROBE.afterRestart].map(({ name }) => name);

/** What a run made of one scene. */
const of = (scene: string, entries: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(entries).filter(([step]) => step.startsWith(`${scene}: `)));

describeWithFabric('Fabric does what it was recorded to do', () => {
  let recorded: Run;
  let live: Run;

  beforeAll(async () => {
    recorded = await readRecording();
    live = await runOn('fabric', PROBE, { basePort: await freePorts(40) });
  }, 300_000);

  it.each(names)('%s: outcomes', (scene) => {
    expect(of(scene, live.outcomes)).toEqual(of(scene, recorded.outcomes));
  });

  it.each(names)('%s: transactions in the chain', (scene) => {
    expect(of(scene, live.transactions)).toEqual(of(scene, recorded.transactions));
  });

  it('the rules of blocks', () => {
    expect(live.rules).toEqual(recorded.rules);
  });
});
