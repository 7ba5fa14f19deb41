import { z } from 'zod';
import { cssPeerSchema, ledgerIdentitySchema, roleConfigSchema } from '../common/config';

/** A provider's customer: the contract it is billed under, and the vehicle as its certificate names it. */
export const customerSchema = z.strictObject({
  contract: z.string().min(1).max(128),
  vehicle: z.string().min(1).max(128),
  /** The process whose certificate speaks for the vehicle, if that is not one of the vehicle's own name. */
  process: z.string().min(1).max(64).optional(),
});
export type Customer = z.infer<typeof customerSchema>;

/** An ESP's `config.json`; paths are relative to it. */
export const espConfigSchema = roleConfigSchema.extend({
  role: z.literal('esp'),
  keyFile: z.string().min(1),
  profile: z.string().min(1),
  identity: ledgerIdentitySchema,
  /** The provider's name on the certification chain. */
  provider: z.string().min(1),
  /** Its signing key (`chargecast-key/1`), outside the data folder. */
  providerKey: z.string().min(1),
  /** Brought into the sealed database at each start. */
  customers: z.array(customerSchema).default([]),
  /** A JSON list of further customers; may be removed once brought in. */
  customersFile: z.string().min(1).optional(),
  /** `csc`: the centres that may hear which customer is which pseudo-identity. */
  peers: roleConfigSchema.shape.peers.unwrap().extend({ css: z.array(cssPeerSchema).min(1) }),
  /** Processes whose piles this provider vouches for. */
  stations: z.array(z.string().min(1)).default([]),
  /** Of vehicles at its stations. */
  admissions: z
    .strictObject({
      /** Seconds after which a plugged-in vehicle authenticates again. */
      permitSeconds: z
        .int()
        .positive()
        .default(12 * 3600),
      /** Handshakes a second, and at once, of one process of stations. */
      perSecond: z.int().positive().default(500),
      burst: z.int().positive().default(1_000),
    })
    .prefault({}),
  certificates: z
    .strictObject({
      lifetimeDays: z.int().positive().max(1830).default(365),
      /** A certificate may be updated from so many days before it expires. */
      renewalDays: z.int().nonnegative().max(366).default(30),
      /** In one transaction, at most. */
      maxEntries: z.int().positive().max(256).default(256),
      lingerMs: z.int().nonnegative().max(1000).default(50),
    })
    .prefault({}),
  gathering: z
    .strictObject({
      maxRecords: z.int().positive().max(256).default(64),
      lingerMs: z.int().nonnegative().max(1000).default(50),
    })
    .prefault({}),
});
export type EspConfig = z.infer<typeof espConfigSchema>;
