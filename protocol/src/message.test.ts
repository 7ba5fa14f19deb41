import fc from 'fast-check';
import { ProtocolError } from './errors';
import { type Json } from './json';
import { type CommandMessage, decodeMessages, encodeMessages } from './message';

const command: fc.Arbitrary<CommandMessage> = fc.record({
  commandId: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('hex')),
  kind: fc.constantFrom('control', 'billing', 'notice', 'report', 'receipt'),
  action: fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{0,63}$/),
  payload: fc
    .dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }))
    .map((value) => JSON.parse(JSON.stringify(value)) as Record<string, Json>),
});
const commands = fc.uniqueArray(command, { minLength: 1, maxLength: 5, selector: ({ commandId }) => commandId });

const example: CommandMessage = {
  commandId: '0123456789abcdef0123456789abcdef',
  kind: 'control',
  action: 'SetChargingProfile',
  payload: { evseId: 1, chargingProfile: { limit: 11.5 } },
};

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const only = (message: CommandMessage): Buffer => Buffer.from(encodeMessages([message])[0] as Uint8Array);

function refused(attempt: () => unknown): boolean {
  try {
    attempt();
    return false;
  } catch (error) {
    if (error instanceof ProtocolError && (error.code === 'E_MESSAGE' || error.code === 'E_DECODE')) return true;
    throw error;
  }
}

test('messages survive', () => {
  fc.assert(
    fc.property(commands, (messages) => {
      expect(decodeMessages(encodeMessages(messages))).toEqual(messages);
    }),
  );
});

test('the encoding is the documented one', () => {
  const second = { ...example, commandId: 'ff'.repeat(16), kind: 'receipt' as const, payload: {} };
  const encoded = encodeMessages([{ ...example, payload: { a: 1 } }, second]).map(latin1);
  const id = latin1(Buffer.from(example.commandId, 'hex'));
  expect(encoded).toEqual([
    `\x01\x01${id}\x12SetChargingProfile{"a":1}`,
    `\x01\x05${'\xff'.repeat(16)}\x12SetChargingProfile{}`,
  ]);
});

test('any bytes are refused with a code, or are the one encoding of what they decode to', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      let decoded: CommandMessage[] | undefined;
      if (refused(() => (decoded = decodeMessages([bytes])))) return;
      expect(encodeMessages(decoded as CommandMessage[]).map(latin1)).toEqual([latin1(bytes)]);
    }),
    { numRuns: 2000 },
  );
});

test('each byte changed, left out or added: refused, or another message in its one encoding', () => {
  const bytes = only(example);
  const variants = [...bytes.keys()].flatMap((at) => {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] as number) ^ 1;
    return [changed, Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)])];
  });
  for (const variant of [...variants, Buffer.concat([bytes, Buffer.of(0)]), bytes.subarray(0, -1)]) {
    let decoded: CommandMessage[] | undefined;
    if (refused(() => (decoded = decodeMessages([variant])))) continue;
    expect(decoded).not.toEqual([example]);
    expect(only((decoded as CommandMessage[])[0] as CommandMessage)).toEqual(variant);
  }
});

test.each<[string, unknown]>([
  ['no messages', []],
  [
    'more than 255',
    Array.from({ length: 256 }, (_, i) => ({ ...example, commandId: i.toString(16).padStart(32, '0') })),
  ],
  ['a repeated command id', [example, example]],
  ['a short command id', [{ ...example, commandId: '00' }]],
  ['an unknown kind', [{ ...example, kind: 'order' }]],
  ['an empty action', [{ ...example, action: '' }]],
  ['an action with a space', [{ ...example, action: 'Set Profile' }]],
  ['a number JSON cannot hold', [{ ...example, payload: { a: Number.NaN } }]],
])('%s: not encoded', (_, messages) => {
  expect(refused(() => encodeMessages(messages as CommandMessage[]))).toBe(true);
});

test('no messages, and one twice, are not decoded either', () => {
  expect(refused(() => decodeMessages([]))).toBe(true);
  expect(refused(() => decodeMessages([only(example), only(example)]))).toBe(true);
});

test('a payload that is not canonical is refused', () => {
  const bytes = only({ ...example, payload: { a: 1, b: 2 } });
  const swapped = Buffer.from(bytes.toString('latin1').replace('{"a":1,"b":2}', '{"b":2,"a":1}'), 'latin1');
  expect(refused(() => decodeMessages([swapped]))).toBe(true);
  const list = Buffer.from(bytes.toString('latin1').replace('{"a":1,"b":2}', '["a",1,"b",2]'.slice(0, 13)), 'latin1');
  expect(refused(() => decodeMessages([list]))).toBe(true);
});
