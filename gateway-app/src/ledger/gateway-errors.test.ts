import { status } from '@grpc/grpc-js';

import {
  invalidTransaction,
  isOrderedAlready,
  isUnanswered,
  isUnreachable,
  type Stage,
  toLedgerError,
} from './gateway-errors';
import { LedgerError } from './port';

interface Detail {
  readonly address: string;
  readonly mspId: string;
  readonly message: string;
}

const from = (message: string, number = 1): Detail => ({
  address: `peer${number}:7051`,
  mspId: `CSS${number}MSP`,
  message,
});

/** As the gateway client makes them. */
const failure = (code: status, message: string, ...details: Detail[]): Error =>
  Object.assign(new Error(message), { code, details });

describe('failures of the gateway', () => {
  it.each<[string, Stage, Error, string]>([
    [
      'a refusal by chaincode while endorsing',
      'endorse',
      failure(
        status.ABORTED,
        '10 ABORTED: failed to endorse',
        from('chaincode response 500, E_SLOT_STALE: advance it'),
      ),
      'E_SLOT_STALE',
    ],
    [
      'a refusal by chaincode while evaluating',
      'evaluate',
      failure(
        status.UNKNOWN,
        '2 UNKNOWN: evaluate call returned error: chaincode response 500, E_NOT_FOUND: no such σ',
      ),
      'E_NOT_FOUND',
    ],
    [
      'chaincode that failed without a code',
      'endorse',
      failure(status.ABORTED, 'failed to endorse', from('chaincode response 500, panic')),
      'E_CHAINCODE',
    ],
    [
      'a peer that has just started',
      'endorse',
      failure(
        status.FAILED_PRECONDITION,
        '9 FAILED_PRECONDITION: no combination of peers can be derived which satisfy the endorsement policy',
      ),
      'E_LEDGER_UNAVAILABLE',
    ],
    [
      'endorsers that disagree',
      'endorse',
      failure(status.ABORTED, 'failed to assemble transaction: ProposalResponsePayloads do not match'),
      'E_ENDORSEMENT_MISMATCH',
    ],
    [
      'too few endorsers',
      'endorse',
      failure(status.ABORTED, 'failed to collect enough endorsements', from('connection refused')),
      'E_LEDGER_UNAVAILABLE',
    ],
    ['a gateway that is away', 'evaluate', failure(status.UNAVAILABLE, 'no connection'), 'E_LEDGER_UNAVAILABLE'],
    ['a gateway that is too slow', 'endorse', failure(status.DEADLINE_EXCEEDED, 'too late'), 'E_LEDGER_TIMEOUT'],
    [
      'too few orderers',
      'submit',
      failure(status.UNAVAILABLE, 'insufficient number of orderers', from('connection refused')),
      'E_LEDGER_UNAVAILABLE',
    ],
    ['orderers that refuse', 'submit', failure(status.ABORTED, 'refused', from('bad request')), 'E_SUBMIT'],
    ['a caller without rights', 'evaluate', failure(status.PERMISSION_DENIED, 'access denied'), 'E_LEDGER_REFUSED'],
    ['anything else', 'blocks', new TypeError('odd'), 'E_LEDGER_REFUSED'],
  ])('%s', (_, stage, error, code) => {
    const made = toLedgerError(error, stage, 'ab');
    expect(made).toMatchObject({ name: 'LedgerError', code, transactionId: 'ab', cause: error });
    expect(made.message.length).toBeGreaterThan(5);
  });

  it('take the code most endorsers gave, and keep what each said', () => {
    const details = [
      from('chaincode response 500, E_SLOT_STALE: lags', 1),
      from('chaincode response 500, E_FORBIDDEN: no', 2),
      from('chaincode response 500, E_FORBIDDEN: no', 3),
    ];
    const made = toLedgerError(failure(status.ABORTED, 'failed', ...details), 'endorse');
    expect(made).toMatchObject({ code: 'E_FORBIDDEN', message: 'no', details });
  });

  it('pass a ledger error through', () => {
    const own = new LedgerError('E_MVCC', 'again');
    expect(toLedgerError(own, 'submit')).toBe(own);
  });

  it('are told apart by whether the call can have run', () => {
    const away = failure(status.UNAVAILABLE, 'no connection');
    const slow = failure(status.DEADLINE_EXCEEDED, 'slow');
    const behind = failure(status.UNAVAILABLE, 'orderers', from('connection refused'));
    const processed = failure(status.UNAVAILABLE, 'orderers', from('request already processed'));
    expect([away, slow, behind, processed, new Error('x')].map(isUnreachable)).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
    expect([away, slow, behind, processed, new Error('x')].map(isUnanswered)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
    expect([away, slow, behind, processed].map(isOrderedAlready)).toEqual([false, false, false, true]);
  });
});

describe('transactions committed as invalid', () => {
  it.each([
    [11, 'E_MVCC', 'MVCC_READ_CONFLICT'],
    [12, 'E_MVCC', 'PHANTOM_READ_CONFLICT'],
    [10, 'E_TRANSACTION_INVALID', 'ENDORSEMENT_POLICY_FAILURE'],
    [200, 'E_TRANSACTION_INVALID', '200'],
  ])('%i is %s', (validationCode, code, text) => {
    const made = invalidTransaction('ab', validationCode);
    expect(made).toMatchObject({ code, validationCode, transactionId: 'ab' });
    expect(made.message).toContain(text);
  });
});
