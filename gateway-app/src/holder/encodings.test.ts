import { decodeMessages, ENTRY_OVERHEAD, prepareCredentials, ready, Role } from '@chargecast/signcryption';
import { World } from '@chargecast/signcryption/testing/world';
import fc from 'fast-check';

import {
  decodeCredentialRequest,
  decodeIssuedBatch,
  decodePayload,
  encodeCredentialRequest,
  encodeIssuedBatch,
  encodePayload,
  fittingParts,
  isOfProcess,
  realIdentity,
  splitName,
} from '.';

beforeAll(() => ready());

describe('names and encodings', () => {
  it('tells processes and the units inside them apart', () => {
    expect(realIdentity('cp', 'cp1', 'pile3')).toBe('cp:cp1/pile3');
    expect(realIdentity('csc', 'csc1')).toBe('csc:csc1');
    expect(splitName('cp1/pile3')).toEqual({ process: 'cp1', unit: 'pile3' });
    expect(splitName('csc1')).toEqual({ process: 'csc1', unit: '' });
    expect(isOfProcess('cp:cp1/pile3', 'cp', 'cp1')).toBe(true);
    expect(isOfProcess('cp:cp10', 'cp', 'cp1')).toBe(false);
    expect(isOfProcess('ev:cp1', 'cp', 'cp1')).toBe(false);
  });

  it.each([0, 1, 156, 157, 284, 286])('refuses a credential request of %i bytes', (length) => {
    expect(() => decodeCredentialRequest(new Uint8Array(length).fill(1))).toThrow(
      expect.objectContaining({ code: 'E_CREDENTIAL_REQUEST' }) as Error,
    );
  });

  it.each([0, 1, 63, 65])('refuses an issued batch of %i bytes', (length) => {
    expect(() => decodeIssuedBatch(new Uint8Array(length))).toThrow(
      expect.objectContaining({ code: 'E_CREDENTIAL_RESPONSE' }) as Error,
    );
  });

  it('a credential request survives its encoding', async () => {
    const world = new World('codec');
    const holder = await world.enrol('csc:csc1', Role.CSC);
    const { request } = prepareCredentials(world.params, holder, { senderClass: 4, count: 3, firstCounter: 0 });
    expect(decodeCredentialRequest(encodeCredentialRequest(request))).toEqual(request);
    const certificates = [new Uint8Array(64).fill(1), new Uint8Array(64).fill(2)];
    expect(decodeIssuedBatch(encodeIssuedBatch(certificates))).toEqual(certificates);
  });

  it('any other bytes are refused with the code alone', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 512 }), (bytes) => {
        try {
          expect(encodeCredentialRequest(decodeCredentialRequest(bytes))).toEqual(Buffer.from(bytes));
        } catch (error) {
          expect(error).toMatchObject({ code: 'E_CREDENTIAL_REQUEST' });
        }
      }),
    );
  });

  it('several commands to one receiver travel in one m, under one id that depends on all of them', () => {
    const frame = (id: string): Parameters<typeof encodePayload>[0][number] => ({
      commandId: id.repeat(16),
      kind: 'notice',
      action: 'DataTransfer',
      payload: { vendorId: 'x' },
    });
    const open = (m: Uint8Array): ReturnType<typeof decodeMessages> => decodeMessages(m);
    const one = encodePayload([frame('aa')]);
    const two = encodePayload([frame('aa'), frame('bb')]);
    expect(decodePayload(open(two)).map(({ commandId }) => commandId)).toEqual(['aa'.repeat(16), 'bb'.repeat(16)]);
    expect(Buffer.from(open(one).commandId).toString('hex')).toBe('aa'.repeat(16));
    expect(open(two).commandId).toEqual(open(encodePayload([frame('aa'), frame('bb')])).commandId);
    expect(open(two).commandId).not.toEqual(open(encodePayload([frame('aa'), frame('cc')])).commandId);
    const swapped = { ...open(two), commandId: open(encodePayload([frame('bb'), frame('aa')])).commandId };
    expect(() => decodePayload(swapped)).toThrow(expect.objectContaining({ code: 'E_MESSAGE' }) as Error);
  });

  it('what does not fit one entry goes on in the next, in order and as full as it can be', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 120 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 192, max: 512 }), (lengths, room) => {
        const messages = lengths.map((length, index) => ({
          commandId: index.toString(16).padStart(32, '0'),
          kind: 'notice' as const,
          action: 'DataTransfer',
          payload: { data: 'x'.repeat(length) },
        }));
        const parts = fittingParts(messages, { entryLengths: [164, room + ENTRY_OVERHEAD] });
        expect(parts.flat()).toEqual(messages);
        for (const [index, part] of parts.entries()) {
          expect(encodePayload(part).length).toBeLessThanOrEqual(room);
          const next = parts[index + 1]?.[0];
          if (next) expect(encodePayload([...part, next]).length).toBeGreaterThan(room);
        }
      }),
    );
  });
});
