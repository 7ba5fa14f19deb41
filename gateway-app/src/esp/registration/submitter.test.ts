import { type RegistrationEntry, type RegistrationReply } from '@chargecast/protocol';
import { rm, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { CodedError } from '../../common/errors';
import { createLogger } from '../../common/log';
import { type Transaction } from '../../ledger';
import { openSealedStore, type Store } from '../../store';
import { eventually } from '../../testing/test-network';
import { type Registration, Registrations } from './registrations';
import { RegistrationSubmitter } from './submitter';

const MAX_ENTRIES = 4;

interface Flight {
  readonly ids: readonly string[];
  commit(refused?: Readonly<Record<string, string>>): void;
  fail(error: Error): void;
}

let directory: string;
let store: Store;
let flights: Flight[];
let submitter: RegistrationSubmitter;
let registrations: Registrations;

const ledger = {
  submit: (_channel: string, { args }: Transaction) =>
    new Promise<{ transactionId: string; blockNumber: bigint; result: Uint8Array }>((resolve, reject) => {
      const entries = JSON.parse(String(args?.[0])) as RegistrationEntry[];
      const ids = entries.map(({ certificate: { id } }) => id);
      const commit: Flight['commit'] = (refused = {}) => {
        const outcomes = ids.map((id) => {
          const code = refused[id];
          return code === undefined ? { id, status: 'committed' } : { id, status: 'refused', code, message: 'no' };
        }) as RegistrationReply['outcomes'];
        resolve({ transactionId: '', blockNumber: 1n, result: Buffer.from(JSON.stringify({ outcomes })) });
      };
      flights.push({ ids, commit, fail: reject });
    }),
};

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'chargecast-submitter-'));
  store = await openSealedStore(join(directory, 'store'), join(directory, 'key'));
  registrations = new Registrations(store);
  flights = [];
  const logger = createLogger({ role: 'esp', name: 'esp1', level: 'silent' });
  submitter = new RegistrationSubmitter({ ledger, registrations, logger, maxEntries: MAX_ENTRIES, lingerMs: 1 });
});

afterEach(async () => {
  const stopped = submitter.stop();
  for (const flight of flights) flight.commit();
  await stopped;
  await store.close();
  await rm(directory, { recursive: true });
});

const registration = (id: string): Registration => ({
  id,
  name: `vin:${id}`,
  kind: 'register',
  entry: { certificate: { id } as RegistrationEntry['certificate'], proof: '' },
  stage: 'queued',
  code: '',
  message: '',
});

const hand = (...ids: readonly string[]): Promise<Registration>[] =>
  ids.map((id) => submitter.submit(registration(id)));
const flight = (index: number): Promise<Flight> => eventually(async () => flights[index], `transaction ${index}`);

test('a lone certificate goes at once; beside it goes one transaction, a full one, and no third', async () => {
  await submitter.start();
  const lone = hand('a');
  const first = await flight(0);
  expect(first.ids).toEqual(['a']);
  const others = hand('b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j');
  const second = await flight(1);
  expect(second.ids).toEqual(['b', 'c', 'd', 'e']);
  expect([flights.length, submitter.queued]).toEqual([2, 5]);
  second.commit();
  const third = await flight(2);
  expect(third.ids).toEqual(['f', 'g', 'h', 'i']);
  third.commit();
  await others[7];
  expect([flights.length, submitter.queued]).toEqual([3, 1]);
  first.commit();
  expect((await lone[0])?.stage).toBe('committed');
  expect((await flight(3)).ids).toEqual(['j']);
});

test('each gets its own outcome, and it is kept', async () => {
  await submitter.start();
  const ends = hand('a', 'b');
  (await flight(0)).commit({ b: 'E_VEHICLE_REGISTERED' });
  expect((await Promise.all(ends)).map(({ stage, code }) => [stage, code])).toEqual([
    ['committed', ''],
    ['refused', 'E_VEHICLE_REGISTERED'],
  ]);
  expect((await registrations.find('b'))?.code).toBe('E_VEHICLE_REGISTERED');
});

test('a transaction that passes unanswered is sent again, those beside it are not', async () => {
  await submitter.start();
  const ends = hand('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
  (await flight(0)).fail(new CodedError('E_LEDGER_UNAVAILABLE', 'the ledger is away'));
  (await flight(1)).commit();
  const again = await flight(2);
  expect(again.ids).toEqual(['a', 'b', 'c', 'd']);
  again.commit();
  expect((await Promise.all(ends)).every(({ stage }) => stage === 'committed')).toBe(true);
});

test('what was put before a crash is submitted at the next start', async () => {
  await registrations.put([registration('a')]);
  await submitter.start();
  expect((await flight(0)).ids).toEqual(['a']);
});
