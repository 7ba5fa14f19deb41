import { nativePrimitives } from '@chargecast/signcryption/primitives/native';
import { randomBytes } from 'node:crypto';

/** For signatures of the ledger protocol, made under an organisation's key or a holder's q. */
export const SIGNING_ENV = {
  primitives: nativePrimitives,
  random: (length: number): Uint8Array => new Uint8Array(randomBytes(length)),
};
