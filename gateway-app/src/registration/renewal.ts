import { type Certificate } from '@chargecast/protocol';
import { z } from 'zod';

/** How a process keeps its units' certificates in force. */
export const renewalSchema = z.strictObject({
  /** Seconds between two looks at what is due. */
  lookSeconds: z.int().positive().default(60),
  /** Share of a certificate's life before which it is never renewed, however early the provider would. */
  notBeforeShare: z.number().min(0).max(1).default(0.5),
});
export type RenewalSettings = z.infer<typeof renewalSchema>;

/**
 * When a certificate is renewed: as soon as its provider's terms allow.
 * @param renewal seconds before expiry from which the provider updates
 * @returns Unix seconds
 */
export function dueAt(
  { issuedAt, expiresAt }: Pick<Certificate, 'issuedAt' | 'expiresAt'>,
  renewal: number,
  { notBeforeShare }: Pick<RenewalSettings, 'notBeforeShare'>,
): number {
  return Math.max(expiresAt - renewal, issuedAt + Math.ceil((expiresAt - issuedAt) * notBeforeShare));
}
