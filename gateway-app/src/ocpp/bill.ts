import { z } from 'zod';
import { CodedError } from '../common/errors';

/**
 * The bill of one charging transaction. Money is in integer minor units of the currency (ISO 4217), energy in Wh, times
 * are RFC 3339 in UTC. OCPP only displays a cost; this is what charges the user, once per transaction.
 */
export interface Bill {
  readonly transactionId: string;
  readonly currency: string;
  readonly startedAt: string;
  readonly endedAt: string;
  /** Taken from the grid less given back: negative for a net discharge. */
  readonly energyWh: number;
  readonly lines: readonly BillLine[];
  /** Negative when the user is credited. */
  readonly totalMinor: number;
  /** The tariff's id, and the salt that opens the terms of the charging record, hex: both, or neither. */
  readonly tariff?: string;
  readonly salt?: string;
}

/** One position: its amount is stated, not derived, so that a rounding rule never has to be guessed. */
export interface BillLine {
  readonly kind: 'energy' | 'discharge' | 'time' | 'idle' | 'fixed' | 'tax';
  /** Wh for energy and discharge, seconds for time and idle, 1 for fixed and tax. */
  readonly quantity: number;
  readonly amountMinor: number;
  /** Tariff period the energy was taken in. */
  readonly period?: string;
}

const minor = z.int();
const whole = z.int().nonnegative();

const billSchema = z
  .strictObject({
    transactionId: z.string().min(1).max(36),
    currency: z.string().regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code'),
    startedAt: z.iso.datetime(),
    endedAt: z.iso.datetime(),
    energyWh: z.int(),
    lines: z
      .array(
        z.strictObject({
          kind: z.enum(['energy', 'discharge', 'time', 'idle', 'fixed', 'tax']),
          quantity: whole,
          amountMinor: minor,
          period: z.string().min(1).max(32).exactOptional(),
        }),
      )
      .min(1)
      .max(64),
    totalMinor: minor,
    tariff: z.string().min(1).max(64).exactOptional(),
    salt: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'must be 32 bytes in lower-case hex')
      .exactOptional(),
  })
  .refine((bill) => Date.parse(bill.endedAt) >= Date.parse(bill.startedAt), {
    path: ['endedAt'],
    message: 'must not lie before startedAt',
  })
  .refine((bill) => bill.lines.reduce((sum, line) => sum + line.amountMinor, 0) === bill.totalMinor, {
    path: ['totalMinor'],
    message: "must be the sum of the lines' amounts",
  });

/** @throws CodedError E_OCPP_SCHEMA naming the field and the rule, never the value. */
export function checkBill(payload: unknown): Bill {
  const result = billSchema.safeParse(payload);
  if (!result.success) {
    const reasons = result.error.issues.map((issue) => `/${issue.path.join('/')} ${issue.message}`);
    throw new CodedError('E_OCPP_SCHEMA', `Bill refused by its schema: ${reasons.join('; ')}`);
  }
  return result.data;
}
