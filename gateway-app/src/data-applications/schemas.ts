import {
  BLINDING_BYTES,
  CERTIFICATE_ROLES,
  COMMITMENT_BYTES,
  GRANTEE_KINDS,
  type ReadRequest,
  SCOPES,
  type SignedGrant,
  type SubjectOpening,
  type Withdrawal,
} from '@chargecast/protocol';
import { z } from 'zod';

import { hexBytes, named } from '../rest';

const unixSeconds = z.int().nonnegative().max(253_402_300_799);
const version = z.int().positive();

export const subjectSchema = hexBytes(16).describe('ID of a vehicle’s certificate');
export const partySchema = z
  .string()
  .regex(/^(?:key:[0-9a-f]{32}|[A-Za-z0-9][A-Za-z0-9._-]{0,127}(?:\/[A-Za-z0-9][A-Za-z0-9._@-]{0,127})?)$/)
  .describe('MSP id, <MSP id>/<common name>, or key:<32 hex digits>');
export const keyPartySchema = z
  .string()
  .regex(/^key:[0-9a-f]{32}$/)
  .describe('the holder of a key: the first 16 bytes of SHA-256 over its 65 bytes');
export const scopeSchema = z.enum(SCOPES);
const publicKey = z.string().regex(/^04[0-9a-f]{128}$/, 'must be an uncompressed P-256 point in lower-case hex');
const signature = hexBytes(64);
const providerName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/);

const ownerParts = {
  role: z.enum(CERTIFICATE_ROLES),
  provider: providerName,
  owner: publicKey,
  commitment: hexBytes(COMMITMENT_BYTES),
};

/** A question to the data chain under the key of who asks; good for 300 s. */
export const readRequestSchema: z.ZodType<ReadRequest, ReadRequest> = named(
  'ReadRequest',
  z.strictObject({
    subject: subjectSchema,
    scope: scopeSchema,
    at: unixSeconds.describe('when it was signed, Unix seconds'),
    key: publicKey,
    owner: z.strictObject(ownerParts).exactOptional().describe('with an owner’s key: what the ID is made of'),
    signature: signature.describe('P-256 by `key`, r ‖ s, s in the lower half'),
  }),
);

export const openingSchema: z.ZodType<SubjectOpening, SubjectOpening> = named(
  'SubjectOpening',
  z.strictObject({
    subject: subjectSchema,
    blinding: hexBytes(BLINDING_BYTES),
    session: hexBytes(16),
    index: z.int().nonnegative().max(0xffff_ffff).exactOptional().describe('of the transaction in its session'),
  }),
);
export const openingsSchema = z.array(openingSchema).min(1).max(64);

const ownerWord = {
  grantor: z.strictObject({ by: z.literal('owner'), ...ownerParts }),
  subject: subjectSchema,
  party: partySchema,
};

/** What an owner signed: a grant, or with no scopes the withdrawal of one. */
export const ownerWordSchema: z.ZodType<SignedGrant | Withdrawal, SignedGrant | Withdrawal> = named(
  'OwnerWord',
  z.union([
    z.strictObject({
      ...ownerWord,
      kind: z.enum(GRANTEE_KINDS),
      scopes: z.array(scopeSchema).min(1).max(SCOPES.length),
      until: unixSeconds,
      version,
      signature,
    }),
    z.strictObject({ ...ownerWord, version, signature }),
  ]),
);

export const meterReadingSchema = z.object({ at: z.int(), importWh: z.int(), exportWh: z.int() });

/** Unix seconds as RFC 3339. */
export const timeOfSeconds = (seconds: number): string => new Date(seconds * 1000).toISOString();
