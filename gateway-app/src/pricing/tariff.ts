import { canonicalJson } from '@chargecast/protocol';
import { toHex } from '@chargecast/signcryption';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';

import { validate } from '../common/config';
import { CodedError } from '../common/errors';
import { zoneOffset } from '../common/zone-time';

const rate = z.int().nonnegative().max(1_000_000_000);
const clock = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'must be hh:mm, 00:00 to 24:00');

const periodSchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/),
  /** Local time; a period that ends no later than it begins runs past midnight. */
  from: clock,
  to: clock,
  /** ISO weekdays on which it begins, Monday 1 to Sunday 7; every day if absent. */
  days: z.array(z.int().min(1).max(7)).min(1).max(7).optional(),
  /** Minor units per MWh. */
  perMwh: rate,
});
export type TariffPeriod = z.infer<typeof periodSchema>;

/**
 * What a kilowatt-hour, an hour and a session cost. Money is in integer minor units of the currency (ISO 4217); energy
 * rates are in minor units per MWh, which leaves a kilowatt-hour three decimals: 196 øre/kWh are 196,000 per MWh.
 */
export const tariffSchema = z.strictObject({
  id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/),
  currency: z.string().regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code'),
  /** IANA zone whose clocks the periods are in. */
  zone: z.string().refine(isZone, 'is no IANA time zone'),
  /** Price of energy outside all periods. */
  perMwh: rate,
  /** The first one that fits holds. */
  periods: z.array(periodSchema).max(32).default([]),
  /** Credit for energy given back to the grid. */
  feedInPerMwh: rate.default(0),
  /** For time in which energy flows. */
  perHour: rate.default(0),
  /** For time a vehicle that has stopped charging occupies the pile, after some grace. */
  idle: z
    .strictObject({ perHour: rate, graceSeconds: z.int().nonnegative().max(604_800) })
    .default({ perHour: 0, graceSeconds: 0 }),
  perSession: rate.default(0),
  taxPercent: z.int().nonnegative().max(100).default(0),
});
export type Tariff = z.infer<typeof tariffSchema>;

/** @throws CodedError E_CONFIG_INVALID naming member and rule */
export function parseTariff(value: unknown, what = 'the tariff'): Tariff {
  return validate(tariffSchema, value, what);
}

/** @throws CodedError E_TARIFF_FILE, E_CONFIG_INVALID */
export async function readTariff(file: string): Promise<Tariff> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new CodedError('E_TARIFF_FILE', `${file} cannot be read as JSON: name a tariff file`, { cause });
  }
  return parseTariff(value, `the tariff ${file}`);
}

/** SHA-256 over its canonical JSON, defaults filled in: what a charging record's terms commit to. 32 bytes hex. */
export function tariffDigest(tariff: Tariff): string {
  return toHex(createHash('sha256').update(canonicalJson(tariff)).digest());
}

function isZone(name: string): boolean {
  try {
    zoneOffset(name, 0);
    return true;
  } catch {
    return false;
  }
}
