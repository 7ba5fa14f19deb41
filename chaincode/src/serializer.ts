import { ProtocolError } from '@chargecast/protocol';
import { toRefusal } from './refusal';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What the contract runtime says of a parameter. */
interface Expected {
  readonly properties: { readonly prop: { readonly type?: string } };
}

/**
 * Arguments and results of the contracts are text, but for a list of σ, which is declared as an array and left as bytes. The runtime's own JSON serializer guesses types, and in the version
 * its dependencies resolve to it cannot write an object.
 */
export class TextSerializer {
  toBuffer(result: unknown): Buffer | undefined {
    if (result === undefined || result === null) return undefined;
    return Buffer.from(typeof result === 'string' ? result : JSON.stringify(result), 'utf8');
  }

  fromBuffer(
    data: Uint8Array,
    { properties }: Expected,
  ): { value: string | Uint8Array; validateData: string | string[] } {
    if (properties.prop.type === 'array') return { value: data, validateData: [] };
    try {
      const value = utf8.decode(data);
      return { value, validateData: value };
    } catch (cause) {
      throw toRefusal(new ProtocolError('E_ARGUMENTS', 'arguments are UTF-8 text; encode bytes in hex', { cause }));
    }
  }
}
