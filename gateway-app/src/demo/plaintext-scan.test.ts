import { randomBytes } from 'node:crypto';

import { PlaintextScanner } from './plaintext-scan';

describe('the plaintext scan', () => {
  const scanner = new PlaintextScanner(['SetChargingProfile', 'NO-CHC-1', Buffer.from('0102030405060708', 'hex')]);

  it('finds nothing in random bytes, nor in too few', () => {
    expect(scanner.count(randomBytes(1_000_000))).toBe(0);
    expect(scanner.count(Buffer.alloc(0))).toBe(0);
    expect(scanner.count(Buffer.from('NO'))).toBe(0);
  });

  it.each([0, 1, 500, 992])('finds what stands at %i', (at) => {
    const bytes = Buffer.alloc(1000);
    bytes.write('NO-CHC-1', at);
    expect(scanner.count(bytes)).toBe(1);
    expect(scanner.count(new Uint8Array(bytes))).toBe(1);
  });

  it('counts every place and every needle, texts and bytes', () => {
    const bytes = Buffer.concat([
      Buffer.from('xNO-CHC-1NO-CHC-1'),
      Buffer.from('0102030405060708', 'hex'),
      Buffer.from('{"a":"SetChargingProfile"}'),
    ]);
    expect(scanner.count(bytes)).toBe(4);
    expect(scanner.count(Buffer.from('SetChargingProfil'))).toBe(0);
  });

  it('refuses needles that chance would find', () => {
    expect(() => new PlaintextScanner(['short'])).toThrow(expect.objectContaining({ code: 'E_ARGUMENT' }) as Error);
  });
});
