import fc from 'fast-check';
import { formatCoded, LEDGER_CODES, parseCoded, ProtocolError } from './errors';
import { decodeKeyFile, encodeKeyFile } from './key-file';
import { governanceKey, keyRange, keySubject, recordKey, revokedKey, sigmaKey, spentKey } from './keys';
import { decodeSigmaState, encodeSigmaState, readBatchState } from './ledger-state';

const coded = (code: string): Error => expect.objectContaining({ code }) as Error;

test('where a σ stands survives; its layout is the documented one', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.integer({ min: 0, max: 0xffffffff }),
      (id, index) => {
        const transactionId = Buffer.from(id).toString('hex');
        const value = encodeSigmaState({ transactionId, index });
        expect(value.length).toBe(37);
        expect(decodeSigmaState(value)).toEqual({ transactionId, index });
      },
    ),
  );
});

test('σ state inside a larger buffer is read from its own offset', () => {
  const value = encodeSigmaState({ transactionId: 'ab'.repeat(32), index: 7 });
  const within = Buffer.concat([Buffer.alloc(5), value, Buffer.alloc(3)]).subarray(5, 5 + value.length);
  expect(decodeSigmaState(within)).toEqual({ transactionId: 'ab'.repeat(32), index: 7 });
});

test.each([
  ['nothing', new Uint8Array(0)],
  ['more', new Uint8Array(38).fill(2)],
  ['less', new Uint8Array(36).fill(2)],
  ['another layout', new Uint8Array(37).fill(1)],
])('%s is no σ state', (_, value) => {
  expect(() => decodeSigmaState(value)).toThrow(coded('E_DECODE'));
});

test('batches', () => {
  const batch = { root: '00'.repeat(64), ids: ['11'.repeat(32)] };
  expect(readBatchState(Buffer.from(JSON.stringify(batch)))).toEqual(batch);
  expect(() => readBatchState(Buffer.from('{}'))).toThrow(ProtocolError);
  expect(() => readBatchState(Buffer.from(JSON.stringify({ ...batch, ids: [] })))).toThrow(ProtocolError);
});

test('keys of a family lie in its range, and in no other’s', () => {
  const keys = {
    sigma: sigmaKey('aa'),
    spent: spentKey('ff'),
    record: recordKey('00'),
    revoked: revokedKey('record', 'zz'),
  };
  for (const [family, key] of Object.entries(keys)) {
    for (const other of ['sigma', 'batch', 'record', 'provider', 'revoked', 'spent', 'gov'] as const) {
      const [start, end] = keyRange(other);
      expect(key >= start && key < end).toBe(other === family);
      expect(keySubject(other, key) !== undefined).toBe(other === family);
    }
  }
  expect(governanceKey('limits')).toBe('gov:limits');
});

test('coded texts: the code survives, other texts have none', () => {
  for (const code of Object.keys(LEDGER_CODES)) {
    expect(parseCoded(formatCoded(code, 'do this: and\nthat'))).toEqual({ code, message: 'do this: and\nthat' });
  }
  for (const other of ['', 'E_X', 'E_lower: x', 'oops E_X: y', 'MVCC_READ_CONFLICT']) {
    expect(parseCoded(other)).toBeUndefined();
  }
});

test('key files', () => {
  const key = { name: 'CSS1MSP', secret: '01'.repeat(32), publicKey: '02'.repeat(32) };
  expect(decodeKeyFile(encodeKeyFile(key))).toEqual({ format: 'chargecast-key/1', ...key });
  try {
    decodeKeyFile(encodeKeyFile({ ...key, secret: `${key.secret}0` }));
    throw new Error('expected a refusal');
  } catch (error) {
    expect(error).toMatchObject({ code: 'E_DECODE' });
    expect((error as Error).message).not.toContain(key.secret);
  }
});
