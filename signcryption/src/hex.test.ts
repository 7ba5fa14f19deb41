import fc from 'fast-check';

import { decodeHex, encodeHex } from './hex';

describe('hexadecimal without Buffer', () => {
  it('is what Buffer writes and reads', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const text = Buffer.from(bytes).toString('hex');
        expect(encodeHex(bytes)).toBe(text);
        expect(decodeHex(text)).toEqual(Uint8Array.from(bytes));
      }),
    );
  });
});
