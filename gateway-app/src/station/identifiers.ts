import { createHash } from 'node:crypto';

/**
 * A positive 31-bit number for a station, the same whenever it is derived for the same command: a call that is made
 * again after a crash names the same profile or the same start.
 * @param use keeps numbers of different uses apart
 */
export function commandNumber(use: 'profile' | 'start' | 'request', sender: string, commandId: string): number {
  const digest = createHash('sha256').update(`chargecast station ${use}\n${sender}\n${commandId}`).digest();
  return digest.readUInt32BE(0) & 0x7fffffff || 1;
}
