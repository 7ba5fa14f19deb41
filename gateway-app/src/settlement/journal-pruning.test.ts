/** What stations told is forgotten when it is settled, and not before. */
import { JOURNAL_START, type StationTransaction } from '../station';
import { commands, PILE, StationScene } from '../testing/station-scene';
import { pruneJournal } from './journal-pruning';

const SESSION = new Uint8Array(16).fill(5);
const RECORDED = '7a'.repeat(16);

let scene: StationScene;
beforeEach(async () => {
  scene = await StationScene.start({ callMs: 2000 });
});
afterEach(() => scene.stop());

type Part = 'Started' | 'Updated' | 'Ended';

function event(transactionId: string, seqNo: number, eventType: Part, remoteStartId?: unknown): unknown {
  const info = { transactionId, ...(remoteStartId === undefined ? {} : { remoteStartId }) };
  const timestamp = new Date(seqNo * 1000).toISOString();
  return { eventType, timestamp, triggerReason: 'MeterValuePeriodic', seqNo, transactionInfo: info };
}

test('a transaction stays until it is whole, recorded and charged; one that nobody pays, until it is whole', async () => {
  const station = await scene.scripted({ RequestStartTransaction: { status: 'Accepted' } });
  const tell = (payload: unknown): Promise<unknown> => station.tell('TransactionEvent', payload);
  await scene.act(commands.start(), SESSION);
  const [start] = station.called('RequestStartTransaction');
  await tell(event('paid', 0, 'Started', start?.['remoteStartId']));
  await tell(event('local', 0, 'Started'));
  await tell(event('gap', 0, 'Started'));
  await tell(event('gap', 2, 'Ended'));
  await tell(event('paid', 1, 'Ended'));
  await tell(event('local', 1, 'Ended'));
  const { journal } = scene.stations;
  const [boot] = await journal.after(JOURNAL_START);

  const book = { place: boot?.position as string, recorded: '', isCharged: false };
  const asked: string[] = [];
  const prune = (): Promise<number> =>
    pruneJournal({
      journal,
      book: { place: async () => book.place, recordedAs: async () => book.recorded || undefined },
      isCharged: async (_, transaction) => {
        asked.push(transaction);
        return book.isCharged;
      },
    });
  const kept = async (): Promise<string[]> => {
    const events = await journal.after(JOURNAL_START);
    return events.map(({ payload }) => {
      const { transactionInfo, seqNo } = payload as { transactionInfo: { transactionId: string }; seqNo: number };
      return `${transactionInfo.transactionId} ${seqNo}`;
    });
  };
  const all = ['paid 0', 'local 0', 'gap 0', 'gap 2', 'paid 1', 'local 1'];

  expect(await prune()).toBe(1);
  expect(await kept()).toEqual(all);
  book.place = (await journal.after(JOURNAL_START)).at(-1)?.position as string;
  book.recorded = RECORDED;
  expect(await prune()).toBe(0);
  expect(await kept()).toEqual(all.filter((each) => each !== 'local 0'));
  expect(asked).toEqual([RECORDED]);

  book.isCharged = true;
  expect(await prune()).toBe(1);
  expect(await kept()).toEqual(['gap 0', 'gap 2', 'local 1']);
  const left: StationTransaction[] = [];
  for await (const transaction of journal.transactions()) left.push(transaction);
  expect(left.map(({ transactionId }) => transactionId)).toEqual(['gap']);
  expect(await journal.ofSession('05'.repeat(16))).toBeUndefined();

  await tell(event('paid', 1, 'Ended'));
  expect(await journal.transaction(PILE, 'paid')).not.toHaveProperty('origin');
});
