import { createHash } from 'node:crypto';
import { bytesOf } from '../bytes';

/** Node's unkeyed hashes; `createHash` would ignore a BLAKE2b key. */
export function digest(algorithm: 'sha512' | 'blake2b512', chunks: readonly Uint8Array[]): Uint8Array {
  const hash = createHash(algorithm);
  for (const chunk of chunks) hash.update(chunk);
  return bytesOf(hash.digest());
}
