/** Every decoder of bytes from outside: any input ends in a value with that one encoding, or in a coded error, soon. */
import fc from 'fast-check';
import { SigncryptionError } from './errors';
import { decodeOpening, encodeOpening, openCredential } from './opening';
import { nativePrimitives, ready } from './primitives/native';
import { nodePrimitives } from './primitives/node';
import { portablePrimitives } from './primitives/portable';
import { decodeRecord, encodeRecord, RECORD_BYTES, verifyRecord } from './record';
import { forVehicle, type Scene, scene, sealFrom } from './testing/scene';
import { hex } from './testing/world';
import { verifySigma } from './verify';

let s: Scene;
let sigma: Uint8Array;
let opening: Uint8Array;

beforeAll(async () => {
  await ready();
  s = await scene('decoders');
  sigma = await sealFrom(s, [forVehicle(s, s.evs[0]), forVehicle(s, s.evs[1])]);
  const { request } = await s.world.credentials(s.csc, 5);
  const leaf = request.leaves[3] as (typeof request.leaves)[0];
  opening = encodeOpening(openCredential(nativePrimitives, request, leaf.oneTimeKey));
});

/** Cuts, repeats, overwrites: up to four edits of a valid encoding. */
const edits = fc.array(
  fc.record({
    at: fc.nat(2000),
    remove: fc.nat(40),
    insert: fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constantFrom(Uint8Array.of(255, 255, 255, 255))),
  }),
  { minLength: 1, maxLength: 4 },
);

function edited(bytes: Uint8Array, list: readonly { at: number; remove: number; insert: Uint8Array }[]): Uint8Array {
  return list.reduce((current, { at, remove, insert }) => {
    const place = at % (current.length + 1);
    return Uint8Array.of(...current.subarray(0, place), ...insert, ...current.subarray(place + remove));
  }, bytes);
}

function settle(operation: () => string): string {
  try {
    return operation();
  } catch (error) {
    if (error instanceof SigncryptionError) return error.code;
    throw error;
  }
}

it('records', () => {
  const good = encodeRecord(s.csc.record);
  expect(good).toHaveLength(RECORD_BYTES);
  const input = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    edits.map((list) => edited(good, list)),
  );
  fc.assert(
    fc.property(input, (bytes) => {
      const outcome = settle(() => hex(encodeRecord(decodeRecord(bytes))));
      expect([hex(bytes), 'E_RECORD_MALFORMED']).toContain(outcome);
      const verdicts = [nativePrimitives, portablePrimitives].map((primitives) =>
        settle(() => hex(verifyRecord(primitives, s.world.params, decodeRecord(bytes)).Q)),
      );
      expect(verdicts[0]).toBe(verdicts[1]);
    }),
    { numRuns: 120 },
  );
});

it('openings', () => {
  const input = fc.oneof(
    fc.uint8Array({ maxLength: 600 }),
    edits.map((list) => edited(opening, list)),
  );
  fc.assert(
    fc.property(input, (bytes) => {
      const outcome = settle(() => hex(encodeOpening(decodeOpening(bytes))));
      expect([hex(bytes), 'E_OPENING']).toContain(outcome);
    }),
    { numRuns: 300 },
  );
});

it('σ, with one verdict from every implementation', () => {
  fc.assert(
    fc.property(edits, (list) => {
      const bytes = edited(sigma, list);
      const verdicts = [nativePrimitives, nodePrimitives, portablePrimitives].map((primitives) =>
        settle(() => hex(verifySigma(primitives, s.world.params, bytes).id)),
      );
      expect(new Set(verdicts).size).toBe(1);
      if (hex(bytes) !== hex(sigma)) expect(verdicts[0]).toMatch(/^E_SIGMA_/);
    }),
    { numRuns: 150 },
  );
});
