import fc from 'fast-check';
import { type Cbor, decodeCbor, encodeCbor } from './message-cbor';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytes = (text: string): Buffer => Buffer.from(text, 'hex');
const refusal = expect.objectContaining({ code: 'E_MESSAGE' }) as Error;
const DEPTH = 8;

/** RFC 8949, appendix A: those in deterministic encoding whose values messages have. */
const VECTORS: readonly [string, Cbor][] = [
  ['00', 0],
  ['01', 1],
  ['0a', 10],
  ['17', 23],
  ['1818', 24],
  ['1819', 25],
  ['1864', 100],
  ['1903e8', 1000],
  ['1a000f4240', 1_000_000],
  ['1b000000e8d4a51000', 1_000_000_000_000],
  ['20', -1],
  ['29', -10],
  ['3863', -100],
  ['3903e7', -1000],
  ['fb3ff199999999999a', 1.1],
  ['f93e00', 1.5],
  ['fa7f7fffff', 3.4028234663852886e38],
  ['fb7e37e43c8800759c', 1e300],
  ['f90001', 5.960464477539063e-8],
  ['f90400', 0.00006103515625],
  ['fbc010666666666666', -4.1],
  ['f4', false],
  ['f5', true],
  ['f6', null],
  ['40', Buffer.alloc(0)],
  ['4401020304', bytes('01020304')],
  ['60', ''],
  ['6161', 'a'],
  ['6449455446', 'IETF'],
  ['62225c', '"\\'],
  ['62c3bc', '\u00fc'],
  ['63e6b0b4', '\u6c34'],
  ['64f0908591', '\ud800\udd51'],
  ['80', []],
  ['83010203', [1, 2, 3]],
  ['8301820203820405', [1, [2, 3], [4, 5]]],
  ['98190102030405060708090a0b0c0d0e0f101112131415161718181819', Array.from({ length: 25 }, (_, i) => i + 1)],
  ['a0', new Map()],
  [
    'a201020304',
    new Map([
      [1, 2],
      [3, 4],
    ]),
  ],
  [
    'a26161016162820203',
    new Map<string, Cbor>([
      ['a', 1],
      ['b', [2, 3]],
    ]),
  ],
  ['826161a161626163', ['a', new Map([['b', 'c']])]],
  ['a56161614161626142616361436164614461656145', new Map([...'abcde'].map((key) => [key, key.toUpperCase()]))],
];

/** RFC 8949, appendix A: whole numbers as floats, which messages write as integers. */
const READ_ONLY: readonly [string, Cbor][] = [
  ['f90000', 0],
  ['f93c00', 1],
  ['f97bff', 65504],
  ['fa47c35000', 100_000],
  ['f9c400', -4],
];

test.each(VECTORS)('%s, both ways', (encoded, value) => {
  expect(hex(encodeCbor(value))).toBe(encoded);
  expect(decodeCbor(bytes(encoded), DEPTH)).toEqual(value);
});

test.each(READ_ONLY)('%s is read, and written otherwise', (encoded, value) => {
  expect(decodeCbor(bytes(encoded), DEPTH)).toBe(value);
  expect(hex(encodeCbor(value))).not.toBe(encoded);
});

test.each<[string, number, string]>([
  ['the largest integer', 2 ** 53 - 1, '1b001fffffffffffff'],
  ['the smallest integer', 1 - 2 ** 53, '3b001ffffffffffffe'],
  ['a larger whole number: a float', 2 ** 53, 'fa5a000000'],
  ['-0: as 0', -0, '00'],
  ['the largest half below zero', -(2 ** -24), 'f98001'],
  ['the largest subnormal half', 1023 * 2 ** -24, 'f903ff'],
  ['half of the smallest half', 2 ** -25, 'fa33000000'],
  ['one bit more than a half has', 1 + 2 ** -11, 'fa3f801000'],
  ['the smallest number', 5e-324, 'fb0000000000000001'],
])('%s', (_, value, encoded) => {
  expect(hex(encodeCbor(value))).toBe(encoded);
});

test('keys stand in the order of their bytes: by length first', () => {
  const map = new Map<number | string, Cbor>([
    ['b', 1],
    ['aa', 2],
    ['é', 3],
    ['', 4],
    [24, 5],
    [7, 6],
  ]);
  expect(hex(encodeCbor(map))).toBe('a6070618180560046162016261610262c3a903');
});

test('every number survives, in no more bytes than a wider float would take', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.float({ noNaN: true, noDefaultInfinity: true })),
      (value) => {
        const encoded = encodeCbor(value);
        expect(decodeCbor(encoded, 0)).toBe(Object.is(value, -0) ? 0 : value);
        expect(encoded.length).toBeLessThanOrEqual(
          Math.fround(value) === value && !Number.isSafeInteger(value) ? 5 : 9,
        );
      },
    ),
  );
});

test('every half is found again', () => {
  const halves = Array.from({ length: 0x1_0000 }, (_, half) => Buffer.of(0xf9, half >>> 8, half & 0xff));
  const wrong = halves.filter((half) => {
    const value = decodeCbor(half, 0) as number;
    return Number.isFinite(value) && !Number.isSafeInteger(value) && !encodeCbor(value).equals(half);
  });
  expect(wrong).toEqual([]);
});

test.each<[string, string]>([
  ['nothing', ''],
  ['an item after the item', '0000'],
  ['an integer cut short', '19ff'],
  ['an integer of 54 bits', '1b0020000000000000'],
  ['a negative integer of 64 bits', '3bffffffffffffffff'],
  ['a text cut short', '6461'],
  ['a text longer than memory', '7b001fffffffffffff'],
  ['a text that is not UTF-8', '61ff'],
  ['half a surrogate pair', '63eda080'],
  ['an array cut short', '8301'],
  ['an array longer than memory', '9b001fffffffffffff'],
  ['a map longer than memory', 'bb001fffffffffffff'],
  ['a map without its last value', 'a16161'],
  ['a byte string as a key', 'a1416100'],
  ['an array as a key', 'a18000'],
  ['true as a key', 'a1f500'],
  ['null as a key', 'a1f600'],
  ['a tag', 'c000'],
  ['a tag around a byte string', 'c24101'],
  ['undefined', 'f7'],
  ['a simple value', 'f0'],
  ['a simple value of two bytes', 'f8ff'],
  ['true in two bytes', 'f815'],
  ['a byte string of indefinite length', '5f4101ff'],
  ['a text of indefinite length', '7f6161ff'],
  ['an array of indefinite length', '9f01ff'],
  ['a map of indefinite length', 'bf616101ff'],
  ['a break', 'ff'],
  ['reserved additional information', '1c'],
  ['reserved additional information of a float', 'fc'],
])('%s is refused', (_, encoded) => {
  expect(() => decodeCbor(bytes(encoded), DEPTH)).toThrow(refusal);
});

test.each([NaN, Infinity, -Infinity, 'a\ud800', '\udc00b'])('%p has no encoding', (value) => {
  expect(() => encodeCbor(value)).toThrow(refusal);
});

test('nesting is bounded, however deep it goes', () => {
  const nested = (depth: number): Buffer => Buffer.concat([Buffer.alloc(depth, 0x81), Buffer.of(0)]);
  expect(encodeCbor(decodeCbor(nested(DEPTH), DEPTH))).toEqual(nested(DEPTH));
  expect(() => decodeCbor(nested(DEPTH + 1), DEPTH)).toThrow(refusal);
  expect(() => decodeCbor(nested(1_000_000), DEPTH)).toThrow(refusal);
  expect(() => decodeCbor(Buffer.alloc(1_000_000, Buffer.of(0xa1, 0x00)), DEPTH)).toThrow(refusal);
});

test('any bytes are an item or are refused with the code', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (random) => {
      let value: Cbor;
      try {
        value = decodeCbor(random, DEPTH);
      } catch (error) {
        expect(error).toEqual(refusal);
        return;
      }
      expect(value).toBeDefined();
    }),
    { numRuns: 2000 },
  );
});
