import { z } from 'zod';

import { type Command } from '../rpc';
import { fairShare } from './fair-share';

const watts = z.int().nonnegative().max(10_000_000);

/** A site's limit, and who charges there, in the order in which they are served when not all minima fit. */
export const siteSchema = z.strictObject({
  limitW: watts,
  vehicles: z
    .array(
      z.strictObject({
        /** As for a command: a contract, `provider/contract`, or `cp:<process>/<pile>`. */
        customer: z.string().min(1).max(256),
        maxW: watts,
        minW: watts.default(0),
      }),
    )
    .min(1)
    .max(10_000)
    .refine((all) => new Set(all.map(({ customer }) => customer)).size === all.length, 'names a customer twice'),
});
export type Site = z.infer<typeof siteSchema>;

/** This centre's own number of the profile: a new schedule takes the place of the former. */
const PROFILE = 2;
/** Below a curtailment, which must win. */
const STACK_LEVEL = 0;

export interface Allotment {
  readonly customer: string;
  readonly limitW: number;
}

export function allot({ limitW, vehicles }: Site): Allotment[] {
  const shares = fairShare(
    limitW,
    vehicles.map(({ customer, ...demand }) => ({ id: customer, ...demand })),
  );
  return vehicles.map(({ customer }) => ({ customer, limitW: shares.get(customer) ?? 0 }));
}

/** The limit of whatever transaction the customer's station runs; 0 W pauses it. */
export function limitCommand({ customer, limitW }: Allotment): Command {
  return {
    customer,
    kind: 'control',
    action: 'SetChargingProfile',
    payload: JSON.stringify({
      evseId: 1,
      chargingProfile: {
        id: PROFILE,
        stackLevel: STACK_LEVEL,
        chargingProfilePurpose: 'TxDefaultProfile',
        chargingProfileKind: 'Relative',
        chargingSchedule: [
          { id: 1, chargingRateUnit: 'W', chargingSchedulePeriod: [{ startPeriod: 0, limit: limitW }] },
        ],
      },
    }),
  };
}
