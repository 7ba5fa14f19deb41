/** Commands at real WebSocket stations: obeyed, refused, ignored, cut off, crashed upon. */
import { randomBytes } from 'node:crypto';

import type { SimulatedStation } from '../stations';
import { commands, StationScene } from '../testing/station-scene';
import { eventually } from '../testing/test-network';
import type { StationTransaction } from './transaction';

let scene: StationScene;

beforeEach(async () => {
  scene = await StationScene.start({ callMs: 300, attempts: 3, patienceSeconds: 30 });
});
afterEach(() => scene.stop());

const online = (station: SimulatedStation): Promise<true> =>
  eventually(() => station.isOnline || undefined, 'the station to be online');

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

async function charging(): Promise<{
  station: SimulatedStation;
  session: Uint8Array;
  transaction: StationTransaction;
}> {
  const station = await scene.simulated();
  await online(station);
  station.plugIn(1, { maxW: 11_000 });
  const session = Uint8Array.from(randomBytes(16));
  expect(await scene.act(commands.start(), session)).toMatchObject({ outcome: 'done' });
  const transaction = await eventually(() => scene.stations.journal.ofSession(hex(session)), 'the Started event');
  return { station, session, transaction };
}

describe('a station that obeys', () => {
  test('starts, is limited, shows costs, stops; the transaction is known by the vehicle’s session', async () => {
    const { station, session, transaction } = await charging();
    expect(station.evse(1).transaction?.transactionId).toBe(transaction.transactionId);
    expect(station.evse(1).watts).toBe(11_000);

    const limited = await scene.act(commands.limit(4000));
    expect(limited).toMatchObject({ outcome: 'done', station: { answer: 'accepted', reason: 'Accepted' } });
    expect(station.evse(1).watts).toBe(4000);

    await scene.act(commands.cost(1.25, hex(session)), session);
    expect(station.shownCost).toBe(1.25);
    await scene.act(commands.clear(7));
    expect(station.evse(1).watts).toBe(11_000);

    await scene.act(commands.finalCost(3.5, hex(session)), session);
    expect(await scene.act(commands.stop(hex(session)), session)).toMatchObject({ outcome: 'done' });
    const ended = await eventually(async () => {
      const found = await scene.stations.journal.ofSession(hex(session));
      return found?.endedAt === undefined ? undefined : found;
    }, 'the Ended event');
    expect(ended).toMatchObject({ transactionId: transaction.transactionId, stoppedReason: 'Remote', evseId: 1 });
    await eventually(() => station.shownCost === 3.5 || undefined, 'the final cost on the display');
    const entries = [];
    for await (const { entry } of scene.records.accounts()) entries.push(entry);
    expect(entries.sort()).toEqual(['final cost', 'running cost']);
  });

  test('a final cost that comes after the end is shown as a cost update', async () => {
    const { station, session } = await charging();
    await scene.act(commands.stop(hex(session)), session);
    await eventually(async () => (await scene.stations.journal.ofSession(hex(session)))?.endedAt, 'the Ended event');
    expect(await scene.act(commands.finalCost(9.9, hex(session)), session)).toMatchObject({
      outcome: 'done',
      station: { answer: 'accepted' },
    });
    expect(station.shownCost).toBe(9.9);
  });

  test('is not made to stop another vehicle’s transaction', async () => {
    const { station, transaction } = await charging();
    const other = Uint8Array.from(randomBytes(16));
    const stopped = await scene.act(commands.stop(transaction.transactionId), other);
    expect(stopped).toMatchObject({
      outcome: 'refused',
      code: 'E_STATION_REJECTED',
      station: { answer: 'rejected', reason: 'ForeignTransaction' },
    });
    expect(station.evse(1).transaction).toBeDefined();
  });

  test('out of service, it refuses a start and the refusal comes back', async () => {
    const station = await scene.simulated();
    await online(station);
    station.plugIn(1, { maxW: 11_000 });
    expect(await scene.act(commands.available(false))).toMatchObject({ outcome: 'done' });
    expect(await scene.act(commands.start())).toMatchObject({
      outcome: 'refused',
      code: 'E_STATION_REJECTED',
      station: { answer: 'rejected', reason: 'NoFreeEvse' },
    });
  });

  test('no word of a command, a cost or a password is in the log of all this', async () => {
    const { station, session, transaction } = await charging();
    await scene.act(commands.cost(1234.56, hex(session)), session);
    await scene.act(commands.limit(4321.75));
    await scene.act(commands.stop('nobody'), session);
    await station.stop();
    const log = scene.log.join('');
    const { transactionId } = transaction;
    expect(log).toContain('a station settled a command');
    for (const secret of ['1234.56', '4321.75', 'ISO-CONTRACT', hex(session), transactionId, await scene.password()]) {
      expect(log).not.toContain(secret);
    }
  });
});

describe('a station that does not obey', () => {
  test('a refusal is tried again within the bound, and ends as refused with the station’s reason', async () => {
    const station = await scene.scripted({
      SetChargingProfile: { status: 'Rejected', statusInfo: { reasonCode: 'RateLimit' } },
    });
    expect(await scene.act(commands.limit(4000))).toMatchObject({
      outcome: 'refused',
      code: 'E_STATION_REJECTED',
      station: { answer: 'rejected', reason: 'RateLimit' },
    });
    expect(station.called('SetChargingProfile')).toHaveLength(3);
    expect(await scene.records.state('P1')).toBeUndefined();
  });

  test('what it does not implement is not tried again', async () => {
    const station = await scene.scripted({});
    expect(await scene.act(commands.limit(4000))).toMatchObject({
      code: 'E_STATION_REJECTED',
      station: { answer: 'rejected', reason: 'NotImplemented' },
    });
    expect(station.calls).toHaveLength(1);
  });

  test('silence is tried again within the bound, under the same number, and ends as unanswered', async () => {
    const station = await scene.scripted({ SetChargingProfile: 'silence' });
    expect(await scene.act(commands.limit(4000))).toMatchObject({
      outcome: 'refused',
      code: 'E_STATION_UNANSWERED',
      station: { answer: 'unanswered', reason: 'Timeout' },
    });
    const ids = station
      .called('SetChargingProfile')
      .map((payload) => (payload['chargingProfile'] as { id: number }).id);
    expect(ids).toHaveLength(3);
    expect(new Set(ids).size).toBe(1);
  });

  test('an answer that does not fit the standard’s schema is no answer', async () => {
    await scene.scripted({ SetChargingProfile: { status: 'Perhaps' } });
    expect(await scene.act(commands.limit(4000))).toMatchObject({
      station: { answer: 'unanswered', reason: 'InvalidAnswer' },
    });
  });

  test('a cost it cannot show is booked all the same, and said', async () => {
    const station = await scene.scripted({ RequestStartTransaction: { status: 'Accepted' } });
    const session = Uint8Array.from(randomBytes(16));
    await scene.act(commands.start(), session);
    const [start] = station.called('RequestStartTransaction');
    await station.tell('TransactionEvent', event('Started', 0, { remoteStartId: start?.['remoteStartId'] }));
    expect(await scene.act(commands.cost(2, hex(session)), session)).toMatchObject({
      outcome: 'done',
      station: { answer: 'rejected', reason: 'NotImplemented' },
    });
  });

  test('a command waits for a station that is away, and is done when it comes', async () => {
    const id = await scene.accept(commands.limit(4000));
    const station = await scene.simulated();
    expect(await scene.end(id)).toMatchObject({ outcome: 'done', station: { answer: 'accepted' } });
    expect(station.profiles).toHaveLength(1);
  });

  test('a newer limit is not undone by an older one that was held up', async () => {
    const seen: number[] = [];
    const limitOf = (payload: unknown): number =>
      (payload as { chargingProfile: { chargingSchedule: [{ chargingSchedulePeriod: [{ limit: number }] }] } })
        .chargingProfile.chargingSchedule[0].chargingSchedulePeriod[0].limit;
    await scene.scripted({
      SetChargingProfile: (payload) => {
        seen.push(limitOf(payload));
        return limitOf(payload) === 1000 ? 'silence' : { status: 'Accepted' };
      },
    });
    const older = await scene.accept(commands.limit(1000));
    const newer = await scene.accept(commands.limit(2000));
    expect(await scene.end(newer)).toMatchObject({ outcome: 'done' });
    expect(await scene.end(older)).toMatchObject({ code: 'E_SUPERSEDED', station: { reason: 'Superseded' } });
    expect(seen).toEqual([1000, 2000]);
  });
});

test('a limit that waits for its station does not come after the word that lifted it', async () => {
  const limit = await scene.accept(commands.limit(1000));
  expect(await scene.act(commands.clear(7))).toMatchObject({ outcome: 'done', station: { reason: 'Unknown' } });
  const station = await scene.simulated();
  expect(await scene.end(limit)).toMatchObject({ code: 'E_SUPERSEDED' });
  expect(station.profiles).toEqual([]);
});

describe('a command is done once', () => {
  test('a duplicate of it, in another σ, makes no second call', async () => {
    const station = await scene.scripted({ RequestStartTransaction: { status: 'Accepted' } });
    const id = await scene.accept(commands.start());
    await scene.end(id);
    await scene.accept(commands.start(), { id });
    await scene.act(commands.limit(1));
    expect(station.called('RequestStartTransaction')).toHaveLength(1);
  });

  test('the line breaks after the call: the limit is set again under the same number', async () => {
    let isFirst = true;
    const station = await scene.scripted({
      SetChargingProfile: (_, self) => {
        if (!isFirst) return { status: 'Accepted' };
        isFirst = false;
        void self.disconnect();
        return 'silence';
      },
    });
    const id = await scene.accept(commands.limit(4000));
    await eventually(() => !scene.stations.csms.isConnected('P1') || undefined, 'the line to break');
    await station.connect(scene.url, await scene.password());
    expect(await scene.end(id)).toMatchObject({ outcome: 'done' });
    const [first, second] = station.called('SetChargingProfile');
    expect(second).toEqual(first);
  });

  test('a crash after the station began: the queued Started event is waited for, nothing begins twice', async () => {
    const station = await scene.scripted({
      RequestStartTransaction: 'silence',
      GetTransactionStatus: { messagesInQueue: true },
    });
    const session = Uint8Array.from(randomBytes(16));
    const id = await scene.accept(commands.start(), { session });
    const [start] = await eventually(() => {
      const calls = station.called('RequestStartTransaction');
      return calls.length > 0 ? calls : undefined;
    }, 'the call');
    await scene.crash();
    await scene.restart();
    await station.connect(scene.url, await scene.password());
    await eventually(() => station.called('GetTransactionStatus').length > 0 || undefined, 'the question');
    await station.tell('TransactionEvent', event('Started', 0, { remoteStartId: start?.['remoteStartId'] }));
    expect(await scene.end(id)).toMatchObject({ outcome: 'done', station: { answer: 'accepted' } });
    expect(station.called('RequestStartTransaction')).toHaveLength(1);
    expect(await scene.stations.journal.ofSession(hex(session))).toMatchObject({ transactionId: 'tx-1' });
  });

  test('a crash before the station heard: nothing is queued there, so it is asked again under the same number', async () => {
    const station = await scene.scripted({
      RequestStartTransaction: 'silence',
      GetTransactionStatus: { messagesInQueue: false },
    });
    const id = await scene.accept(commands.start());
    await eventually(() => station.called('RequestStartTransaction').length > 0 || undefined, 'the call');
    await scene.crash();
    station.answers = { ...station.answers, RequestStartTransaction: { status: 'Accepted' } };
    await scene.restart();
    await station.connect(scene.url, await scene.password());
    expect(await scene.end(id)).toMatchObject({ outcome: 'done' });
    const [first, second] = station.called('RequestStartTransaction');
    expect(second).toEqual(first);
  });

  test('a station that cannot say whether it began is not asked to begin twice', async () => {
    const station = await scene.scripted({ RequestStartTransaction: 'silence' });
    expect(await scene.act(commands.start())).toMatchObject({
      code: 'E_STATION_UNANSWERED',
      station: { answer: 'unanswered', reason: 'Unverified' },
    });
    expect(station.called('RequestStartTransaction')).toHaveLength(1);
  });
});

function event(eventType: string, seqNo: number, info: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    eventType,
    timestamp: '2026-01-01T00:00:00.000Z',
    triggerReason: 'RemoteStart',
    seqNo,
    transactionInfo: { transactionId: 'tx-1', ...info },
  };
}
