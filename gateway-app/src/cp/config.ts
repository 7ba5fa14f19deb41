import { z } from 'zod';

import { endpointSchema, namedPeerSchema, roleConfigSchema } from '../common/config';
import { renewalSchema } from '../registration';
import { stationSettingsSchema } from '../station';

const count = z.int().positive();

/** A CP process's `config.json`: the piles it serves and how; paths are relative to it. */
export const cpConfigSchema = roleConfigSchema.extend({
  role: z.literal('cp'),
  keyFile: z.string().min(1),
  peers: roleConfigSchema.shape.peers.unwrap().extend({
    css: roleConfigSchema.shape.peers.unwrap().shape.css.unwrap().min(1),
    kgc: endpointSchema,
    /** The stations' provider: its name on the certification chain is that of its certificate. */
    esp: z.tuple([namedPeerSchema]),
  }),
  piles: z
    .array(z.strictObject({ name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/) }))
    .min(1)
    .refine((piles) => new Set(piles.map(({ name }) => name)).size === piles.length, 'names a pile twice'),
  /** MSP id of the CSS the piles hang on; that of the first CSS peer if absent. */
  owner: z.string().min(1).optional(),
  sessions: z
    .strictObject({
      resumeSeconds: count.default(120),
      maxHeaders: count.default(1_000_000),
      answerMs: count.default(10_000),
      maxSessionsPerPile: count.default(1_024),
      stepMs: count.default(10_000),
      /** Handshakes that may be half open at once, in all and of one vehicles' process. */
      halfOpen: count.default(1_024),
      halfOpenPerPeer: count.default(512),
      /** Milliseconds the provider has to answer. */
      admitMs: count.default(10_000),
      /** Seconds without the provider after which no vehicle is taken for admitted any more. */
      watchSeconds: count.default(30),
    })
    .prefault({}),
  /** With it, commands go to the piles' charging stations; without, they are recorded and address no hardware. */
  ocpp: stationSettingsSchema.optional(),
  certificates: renewalSchema.prefault({}),
  receiptTtlSeconds: count.default(1_800),
});
export type CpConfig = z.infer<typeof cpConfigSchema>;
