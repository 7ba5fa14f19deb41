import { ProtocolError } from '@chargecast/protocol';
import { toRefusal } from './refusal';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Arguments and results of the contracts are text. The runtime's own JSON serializer guesses types, and in the version
 * its dependencies resolve to it cannot write an object.
 */
export class TextSerializer {
  toBuffer(result: unknown): Buffer | undefined {
    if (result === undefined || result === null) return undefined;
    return Buffer.from(typeof result === 'string' ? result : JSON.stringify(result), 'utf8');
  }

  fromBuffer(data: Uint8Array): { value: string; validateData: string } {
    try {
      const value = utf8.decode(data);
      return { value, validateData: value };
    } catch (cause) {
      throw toRefusal(new ProtocolError('E_ARGUMENTS', 'arguments are UTF-8 text; encode bytes in hex', { cause }));
    }
  }
}
