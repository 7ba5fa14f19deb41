import { z } from 'zod';
import { cssPeerSchema, endpointSchema, roleConfigSchema } from '../common/config';

const positive = z.int().positive();

/** A CSC's `config.json`; paths are relative to it. */
export const cscConfigSchema = roleConfigSchema.extend({
  role: z.literal('csc'),
  keyFile: z.string().min(1),
  peers: roleConfigSchema.shape.peers.unwrap().extend({
    css: z.array(cssPeerSchema).min(2),
    kgc: endpointSchema,
  }),
  dispatch: z
    .strictObject({
      /** Commands that arrive within this time share a σ, milliseconds. */
      gatherMs: z.int().nonnegative().max(10_000).default(100),
      /** Most receivers of one σ. */
      maxReceivers: positive.max(8192).default(1024),
      /** σ on their way to the KGC at once. */
      maxInFlight: positive.max(64).default(4),
      /** Seconds a σ lives at least. */
      ttlSeconds: positive.default(900),
      /** Seconds after inclusion in which a receipt is expected. */
      receiptSeconds: positive.default(60),
      /** Milliseconds past an acknowledged deadline in which the last block may arrive. */
      graceMs: z.int().nonnegative().default(2000),
      /** First wait before sealing again, milliseconds; doubles up to `retryMaxMs`. */
      retryMs: positive.default(2000),
      retryMaxMs: positive.default(300_000),
      /** Milliseconds a receipt may be under way after a vehicle left its pile. */
      settleMs: z.int().nonnegative().default(3000),
      /** Seconds after which an undelivered command fails. */
      commandSeconds: positive.default(604_800),
      /** Seconds a delivered or failed command is remembered. */
      keepSeconds: positive.default(2_592_000),
    })
    .prefault({}),
  /** With it, vehicles that plug in are started, their transactions billed and settled; without, operators send all. */
  charging: z
    .strictObject({
      /** The tariff's file. */
      tariff: z.string().min(1),
    })
    .optional(),
  /** What governments see of the use of piles: figures over groups of customers. */
  usage: z
    .strictObject({
      /** Beginning of a pile's name, as `cp1/` or `cp1/harbour-` → its district; the longest that fits. */
      districts: z.record(z.string().min(1), z.string().min(1).max(128)).default({}),
      /** Customers that a figure covers at least. */
      minimumVehicles: z.int().min(5).max(1_000).default(5),
      /** Days a month must be over before it is published. */
      closingDays: z.int().min(1).max(366).default(3),
    })
    .prefault({}),
  credentials: z
    .strictObject({ batch: positive.max(4096), low: z.int().nonnegative() })
    .default({ batch: 128, low: 32 }),
});
export type CscConfig = z.infer<typeof cscConfigSchema>;
export type DispatchSettings = CscConfig['dispatch'];
