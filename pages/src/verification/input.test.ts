import fc from 'fast-check';

import { bytesOfFile, bytesOfText, looksLikeBlock } from './input';

const bytes = fc.uint8Array({ minLength: 3, maxLength: 200 });
const same = (found: Uint8Array, expected: Uint8Array): void => expect([...found]).toEqual([...expected]);

describe('what is pasted', () => {
  it('is read as hexadecimal of either case, white space anywhere', () => {
    fc.assert(
      fc.property(bytes, (given) => {
        const hex = Buffer.from(given).toString('hex');
        same(bytesOfText(` ${hex.slice(0, 5)}\n${hex.slice(5)} `), given);
        same(bytesOfText(hex.toUpperCase()), given);
      }),
    );
  });

  it('is read as base64 of either alphabet', () => {
    const given = Uint8Array.from({ length: 100 }, (_, i) => (i * 37 + 251) % 256);
    const base64 = Buffer.from(given).toString('base64');
    same(bytesOfText(base64), given);
    same(bytesOfText(base64.replace(/(.{20})/g, '$1\r\n')), given);
    same(bytesOfText(Buffer.from(given).toString('base64url')), given);
  });

  it.each(['', ' \n', 'not bytes!', 'abcde'])('is refused as %j', (text) => {
    expect(() => bytesOfText(text)).toThrow(expect.objectContaining({ code: 'E_BYTES_INPUT' }) as Error);
  });
});

describe('what a file holds', () => {
  it('is its bytes, or the bytes its text spells', () => {
    const given = Uint8Array.of(1, 1, 0, 255, 7);
    same(bytesOfFile(given), given);
    same(bytesOfFile(Buffer.from('010100ff07\n')), given);
  });

  it('is a block if it begins as one', () => {
    expect(looksLikeBlock(Uint8Array.of(0x0a, 0x44))).toBe(true);
    expect(looksLikeBlock(Uint8Array.of(1, 1))).toBe(false);
  });
});
