import fc from 'fast-check';
import { SigncryptionError } from './errors';
import { codeOf } from './testing/codes';
import { hex } from './testing/world';
import {
  decodeHeader,
  decodeSigma,
  encodeHeader,
  encodeSigma,
  ENTRY_OVERHEAD,
  type Header,
  HEADER_BYTES,
  MAX_ENTRIES,
  MAX_ENTRY_BYTES,
  MAX_SIGMA_BYTES,
  SENDER_BYTES,
  sigmaBytes,
} from './wire';

const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });

const header: fc.Arbitrary<Header> = fc.record({
  version: fc.constant(1),
  suite: fc.integer({ min: 0, max: 255 }),
  ctx: bytes(32),
  limitsVersion: fc.integer({ min: 0, max: 0xffffffff }),
  epoch: fc.maxSafeNat(),
  senderClass: fc.integer({ min: 0, max: 255 }),
  notAfter: fc.maxSafeNat(),
  ephemeral: bytes(32),
  oneTimeKey: bytes(32),
  certificate: bytes(64),
  commitment: bytes(32),
  entryCount: fc.integer({ min: 1, max: 20 }),
  entryLength: fc.integer({ min: ENTRY_OVERHEAD, max: 400 }),
});

const sigma = header.chain((h) =>
  fc.record({
    header: fc.constant(h),
    body: bytes(h.entryCount * h.entryLength),
    sealedSender: bytes(SENDER_BYTES),
    signature: bytes(64),
  }),
);

describe('header', () => {
  it('decodes to what was encoded, at exactly 223 bytes', () => {
    fc.assert(
      fc.property(header, (h) => {
        const encoded = encodeHeader(h);
        expect(encoded).toHaveLength(HEADER_BYTES);
        expect(decodeHeader(encoded)).toEqual(h);
        expect(hex(encodeHeader(decodeHeader(encoded)))).toBe(hex(encoded));
      }),
    );
  });

  it('refuses other versions, lengths, shapes and integers from 2^53', () => {
    const good = encodeHeader(fc.sample(header, { numRuns: 1, seed: 1 })[0] as Header);
    const changed = (at: number, ...values: number[]): Uint8Array => {
      const copy = Uint8Array.from(good);
      copy.set(values, at);
      return copy;
    };
    expect(codeOf(() => decodeHeader(changed(0, 2)))).toBe('E_SIGMA_VERSION');
    expect(codeOf(() => decodeHeader(good.subarray(0, -1)))).toBe('E_SIGMA_MALFORMED');
    expect(codeOf(() => decodeHeader(Uint8Array.of(...good, 0)))).toBe('E_SIGMA_MALFORMED');
    expect(codeOf(() => decodeHeader(new Uint8Array(0)))).toBe('E_SIGMA_MALFORMED');
    expect(codeOf(() => decodeHeader(changed(38, 0, 0, 0, 0, 0, 0, 0x20, 0)))).toBe('E_SIGMA_MALFORMED');
    expect(codeOf(() => decodeHeader(changed(215, 0, 0, 0, 0)))).toBe('E_SIGMA_MALFORMED');
    expect(codeOf(() => decodeHeader(changed(215, 1, 0x20, 0, 0)))).toBe('E_SIGMA_MALFORMED');
    expect(codeOf(() => decodeHeader(changed(219, 99, 0, 0, 0)))).toBe('E_SIGMA_MALFORMED');
    expect(codeOf(() => decodeHeader(changed(219, 1, 0, 1, 0)))).toBe('E_SIGMA_MALFORMED');
    expect(codeOf(() => decodeHeader(changed(215, 0, 0x20, 0, 0, 0, 0, 1, 0)))).toBe('E_SIGMA_MALFORMED');
  });
});

describe('σ', () => {
  it('decodes to what was encoded, and encodes to what was decoded', () => {
    fc.assert(
      fc.property(sigma, (s) => {
        const encoded = encodeSigma(s);
        const decoded = decodeSigma(encoded);
        expect(decoded.header).toEqual(s.header);
        for (const part of ['body', 'sealedSender', 'signature'] as const)
          expect(hex(decoded[part])).toBe(hex(s[part]));
        expect(hex(encodeSigma(decoded))).toBe(hex(encoded));
      }),
    );
  });

  it('refuses a missing or an added byte', () => {
    fc.assert(
      fc.property(sigma, (s) => {
        const encoded = encodeSigma(s);
        expect(codeOf(() => decodeSigma(encoded.subarray(0, -1)))).toBe('E_SIGMA_MALFORMED');
        expect(codeOf(() => decodeSigma(Uint8Array.of(...encoded, 0)))).toBe('E_SIGMA_MALFORMED');
      }),
    );
  });

  it('survives any bytes: accepted ones encode to themselves, the rest fail with a code', () => {
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 600 }),
      fc
        .tuple(header, fc.uint8Array({ maxLength: 2000 }))
        .map(([h, tail]) => Uint8Array.of(...encodeHeader(h), ...tail)),
    );
    fc.assert(
      fc.property(hostile, (input) => {
        try {
          expect(hex(encodeSigma(decodeSigma(input)))).toBe(hex(input));
        } catch (error) {
          expect(error).toBeInstanceOf(SigncryptionError);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('allocates nothing for a header that promises gigabytes', () => {
    const huge = encodeHeader({
      ...(fc.sample(header, { numRuns: 1, seed: 2 })[0] as Header),
      entryCount: 0xffffffff,
      entryLength: 0xffffffff,
    });
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 1000; i++) expect(codeOf(() => decodeSigma(huge))).toBe('E_SIGMA_MALFORMED');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 1024 * 1024);
  });

  it('has bounds far below a 100 MB message and every bound is reachable', () => {
    expect(MAX_SIGMA_BYTES).toBeLessThan(10 * 1024 * 1024);
    expect(sigmaBytes(MAX_ENTRIES, ENTRY_OVERHEAD)).toBeLessThan(MAX_SIGMA_BYTES);
    expect(sigmaBytes(1, MAX_ENTRY_BYTES)).toBeLessThan(MAX_SIGMA_BYTES);
  });

  it('is refused for encoding when a part has not its size', () => {
    const s = fc.sample(sigma, { numRuns: 1, seed: 3 })[0] as Parameters<typeof encodeSigma>[0];
    expect(codeOf(() => encodeSigma({ ...s, body: s.body.subarray(1) }))).toBe('E_SIGMA_MALFORMED');
    expect(codeOf(() => encodeSigma({ ...s, signature: new Uint8Array(63) }))).toBe('E_SIGMA_MALFORMED');
    expect(codeOf(() => encodeHeader({ ...s.header, ctx: new Uint8Array(31) }))).toBe('E_ARGUMENT');
    expect(codeOf(() => encodeHeader({ ...s.header, epoch: 2 ** 53 }))).toBe('E_ARGUMENT');
    expect(codeOf(() => encodeHeader({ ...s.header, suite: 256 }))).toBe('E_ARGUMENT');
  });
});
