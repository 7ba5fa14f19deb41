import fc from 'fast-check';

import { decodeSigmaList, encodeSigmaList, MAX_SIGMAS, MAX_SUBMISSION_BYTES } from './sigma-list';

const coded = (code: string): Error => expect.objectContaining({ code }) as Error;

test('a list survives, and has one encoding', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: MAX_SIGMAS }), (sigmas) => {
      const encoded = encodeSigmaList(sigmas);
      expect(decodeSigmaList(encoded).map((sigma) => [...sigma])).toEqual(sigmas.map((sigma) => [...sigma]));
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 24 }), (bytes) => {
      let sigmas: Uint8Array[];
      try {
        sigmas = decodeSigmaList(bytes);
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/^E_(SIGMA_LIST|TOO_MANY)$/) as string });
        return;
      }
      expect([...encodeSigmaList(sigmas)]).toEqual([...bytes]);
    }),
  );
});

test('a list inside a larger buffer is read from its own offset', () => {
  const list = encodeSigmaList([Uint8Array.of(7, 8), Uint8Array.of(9)]);
  const within = Buffer.concat([Buffer.alloc(5, 1), list, Buffer.alloc(3, 1)]).subarray(5, 5 + list.length);
  expect(decodeSigmaList(within).map((sigma) => [...sigma])).toEqual([[7, 8], [9]]);
});

test.each([
  ['nothing', [], 'E_SIGMA_LIST'],
  ['half a length', [1, 0, 0], 'E_SIGMA_LIST'],
  ['a length beyond the end', [2, 0, 0, 0, 1], 'E_SIGMA_LIST'],
  ['the longest length', [255, 255, 255, 255, 1], 'E_SIGMA_LIST'],
  ['a byte too many', [1, 0, 0, 0, 1, 1], 'E_SIGMA_LIST'],
])('%s is no list', (_, bytes, code) => {
  expect(() => decodeSigmaList(Uint8Array.from(bytes))).toThrow(coded(code));
});

test('bounds', () => {
  const most = Array.from({ length: MAX_SIGMAS }, () => Uint8Array.of(1));
  expect(decodeSigmaList(encodeSigmaList(most))).toHaveLength(MAX_SIGMAS);
  expect(() => decodeSigmaList(encodeSigmaList([...most, Uint8Array.of(1)]))).toThrow(coded('E_TOO_MANY'));
  const half = new Uint8Array(MAX_SUBMISSION_BYTES / 2);
  expect(decodeSigmaList(encodeSigmaList([half, half]))).toHaveLength(2);
  expect(() => decodeSigmaList(encodeSigmaList([half, half, Uint8Array.of(1)]))).toThrow(coded('E_TOO_LARGE'));
});
