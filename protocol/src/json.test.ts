import fc from 'fast-check';
import { ProtocolError } from './errors';
import {
  array,
  canonicalJson,
  decodeJson,
  dictionary,
  hex,
  hexUpTo,
  integer,
  type Json,
  object,
  oneOf,
  optional,
  text,
  type Decoder,
} from './json';

const refusal = (attempt: () => unknown): string => {
  try {
    attempt();
  } catch (error) {
    if (error instanceof ProtocolError && error.code === 'E_DECODE') return error.message;
    throw error;
  }
  throw new Error('expected a refusal');
};

describe('canonicalJson', () => {
  test('any value survives and has one text, whatever the order of its members', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const once = canonicalJson(value);
        const again = JSON.parse(once) as Json;
        expect(canonicalJson(again)).toBe(once);
        expect(canonicalJson(reversed(again))).toBe(once);
        expect(again).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  const reversed = (value: Json): Json => {
    if (Array.isArray(value)) return (value as Json[]).map(reversed);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value as Record<string, Json>)
        .map(([k, v]) => [k, reversed(v)] as const)
        .reverse(),
    );
  };

  test('sorts, leaves undefined out, keeps no white space', () => {
    expect(canonicalJson({ b: 1, a: [true, null, 'é'], c: undefined })).toBe('{"a":[true,null,"é"],"b":1}');
  });

  test('refuses what JSON cannot hold and what nests beyond reason', () => {
    expect(refusal(() => canonicalJson(Number.NaN))).toContain('finite');
    expect(refusal(() => canonicalJson({ a: Infinity }))).toContain('finite');
    const nested = (depth: number): Json => JSON.parse('['.repeat(depth) + ']'.repeat(depth)) as Json;
    expect(canonicalJson(nested(33))).toHaveLength(66);
    expect(refusal(() => canonicalJson(nested(34)))).toContain('32 levels');
    expect(refusal(() => canonicalJson(nested(5000)))).toContain('32 levels');
  });
});

describe('decoders', () => {
  interface Pair {
    readonly id: string;
    readonly count?: number;
  }
  const pair: Decoder<Pair> = object<Pair>({ id: hex(2), count: optional(integer(1, 3)) });
  const read = (source: string): Pair => decodeJson(source, pair, 'pair');

  test('accept exactly what they describe', () => {
    expect(read('{"id":"00ff"}')).toEqual({ id: '00ff' });
    expect(read('{"count":3,"id":"00ff"}')).toEqual({ id: '00ff', count: 3 });
  });

  test.each([
    ['not JSON', '{', 'pair must be JSON'],
    ['a list', '[]', 'pair must be an object'],
    ['null', 'null', 'pair must be an object'],
    ['nothing', '{}', 'pair.id must be 2 bytes'],
    ['upper case', '{"id":"00FF"}', 'pair.id must be 2 bytes'],
    ['a longer text', '{"id":"00ff00"}', 'pair.id must be 2 bytes'],
    ['a number', '{"id":5}', 'pair.id must be 2 bytes'],
    ['out of range', '{"id":"00ff","count":4}', 'pair.count must be a whole number from 1 to 3'],
    ['a fraction', '{"id":"00ff","count":1.5}', 'pair.count'],
    ['a text for a number', '{"id":"00ff","count":"1"}', 'pair.count'],
    ['null for an optional', '{"id":"00ff","count":null}', 'pair.count'],
    ['a member too many', '{"id":"00ff","x":1}', 'without the member "x"'],
    ['a prototype', '{"id":"00ff","__proto__":{}}', 'without the member "__proto__"'],
  ])('refuse %s and name the place', (_, source, expected) => {
    expect(refusal(() => read(source))).toContain(expected);
  });

  test('members are own members: an inherited one is no member', () => {
    const named = object<{ constructor: string }>({ constructor: text(9) });
    expect(refusal(() => named({}, 'x'))).toContain('x.constructor');
  });

  test('lists, choices, dictionaries, bounded hex', () => {
    expect(array(integer(), 2)([1, 2], 'list')).toEqual([1, 2]);
    expect(refusal(() => array(integer(), 2)([1, 2, 3], 'list'))).toContain('0 to 2 members');
    expect(refusal(() => array(integer(), 2, 1)([], 'list'))).toContain('1 to 2 members');
    expect(refusal(() => array(integer(), 2)([1, 'x'], 'list'))).toContain('list[1]');
    expect(refusal(() => array(integer(), 2)({ length: 1 }, 'list'))).toContain('a list');
    expect(refusal(() => oneOf('a', 'b')('c', 'choice'))).toContain('one of a, b');
    expect(dictionary(integer(), 1)({ a: 1 }, 'd')).toEqual({ a: 1 });
    expect(refusal(() => dictionary(integer(), 1)({ a: 1, b: 2 }, 'd'))).toContain('at most 1');
    expect(hexUpTo(2)('00', 'h')).toBe('00');
    for (const wrong of ['', '0', '000000', 'zz'])
      expect(refusal(() => hexUpTo(2)(wrong, 'h'))).toContain('1 to 2 bytes');
  });

  test('an error never quotes the source: it may hold a key', () => {
    expect(refusal(() => read('{"secret":"abcdef"'))).not.toContain('abcdef');
    try {
      read('{"secret":"abcdef"');
    } catch (error) {
      expect((error as Error).cause).toBeUndefined();
    }
  });
});
