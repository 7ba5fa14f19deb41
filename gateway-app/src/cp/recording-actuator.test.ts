import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Order } from '../opening';
import { openStore, type Store } from '../store';
import { RecordingActuator } from './recording-actuator';

let directory: string;
let store: Store;
let actuator: RecordingActuator;
let next = 0;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'chargecast-actuator-'));
  store = await openStore(directory);
  actuator = new RecordingActuator(store);
});
afterEach(async () => {
  await store.close();
  rmSync(directory, { recursive: true });
});

async function act(order: Partial<Order>): Promise<string> {
  const whole: Order = {
    unit: 'P1',
    sender: 'aa',
    commandId: String(next++),
    kind: 'control',
    action: 'RequestStopTransaction',
    payload: { transactionId: 'tx-1' },
    at: 1,
    ...order,
  };
  const { outcome, code, writes } = await actuator.act(whole);
  const batch = store.batch();
  writes?.(batch);
  if (batch.size > 0) await batch.commit();
  return code ?? outcome;
}

const profile = { id: 7 };
const bill = (transactionId: string, totalMinor: number): Partial<Order> => ({
  kind: 'billing',
  action: 'Bill',
  payload: { transactionId, totalMinor },
});

test('control builds up the state of its own pile', async () => {
  await act({ action: 'RequestStartTransaction', payload: { chargingProfile: profile } });
  await act({ action: 'ChangeAvailability', payload: { operationalStatus: 'Inoperative' } });
  expect(await actuator.state('P1')).toMatchObject({ started: true, operative: false, profile });
  await act({ action: 'RequestStopTransaction' });
  await act({ action: 'ClearChargingProfile', payload: { chargingProfileId: 7 } });
  const state = await actuator.state('P1');
  expect(state).toMatchObject({ started: false, operative: false });
  expect(state).not.toHaveProperty('profile');
  await act({ action: 'SetChargingProfile', payload: { chargingProfile: { id: 8 } } });
  expect(await actuator.state('P1')).toMatchObject({ profile: { id: 8 } });
  expect(await actuator.state('P2')).toBeUndefined();
});

test('a transaction is charged once by its company, however many bills name it', async () => {
  expect(await act(bill('tx-1', 500))).toBe('done');
  expect(await act(bill('tx-1', 700))).toBe('E_BILLED_ALREADY');
  expect(await act(bill('tx-2', 30))).toBe('done');
  expect(await act({ ...bill('tx-1', 40), sender: 'bb' })).toBe('done');
  expect(await actuator.chargedMinor()).toBe(570);
});

test('costs shown are booked and charge nothing', async () => {
  await act({ kind: 'billing', action: 'CostUpdated', payload: { totalCost: 3, transactionId: 'tx-1' } });
  const final = { totalCost: 4, customData: { vendorId: 'chargecast', transactionId: 'tx-1' } };
  await act({ kind: 'billing', action: 'TransactionEvent', payload: final });
  const entries = [];
  for await (const { entry, transactionId } of actuator.accounts()) entries.push([entry, transactionId]);
  expect(entries.sort()).toEqual([
    ['final cost', 'tx-1'],
    ['running cost', 'tx-1'],
  ]);
  expect(await actuator.chargedMinor()).toBe(0);
});

test('a notice to the pile is kept', async () => {
  await act({ kind: 'notice', action: 'DataTransfer', payload: { vendorId: 'chargecast' } });
  const notices = [];
  for await (const { action } of actuator.notices()) notices.push(action);
  expect(notices).toEqual(['DataTransfer']);
});
