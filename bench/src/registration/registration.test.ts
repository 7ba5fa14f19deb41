import { benchRegistration, registrationTable } from './registration';
import { type RegistrationSubject } from './subject';

/** Commits all but one of each group, `lag` milliseconds after it was accepted. */
function subject(lag: number, closed: () => void): RegistrationSubject {
  let prepared = 0;
  return {
    prepare: async (count) => {
      prepared = count;
    },
    offer: (count) => {
      if (count > prepared) throw new RangeError('more is offered than was prepared');
      prepared -= count;
      const processed = new Promise<number>((resolve) => setTimeout(() => resolve(count - 1), lag));
      return { accepted: Promise.resolve(), processed };
    },
    close: async () => closed(),
  };
}

test('counts what ends within the window, bounded in rate and in what is under way', async () => {
  const closed = jest.fn();
  const results = await benchRegistration(
    async (ledger) => (ledger === 'embedded' ? subject(50, closed) : undefined),
    1,
  );
  const { embedded, offered } = results;
  expect(closed).toHaveBeenCalledTimes(1);
  expect(results).not.toHaveProperty('fabric');
  expect(embedded.acceptedPerSecond).toBeGreaterThan(0);
  expect(embedded.acceptedPerSecond).toBeLessThanOrEqual(offered.atMostPerSecond + 2 * offered.group);
  expect(embedded.processedPerSecond).toBeLessThan(embedded.acceptedPerSecond);
  expect(embedded.refused).toBeGreaterThan(0);
  expect(embedded.milliseconds.median).toBeGreaterThanOrEqual(49);
  expect(results.certificateVerificationsPerSecond).toBeGreaterThan(0);
  expect(registrationTable(results)).toContain(`${embedded.processedPerSecond}/s processed`);
});
