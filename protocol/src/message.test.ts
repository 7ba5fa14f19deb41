import fc from 'fast-check';
import { canonicalJson, type Json, MAX_JSON_DEPTH } from './json';
import { type CommandMessage, decodeMessages, encodeMessages } from './message';
import { ACTION_NAMES, MEMBER_NAMES } from './message-names';

const hexDigits = fc.uint8Array({ minLength: 1, maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('hex'));
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  hexDigits,
  fc.constantFrom(...MEMBER_NAMES, '__proto__', '\ufeffa'),
);
const number = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.float({ noNaN: true, noDefaultInfinity: true }),
);
const { json } = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom(null, true, false),
    number,
    text,
    fc.array(tie('json'), { maxLength: 4 }),
    fc.dictionary(text, tie('json'), { maxKeys: 4 }),
  ),
}));
/** As it comes from JSON: -0 is no value of its own. */
const payload = fc
  .dictionary(text, json, { maxKeys: 6 })
  .map((value) => JSON.parse(JSON.stringify(value)) as Record<string, Json>);
const command: fc.Arbitrary<CommandMessage> = fc.record({
  commandId: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('hex')),
  kind: fc.constantFrom('control', 'billing', 'notice', 'report', 'receipt'),
  action: fc.oneof(fc.constantFrom(...ACTION_NAMES), fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{0,63}$/)),
  payload,
});
const commands = fc.uniqueArray(command, { minLength: 1, maxLength: 5, selector: ({ commandId }) => commandId });

const ID = '0123456789abcdef0123456789abcdef';
const example: CommandMessage = {
  commandId: ID,
  kind: 'billing',
  action: 'CostUpdated',
  payload: { totalCost: 42.5, transactionId: '00112233445566778899aabbccddeeff' },
};

const bytes = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const toHex = (encoded: Uint8Array): string => Buffer.from(encoded).toString('hex');
const only = (message: CommandMessage): Buffer => Buffer.from(encodeMessages([message]).messages[0] as Uint8Array);
const decode = (...messages: readonly Uint8Array[]): CommandMessage[] =>
  decodeMessages({ commandId: bytes(ID), messages });
const withPayload = (members: string): Buffer => bytes(`02 83 02 00 ${members}`);
const refusal = expect.objectContaining({ name: 'ProtocolError', code: 'E_MESSAGE' }) as Error;

/** Undefined if refused. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    expect(error).toEqual(refusal);
    return undefined;
  }
}

test('messages survive', () => {
  fc.assert(
    fc.property(commands, (messages) => {
      expect(decodeMessages(encodeMessages(messages))).toEqual(messages);
    }),
    { numRuns: 500 },
  );
});

test('two payloads have two encodings', () => {
  fc.assert(
    fc.property(payload, payload, (one, other) => {
      const isSame = canonicalJson(one) === canonicalJson(other);
      expect(only({ ...example, payload: one }).equals(only({ ...example, payload: other }))).toBe(isSame);
    }),
  );
});

test('the encoding is the documented one', () => {
  const alone = encodeMessages([example]);
  expect(toHex(alone.commandId)).toBe(ID);
  expect(alone.messages.map(toHex)).toEqual([
    toHex(bytes('02 83 02 00 a2 00 f95150 01 50 00112233445566778899aabbccddeeff')),
  ]);
  const control: CommandMessage = {
    commandId: 'ff'.repeat(16),
    kind: 'control',
    action: 'Beep',
    payload: { times: 3, evseId: 1, note: 'cafe', loud: [true, null, ''], id: '' },
  };
  const both = encodeMessages([example, control]);
  // SHA-256 of both command ids.
  expect(toHex(both.commandId)).toBe('5e47a6fba569292c47bd17e05cbd1244');
  expect(both.messages.map(toHex)).toEqual([
    toHex(bytes(`02 84 02 00 a2 00 f95150 01 50 00112233445566778899aabbccddeeff 50 ${ID}`)),
    toHex(
      bytes(
        `02 84 01 64 42656570 a5 06 01 08 60 646c6f7564 83 f5 f6 60 646e6f7465 42 cafe 6574696d6573 03 50 ${'ff'.repeat(16)}`,
      ),
    ),
  ]);
});

test.each([42.5, 42.37, 0, -12.3, 123_456.78])(
  'a running cost of %d is short enough for the shortest entry',
  (totalCost) => {
    const { commandId, messages } = encodeMessages([{ ...example, payload: { ...example.payload, totalCost } }]);
    const [message] = messages as [Uint8Array];
    // m: the id, how many messages, the length of the one.
    expect(commandId.length + 4 + 4 + message.length).toBeLessThanOrEqual(64);
  },
);

test('any bytes are refused with the code, or are the one encoding of what they decode to', () => {
  const random = fc.uint8Array({ maxLength: 100 });
  const bodied = random.map((tail) => Buffer.concat([bytes('02 83 02 00 a1'), tail]));
  fc.assert(
    fc.property(fc.oneof(random, bodied), (encoded) => {
      const decoded = attempt(() => decode(encoded));
      if (decoded) expect(toHex(only(decoded[0] as CommandMessage))).toBe(toHex(encoded));
    }),
    { numRuns: 3000 },
  );
});

test('a few bytes changed, left out or added: refused, or another message in its one encoding', () => {
  fc.assert(
    fc.property(
      commands,
      fc.nat(),
      fc.nat(),
      fc.uint8Array({ maxLength: 3 }),
      fc.nat(3),
      (messages, which, where, put, cut) => {
        const { commandId, messages: encoded } = encodeMessages(messages);
        const index = which % encoded.length;
        const before = Buffer.from(encoded[index] as Uint8Array);
        const at = where % (before.length + 1);
        const after = Buffer.concat([before.subarray(0, at), put, before.subarray(at + cut)]);
        fc.pre(!after.equals(before));
        const all = encoded.map((each, i) => (i === index ? after : each));
        const decoded = attempt(() => decodeMessages({ commandId, messages: all }));
        if (!decoded) return;
        expect(decoded).not.toEqual(messages);
        expect(encodeMessages(decoded).messages.map(toHex)).toEqual(all.map(toHex));
      },
    ),
    { numRuns: 1000 },
  );
});

test.each<[string, Buffer]>([
  ['nothing', Buffer.alloc(0)],
  ['the version alone', bytes('02')],
  ['bytes behind', Buffer.concat([only(example), Buffer.of(0)])],
  ['a message cut short', only(example).subarray(0, -1)],
  ['a message that is no array', bytes('02 a0')],
  ['no payload', bytes('02 82 02 00')],
  ['its own id, where m is under it', bytes(`02 84 02 00 a0 50 ${ID}`)],
  ['a kind of 0', bytes('02 83 00 00 a0')],
  ['a kind of 6', bytes('02 83 06 00 a0')],
  ['a kind by name', bytes('02 83 67 636f6e74726f6c 00 a0')],
  ['an action without a name', bytes('02 83 02 1863 a0')],
  ['a known action by name', bytes('02 83 02 6b 436f737455706461746564 a0')],
  ['an empty action', bytes('02 83 02 60 a0')],
  ['an action with a space', bytes('02 83 02 63 612062 a0')],
  ['an action as bytes', bytes('02 83 02 42 6162 a0')],
  ['a payload that is an array', withPayload('80')],
  ['a payload that is null', withPayload('f6')],
  ['an array longer than it need say', bytes('02 9803 02 00 a0')],
  ['a kind in two bytes', bytes('02 83 1802 00 a0')],
  ['a known member by name', withPayload('a1 69 746f74616c436f7374 01')],
  ['a member without a name', withPayload('a1 190400 01')],
  ['a member by a negative number', withPayload('a1 20 01')],
  ['a member by a float', withPayload('a1 f90000 01')],
  ['a member by bytes', withPayload('a1 41 61 01')],
  ['members unsorted', withPayload('a2 01 01 00 01')],
  ['unknown members unsorted', withPayload('a2 62 6161 01 61 62 01')],
  ['a member twice', withPayload('a2 00 01 00 01')],
  ['an unknown member twice, unlike', withPayload('a2 61 61 01 61 61 02')],
  ['hexadecimal as text', withPayload('a1 01 64 30306666')],
  ['no bytes for an empty text', withPayload('a1 01 40')],
  ['an integer in two bytes', withPayload('a1 00 1801')],
  ['an integer in nine bytes', withPayload('a1 00 1b0000000000000001')],
  ['an integer as a float', withPayload('a1 00 f93c00')],
  ['a float that fits half of it', withPayload('a1 00 fa422a0000')],
  ['a float that fits a quarter of it', withPayload('a1 00 fb4045400000000000')],
  ['a large whole number as an integer', withPayload('a1 00 1b0020000000000000')],
  ['-2⁵³ as an integer', withPayload('a1 00 3b001fffffffffffff')],
  ['-0', withPayload('a1 00 f98000')],
  ['NaN', withPayload('a1 00 f97e00')],
  ['infinity', withPayload('a1 00 f97c00')],
  ['undefined', withPayload('a1 00 f7')],
  ['a tag', withPayload('a1 00 c100')],
  ['a text of indefinite length', withPayload('a1 01 7f6178ff')],
  ['a map of indefinite length', withPayload('bf 00 01 ff')],
  ['a length in two bytes', withPayload('a1 01 7801 78')],
  ['a text that is not UTF-8', withPayload('a1 01 62 c328')],
  ['half a surrogate pair', withPayload('a1 01 63 eda080')],
])('%s: refused', (_, encoded) => {
  expect(() => decode(encoded)).toThrow(refusal);
});

test('an older version is refused by its number', () => {
  const old = Buffer.concat([Buffer.of(1, 2), bytes(ID), Buffer.from('\x0bCostUpdated{"totalCost":42.5}', 'latin1')]);
  expect(() => decode(old)).toThrow('the message has version 1, and only 2 is read here');
});

test('a payload nests as deep as JSON may, and no deeper', () => {
  const nested = (levels: number): { readonly [member: string]: Json } => {
    let value: Json = 1;
    for (let i = 1; i < levels; i++) value = i % 2 === 0 ? { a: value } : [value];
    return { a: value };
  };
  const deepest = { ...example, payload: nested(MAX_JSON_DEPTH) };
  expect(canonicalJson(deepest.payload)).toBeDefined();
  expect(decode(only(deepest))).toEqual([deepest]);
  expect(() => canonicalJson(nested(MAX_JSON_DEPTH + 1))).toThrow();
  expect(() => only({ ...example, payload: nested(MAX_JSON_DEPTH + 1) })).toThrow(refusal);
  expect(() => only({ ...example, payload: nested(100_000) })).toThrow(refusal);
  const bomb = Buffer.concat([withPayload('a1 00'), Buffer.alloc(1_000_000, 0x81), Buffer.of(0)]);
  expect(() => decode(bomb)).toThrow(refusal);
});

test.each<[string, unknown]>([
  ['no messages', []],
  [
    'more than 255',
    Array.from({ length: 256 }, (_, i) => ({ ...example, commandId: i.toString(16).padStart(32, '0') })),
  ],
  ['a repeated command id', [example, example]],
  ['a short command id', [{ ...example, commandId: '00' }]],
  ['a command id in capitals', [{ ...example, commandId: 'FF'.repeat(16) }]],
  ['an unknown kind', [{ ...example, kind: 'order' }]],
  ['an empty action', [{ ...example, action: '' }]],
  ['an action with a space', [{ ...example, action: 'Set Profile' }]],
  ['a number JSON cannot hold', [{ ...example, payload: { a: Number.NaN } }]],
  ['half a surrogate pair', [{ ...example, payload: { a: '\ud800' } }]],
  ['half a surrogate pair in a name', [{ ...example, payload: { 'a\udc00': 1 } }]],
])('%s: not encoded', (_, messages) => {
  expect(() => encodeMessages(messages as CommandMessage[])).toThrow(refusal);
});

test('a member that is undefined is left out', () => {
  expect(only({ ...example, payload: { a: 1, b: undefined as unknown as Json } })).toEqual(
    only({ ...example, payload: { a: 1 } }),
  );
});

describe('several messages in one m', () => {
  const other: CommandMessage = { ...example, commandId: 'ff'.repeat(16), action: 'Bill' };
  const both = encodeMessages([example, other]);
  const [first, second] = both.messages as [Uint8Array, Uint8Array];

  test.each<[string, Parameters<typeof decodeMessages>[0]]>([
    ['none', { ...both, messages: [] }],
    ['one under a short id', { commandId: bytes('00'), messages: [only(example)] }],
    ['one twice', { ...both, messages: [first, first] }],
    ['in another order', { ...both, messages: [second, first] }],
    ['under the id of one of them', { ...both, commandId: bytes(ID) }],
    ['one without its id', { ...both, messages: [first, only(other)] }],
    ['one of them alone, with its id', { commandId: bytes(ID), messages: [first] }],
    [
      'a short id',
      { ...both, messages: [first, Buffer.concat([second.subarray(0, -17), bytes('4f'), second.subarray(-15)])] },
    ],
    ['an id as text', { ...both, messages: [first, Buffer.concat([second.subarray(0, -17), bytes('60')])] }],
  ])('%s: refused', (_, framed) => {
    expect(() => decodeMessages(framed)).toThrow(refusal);
  });
});
