import { nativePrimitives, systemRandom } from '@chargecast/signcryption/primitives/native';

/** For signatures of the ledger protocol, made under an organisation's key or a holder's q. */
export const SIGNING_ENV = { primitives: nativePrimitives, random: systemRandom };
