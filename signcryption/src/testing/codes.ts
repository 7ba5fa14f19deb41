import { SigncryptionError, type SigncryptionErrorCode } from '../errors';

/** The code an operation fails with; anything else it does is an error of the test. */
export function codeOf(operation: () => unknown): SigncryptionErrorCode {
  try {
    operation();
  } catch (error) {
    if (error instanceof SigncryptionError) return error.code;
    throw error;
  }
  throw new Error('nothing was refused');
}

export async function codeOfAsync(operation: Promise<unknown>): Promise<SigncryptionErrorCode> {
  try {
    await operation;
  } catch (error) {
    if (error instanceof SigncryptionError) return error.code;
    throw error;
  }
  throw new Error('nothing was refused');
}
