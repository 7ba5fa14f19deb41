import { Measurements } from './crypto/measure';
import { runBench } from './index';

describe('bench', () => {
  it.each([[[]], [['crypto', '--yaml']], [['disks']], [['handshake']], [['toString']], [['all', '--yaml']]])(
    'refuses the command line %j with exit code 2',
    async (args) => {
      const written: string[] = [];
      const write = jest.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(String(text)) > 0);
      try {
        expect(await runBench(args)).toBe(2);
        expect(written.join('')).toContain('usage: bench ');
      } finally {
        write.mockRestore();
      }
    },
  );

  it('runs every case once a round and divides by operations and by receivers', async () => {
    const order: string[] = [];
    // Long beside the collection after each block: jest's heap takes milliseconds where a benchmark's takes none.
    const spin = (name: string, milliseconds: number) => (): void => {
      order.push(name);
      const started = process.cpuUsage();
      for (let spent = 0; spent < milliseconds * 1000;) {
        const { user, system } = process.cpuUsage(started);
        spent = user + system;
      }
    };
    const cases = [
      { name: 'one', operations: 1, block: spin('one', 30) },
      { name: 'four', operations: 4, block: spin('four', 120) },
    ];
    const measured = await Measurements.run(cases, 5, 1);
    expect(order).toEqual(Array.from({ length: 6 }, () => ['one', 'four']).flat());
    const { median, p10, p90 } = measured.ratio('four', 'one');
    expect(p10).toBeLessThanOrEqual(median);
    expect(median).toBeLessThanOrEqual(p90);
    expect(median).toBeGreaterThan(0.6);
    expect(median).toBeLessThan(1.6);
    expect(measured.ratio('four', 'one', 4).median).toBeCloseTo(median / 4, 6);
    expect(() => measured.timing('two')).toThrow(RangeError);
  });
});
