import { z } from 'zod';

import { ledgerIdentitySchema, roleConfigSchema } from '../common/config';
import { DEFAULT_GATHERER_LIMITS } from './gatherer';
import { DEFAULT_HOLDING } from './held-sigmas';
import { DEFAULT_SLOTS } from './slot-keeper';

const count = z.int().positive();

/** A CSS's `config.json`; paths are relative to it. */
export const cssConfigSchema = roleConfigSchema.extend({
  role: z.literal('css'),
  keyFile: z.string().min(1),
  profile: z.string().min(1),
  identity: ledgerIdentitySchema,
  /** Key pinned in params for the organisation of `identity`. */
  organisationKey: z.string().min(1),
  gathering: z
    .strictObject({
      maxItems: count.max(64).default(DEFAULT_GATHERER_LIMITS.maxItems),
      maxBytes: count.max(4 * 1024 * 1024).default(DEFAULT_GATHERER_LIMITS.maxBytes),
      lingerMs: z.int().nonnegative().max(50).default(DEFAULT_GATHERER_LIMITS.lingerMs),
      maxInFlight: count.max(16).default(DEFAULT_GATHERER_LIMITS.maxInFlight),
    })
    .prefault({}),
  holding: z
    .strictObject({
      ackSeconds: count.default(DEFAULT_HOLDING.ackSeconds),
      takeOverSeconds: count.default(DEFAULT_HOLDING.takeOverSeconds),
      maxHeldBytes: count.default(DEFAULT_HOLDING.maxHeldBytes),
    })
    .refine((holding) => holding.takeOverSeconds < holding.ackSeconds, {
      path: ['takeOverSeconds'],
      message: 'must be below ackSeconds, or an acknowledged deadline passes before the take-over',
    })
    .prefault({}),
  slots: z
    .strictObject({
      checkMs: count.default(DEFAULT_SLOTS.checkMs),
      patienceSeconds: count.default(DEFAULT_SLOTS.patienceSeconds),
      maxLagBlocks: count.default(DEFAULT_SLOTS.maxLagBlocks),
    })
    .prefault({}),
  /** State of a ledger of this machine, whose nodes are then shown. */
  ledgerFolder: z.string().min(1).optional(),
  noticeTtlSeconds: count.default(1_800),
  receiptTtlSeconds: count.default(1_800),
});
export type CssConfig = z.infer<typeof cssConfigSchema>;
