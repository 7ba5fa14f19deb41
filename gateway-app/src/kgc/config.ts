import { z } from 'zod';
import { cssPeerSchema, roleConfigSchema } from '../common/config';
import { DEFAULT_PATIENCE_MS } from './handover';

const positive = z.int().positive();

/** A KGC's `config.json`; paths are relative to it. */
export const kgcConfigSchema = roleConfigSchema.extend({
  role: z.literal('kgc'),
  keyFile: z.string().min(1),
  peers: roleConfigSchema.shape.peers.unwrap().extend({ css: z.array(cssPeerSchema).min(1) }),
  /** Name of each pile process → MSP id of the CSS it hangs on. */
  homes: z.record(z.string().min(1), z.string().min(1)).default({}),
  /** Master keys to seal into a new database (`chargecast-kgc-keys/1`); not read again, and may be removed, afterwards. */
  keys: z.string().min(1).optional(),
  /** Organisations that must acknowledge a σ; default l + 1, so that one of them is honest. */
  acks: positive.optional(),
  /** Most one-time credentials in one request. */
  maxBatch: positive.max(4096).default(512),
  /** How long a gateway may take to acknowledge, milliseconds. */
  holdMs: positive.default(10_000),
  /** How long one may take before the next gateway is asked beside it, milliseconds. */
  patienceMs: positive.default(DEFAULT_PATIENCE_MS),
});
export type KgcConfig = z.infer<typeof kgcConfigSchema>;
