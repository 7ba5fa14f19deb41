import { z } from 'zod';

import { endpointSchema, namedPeerSchema, roleConfigSchema } from '../common/config';
import { renewalSchema } from '../registration';

const count = z.int().positive();
const peers = roleConfigSchema.shape.peers.unwrap();

/** An EV process's `config.json`: the vehicles whose units it runs; paths are relative to it. */
export const evConfigSchema = roleConfigSchema
  .extend({
    role: z.literal('ev'),
    keyFile: z.string().min(1),
    peers: peers.extend({
      css: peers.shape.css.unwrap().min(1),
      kgc: endpointSchema,
      esp: z.array(namedPeerSchema).min(1),
      csc: z.array(namedPeerSchema).min(1),
    }),
    vehicles: z
      .array(
        z.strictObject({
          name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/),
          /** Name of the provider among `peers.esp`; the first one if absent. */
          provider: z.string().min(1).optional(),
          /** Name of the centre among `peers.csc` that the vehicle reports to; the first one if absent. */
          csc: z.string().min(1).optional(),
          /** The customer's contract; the provider's own list decides, here it is for people. */
          contract: z.string().optional(),
        }),
      )
      .min(1)
      .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'names a vehicle twice'),
    sessions: z
      .strictObject({
        /** Entry keys of one session, at most. */
        maxAnswers: count.default(1_000_000),
        /** Seconds a plug-in is tried while the other side is not ready. */
        plugInSeconds: count.default(60),
      })
      .prefault({}),
    certificates: renewalSchema.prefault({}),
    reportTtlSeconds: count.default(1_800),
    /** Vehicles enrolled at once. */
    enrolTogether: count.max(1_024).default(64),
  })
  .superRefine(({ vehicles, peers: { esp, csc } }, context) => {
    const known = { provider: new Set(esp.map(({ name }) => name)), csc: new Set(csc.map(({ name }) => name)) };
    for (const [i, vehicle] of vehicles.entries()) {
      for (const member of ['provider', 'csc'] as const) {
        const name = vehicle[member];
        if (name === undefined || known[member].has(name)) continue;
        context.addIssue({ code: 'custom', path: ['vehicles', i, member], message: 'is not among the peers' });
      }
    }
  });
export type EvConfig = z.infer<typeof evConfigSchema>;
