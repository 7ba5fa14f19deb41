import fc from 'fast-check';
import { SigncryptionError } from './errors';
import { decodeMessages, encodeMessages } from './messages';
import { codeOf } from './testing/codes';
import { hex } from './testing/world';

const messages = fc.record({
  commandId: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  messages: fc.array(fc.uint8Array({ maxLength: 50 }), { minLength: 1, maxLength: 10 }),
});

describe('several messages in one m', () => {
  it('round-trip', () => {
    fc.assert(fc.property(messages, (m) => expect(decodeMessages(encodeMessages(m))).toEqual(m)));
  });

  it('survive any bytes, with one encoding for what is accepted', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (input) => {
        try {
          expect(hex(encodeMessages(decodeMessages(input)))).toBe(hex(input));
        } catch (error) {
          expect(error).toBeInstanceOf(SigncryptionError);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('are refused when empty, too many, cut or followed by bytes', () => {
    const commandId = new Uint8Array(16);
    const good = encodeMessages({ commandId, messages: [Uint8Array.of(1, 2)] });
    const many = Array.from({ length: 256 }, () => new Uint8Array(0));
    expect(codeOf(() => encodeMessages({ commandId, messages: [] }))).toBe('E_MESSAGES');
    expect(codeOf(() => encodeMessages({ commandId, messages: many }))).toBe('E_MESSAGES');
    expect(codeOf(() => encodeMessages({ commandId: new Uint8Array(15), messages: [commandId] }))).toBe('E_ARGUMENT');
    expect(codeOf(() => decodeMessages(good.subarray(0, -1)))).toBe('E_MESSAGES');
    expect(codeOf(() => decodeMessages(Uint8Array.of(...good, 0)))).toBe('E_MESSAGES');
    expect(codeOf(() => decodeMessages(Uint8Array.of(...commandId, 255, 255, 255, 255)))).toBe('E_MESSAGES');
  });
});
