import { CodedError } from '../common/errors';
import { billedTransaction, checkCommand } from './commands';

const profile = {
  evseId: 1,
  chargingProfile: {
    id: 7,
    stackLevel: 0,
    chargingProfilePurpose: 'TxProfile',
    chargingProfileKind: 'Absolute',
    transactionId: 'tx-1',
    chargingSchedule: [{ id: 1, chargingRateUnit: 'W', chargingSchedulePeriod: [{ startPeriod: 0, limit: 7200 }] }],
  },
};
const bill = {
  transactionId: 'tx-1',
  currency: 'NOK',
  startedAt: '2019-01-21T12:00:00Z',
  endedAt: '2019-01-21T14:30:00Z',
  energyWh: 15_560,
  lines: [
    { kind: 'energy', quantity: 15_560, amountMinor: 1_945 },
    { kind: 'idle', quantity: 600, amountMinor: 55 },
  ],
  totalMinor: 2_000,
};
const finalCost = { totalCost: 20, customData: { vendorId: 'chargecast', transactionId: 'tx-1' } };

function codeOf(run: () => void): string {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(CodedError);
    return (error as CodedError).code;
  }
  return 'accepted';
}

function messageOf(run: () => void): string {
  try {
    run();
  } catch (error) {
    return (error as Error).message;
  }
  return 'accepted';
}

describe('commands are the real OCPP 2.0.1 calls', () => {
  it.each([
    ['control', 'SetChargingProfile', profile],
    ['control', 'RequestStartTransaction', { remoteStartId: 1, idToken: { idToken: 'x', type: 'Central' } }],
    ['control', 'RequestStopTransaction', { transactionId: 'tx-1' }],
    ['control', 'ChangeAvailability', { operationalStatus: 'Inoperative' }],
    ['control', 'ClearChargingProfile', { chargingProfileId: 7 }],
    ['billing', 'CostUpdated', { totalCost: 12.5, transactionId: 'tx-1' }],
    ['billing', 'TransactionEvent', finalCost],
    ['billing', 'Bill', bill],
    ['notice', 'DataTransfer', { vendorId: 'chargecast', messageId: 'tariff', data: 'x' }],
  ])('accepts %s %s', (kind, action, payload) => {
    expect(codeOf(() => checkCommand(kind, action, payload))).toBe('accepted');
  });

  it.each([
    ['an unknown action', 'control', 'Explode', {}, 'E_OCPP_ACTION'],
    ['an action of another kind', 'control', 'CostUpdated', { totalCost: 1, transactionId: 'a' }, 'E_OCPP_ACTION'],
    ['an unknown kind', 'order', 'CostUpdated', {}, 'E_COMMAND_KIND'],
    ['a kind that is an object member', 'constructor', 'CostUpdated', {}, 'E_COMMAND_KIND'],
    ['an extra property', 'control', 'RequestStopTransaction', { transactionId: 'a', x: 1 }, 'E_OCPP_SCHEMA'],
    ['a string for a number', 'billing', 'CostUpdated', { totalCost: '1', transactionId: 'a' }, 'E_OCPP_SCHEMA'],
    ['a missing property', 'control', 'RequestStopTransaction', {}, 'E_OCPP_SCHEMA'],
    ['no object at all', 'control', 'RequestStopTransaction', 'tx', 'E_OCPP_SCHEMA'],
    ['null', 'control', 'RequestStopTransaction', null, 'E_OCPP_SCHEMA'],
    ['a final cost without its transaction', 'billing', 'TransactionEvent', { totalCost: 1 }, 'E_OCPP_SCHEMA'],
    [
      'a final answer without cost',
      'billing',
      'TransactionEvent',
      { customData: finalCost.customData },
      'E_OCPP_SCHEMA',
    ],
    ['a bill whose total is not its sum', 'billing', 'Bill', { ...bill, totalMinor: 2_001 }, 'E_OCPP_SCHEMA'],
    [
      'a bill that ends before it starts',
      'billing',
      'Bill',
      { ...bill, endedAt: '2018-01-01T00:00:00Z' },
      'E_OCPP_SCHEMA',
    ],
    ['a bill in fractions of a cent', 'billing', 'Bill', { ...bill, totalMinor: 2_000.5 }, 'E_OCPP_SCHEMA'],
    ['a bill with an extra property', 'billing', 'Bill', { ...bill, owner: 'x' }, 'E_OCPP_SCHEMA'],
  ])('refuses %s', (_, kind, action, payload, code) => {
    expect(codeOf(() => checkCommand(kind, action, payload))).toBe(code);
  });

  it('says which property the schema refuses and never its value', () => {
    const message = messageOf(() =>
      checkCommand('control', 'RequestStopTransaction', { transactionId: 'tx-secret', surplus: 'leak' }),
    );
    expect(message).toContain('"surplus"');
    expect(message).toContain('must NOT have additional properties');
    expect(message).not.toMatch(/tx-secret|leak/);
  });

  it('names the transaction a billing command charges', () => {
    expect(billedTransaction('Bill', bill)).toBe('tx-1');
    expect(billedTransaction('CostUpdated', { transactionId: 'tx-2' })).toBe('tx-2');
    expect(billedTransaction('TransactionEvent', finalCost)).toBe('tx-1');
    expect(codeOf(() => void billedTransaction('TransactionEvent', { totalCost: 1 }))).toBe('E_OCPP_SCHEMA');
  });
});
