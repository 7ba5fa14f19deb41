/** Something given to the page that it cannot read. */
export class InputError extends Error {
  override readonly name = 'InputError';

  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * Bytes from text: hexadecimal, or base64 in either alphabet, white space anywhere.
 * @throws InputError E_BYTES_INPUT
 */
export function bytesOfText(text: string): Uint8Array {
  const dense = text.replace(/\s+/g, '');
  if (dense === '') throw new InputError('E_BYTES_INPUT', 'nothing was given: paste a σ or a block, or choose a file');
  if (/^(?:[0-9a-fA-F]{2})+$/.test(dense)) {
    return Uint8Array.from(dense.match(/../g) as string[], (pair) => Number.parseInt(pair, 16));
  }
  if (/^[A-Za-z0-9+/_-]+={0,2}$/.test(dense) && dense.replace(/=+$/, '').length % 4 !== 1) {
    const standard = dense.replace(/-/g, '+').replace(/_/g, '/').replace(/=+$/, '');
    return Uint8Array.from(atob(standard), (character) => character.charCodeAt(0));
  }
  throw new InputError('E_BYTES_INPUT', 'this is neither hexadecimal nor base64: paste all of it and nothing else');
}

/** A file's bytes: as they are, or read as text where all of it is hexadecimal or base64. */
export function bytesOfFile(content: Uint8Array): Uint8Array {
  const isText =
    content.length > 0 &&
    content.every((byte) => byte === 9 || byte === 10 || byte === 13 || (byte > 31 && byte < 127));
  return isText ? bytesOfText(new TextDecoder().decode(content)) : content;
}

/** Field 1 of a protobuf message, its header: what a Fabric block begins with, and no σ. */
const BLOCK_BEGINS = 0x0a;

export const looksLikeBlock = (bytes: Uint8Array): boolean => bytes[0] === BLOCK_BEGINS;
