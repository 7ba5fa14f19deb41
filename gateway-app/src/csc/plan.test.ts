import { createLimits, type RecordKeys } from '@chargecast/signcryption';
import { TEST_LIMITS } from '@chargecast/signcryption/testing/world';
import fc from 'fast-check';

import { type OutboxCommand } from './command';
import { plan, type Ready } from './plan';

const keysOf = (epoch: number): RecordKeys => ({ record: { epoch } }) as RecordKeys;
let counter = 0;

function command(size: number): OutboxCommand {
  counter += 1;
  return {
    id: counter.toString(16).padStart(32, '0'),
    sequence: counter,
    customer: 'c',
    kind: 'notice',
    action: 'DataTransfer',
    payload: { data: 'x'.repeat(size) },
    createdAt: 0,
    stage: 'waiting',
    code: '',
    sigmaId: '',
    closedAt: 0,
    retryAt: 0,
    attempts: 0,
    actors: [],
    receiver: '',
    session: '',
  };
}

const to = (f: number, epoch = 1): Ready['to'] => ({
  f: f.toString(16).padStart(32, '0'),
  keys: keysOf(epoch),
  actor: '',
  session: '',
});
const ready = (f: number, size = 10, epoch = 1): Ready => ({ command: command(size), to: to(f, epoch) });

describe('packing commands into σ', () => {
  it('frames what one receiver gets into one m, in order', () => {
    const all = [ready(1), ready(2), ready(1)];
    const { sigmas, oversized } = plan(all, TEST_LIMITS, 128);
    expect(oversized).toEqual([]);
    const receivers = sigmas.flat();
    expect(receivers.map(({ to: { f }, commands }) => [f, commands.map(({ id }) => id)])).toEqual([
      [to(1).f, [all[0]?.command.id, all[2]?.command.id]],
      [to(2).f, [all[1]?.command.id]],
    ]);
  });

  it('carries on in the next σ when an entry is full, and gives up what no entry holds', () => {
    const long = [ready(1, 600), ready(1, 600), ready(1, 5000)];
    const { sigmas, oversized } = plan(long, TEST_LIMITS, 128);
    expect(sigmas).toHaveLength(2);
    expect(oversized).toEqual([long[2]?.command]);
  });

  it('puts messages of different length buckets into different σ', () => {
    const { sigmas } = plan([ready(1, 5), ready(2, 700), ready(3, 5)], TEST_LIMITS, 128);
    expect(sigmas.map((each) => each.length).sort()).toEqual([1, 2]);
  });

  it('puts receivers of different epochs into different σ', () => {
    const { sigmas } = plan([ready(1), ready(2, 10, 2), ready(3)], TEST_LIMITS, 128);
    expect(sigmas.map((each) => each.map(({ to: { keys } }) => keys.record.epoch))).toEqual([[1, 1], [2]]);
  });

  it('keeps to the receivers and bytes a σ may have', () => {
    const many = Array.from({ length: 300 }, (_, i) => ready(i));
    expect(plan(many, TEST_LIMITS, 128).sigmas.map((each) => each.length)).toEqual([128, 128, 44]);
    const small = createLimits({ ...TEST_LIMITS, maxSigmaBytes: 10_000 });
    const sizes = plan(many, small, 128).sigmas.map((each) => each.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(32);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(300);
  });

  it('loses and repeats nothing, and lists no receiver twice in one σ', () => {
    const request = fc.record({ f: fc.integer({ min: 1, max: 12 }), size: fc.integer({ min: 0, max: 1200 }) });
    fc.assert(
      fc.property(fc.array(request, { maxLength: 60 }), fc.integer({ min: 1, max: 9 }), (requests, maxReceivers) => {
        const all = requests.map(({ f, size }) => ready(f, size));
        const { sigmas, oversized } = plan(all, TEST_LIMITS, maxReceivers);
        const planned = sigmas.flat().flatMap(({ commands }) => commands);
        const ids = [...planned, ...oversized].map(({ id }) => id).sort();
        expect(ids).toEqual(all.map(({ command: { id } }) => id).sort());
        for (const receivers of sigmas) {
          expect(receivers.length).toBeLessThanOrEqual(maxReceivers);
          expect(new Set(receivers.map((receiver) => receiver.to.f)).size).toBe(receivers.length);
        }
      }),
    );
  });
});
