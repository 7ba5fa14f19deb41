/** Strict reading of the package's JSON documents: exact keys, exact types, one error code per document. */
import { ensure, SigncryptionError, type SigncryptionErrorCode } from './errors';

/** Runs `read` over the parsed text; whatever it refuses is reported under the document's own code. */
export function parseJson<T>(text: string, code: SigncryptionErrorCode, read: (value: unknown) => T): T {
  try {
    return read(JSON.parse(text));
  } catch (error) {
    if (error instanceof SigncryptionError && error.code === code) throw error;
    throw new SigncryptionError(code, `refused: ${(error as Error).message}`, { cause: error });
  }
}

/** @throws E_ARGUMENT unless `value` is an object with exactly these keys */
export function exactKeys<K extends string>(value: unknown, keys: readonly K[], name: string): Record<K, unknown> {
  ensure(
    typeof value === 'object' && value !== null && !Array.isArray(value),
    'E_ARGUMENT',
    `${name} must be an object`,
  );
  const unknown = Object.keys(value).filter((key) => !(keys as readonly string[]).includes(key));
  const missing = keys.filter((key) => !Object.hasOwn(value, key));
  ensure(unknown.length === 0, 'E_ARGUMENT', `${name} has unknown fields`);
  ensure(missing.length === 0, 'E_ARGUMENT', `${name} lacks ${missing.join(', ')}`);
  return value as Record<K, unknown>;
}

export function text(value: unknown, name: string): string {
  ensure(typeof value === 'string', 'E_ARGUMENT', `${name} must be text`);
  return value;
}

export function wholeNumber(value: unknown, name: string): number {
  ensure(Number.isSafeInteger(value), 'E_ARGUMENT', `${name} must be a whole number`);
  return value as number;
}
