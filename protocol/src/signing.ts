/** Signing and checking what this package defines: governance items, slot heads, providers, plug-ins. */
import { fromHex, toHex } from '@chargecast/signcryption/bytes';
import { type Env } from '@chargecast/signcryption/env';
import { type Params } from '@chargecast/signcryption/params';
import { type VerifierPrimitives } from '@chargecast/signcryption/primitives/types';
import { type Secret } from '@chargecast/signcryption/secret';
import { sign } from '@chargecast/signcryption/signature';
import { holds, type Statement } from './authority';

/**
 * @param secret scalar of the signer: an organisation's, the KGC's, a provider's, or a holder's q or y
 * @returns 64 bytes, hex
 */
export function signLedgerStatement(
  env: Pick<Env, 'primitives' | 'random'>,
  params: Params,
  secret: Secret,
  { tag, parts }: Statement,
): string {
  return toHex(sign(env, secret, tag, params.ctx, ...parts));
}

/** @param publicKey 32 bytes, hex; @param signature 64 bytes, hex */
export function holdsLedgerStatement(
  primitives: VerifierPrimitives,
  params: Params,
  publicKey: string,
  statement: Statement,
  signature: string,
): boolean {
  return holds(primitives, params, fromHex(publicKey, 32), statement, signature);
}
