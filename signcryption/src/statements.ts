/** What organisations sign outside σ: approvals, countersignatures, bindings, acknowledgements. */
import { u64, utf8 } from './bytes';
import { ensure } from './errors';
import { type Env } from './env';
import { randomScalar } from './hash';
import { type Params } from './params';
import { type VerifierPrimitives } from './primitives/types';
import { encodeRecord, type LedgerRecord, recordDigest } from './record';
import { Secret } from './secret';
import { publicKeyOf, sign, verify } from './signature';

/** An Ed25519 key by its scalar: an organisation's, or the KGC's. */
export interface KeyPair {
  readonly secret: Secret;
  readonly publicKey: Uint8Array;
}

export type Statement =
  /** appr(H("rec", record)): this organisation compared X with the holder, outside the KGC. */
  | { readonly tag: 'appr'; readonly record: LedgerRecord }
  /** csig(record): this provider's own vehicle. */
  | { readonly tag: 'csig'; readonly record: LedgerRecord }
  /** bind(f, X, contract): which customer a pseudo-identity is, told to the CSC alone. */
  | { readonly tag: 'bind'; readonly f: Uint8Array; readonly X: Uint8Array; readonly contract: string }
  /** ack(σ id, deadline): this gateway took σ and will have it committed by then (seconds). */
  | { readonly tag: 'ack'; readonly sigmaId: Uint8Array; readonly deadline: number };

function parts(primitives: VerifierPrimitives, statement: Statement): readonly Uint8Array[] {
  switch (statement.tag) {
    case 'appr':
      return [recordDigest(primitives, statement.record)];
    case 'csig':
      return [encodeRecord(statement.record)];
    case 'bind':
      return [statement.f, statement.X, utf8(statement.contract)];
    case 'ack':
      return [statement.sigmaId, u64(statement.deadline)];
  }
}

/** @param secret scalar of the organisation, or of the holder where the holder itself revokes a one-time key */
export function signStatement(env: Env, params: Params, secret: Secret, statement: Statement): Uint8Array {
  return sign(env, secret, statement.tag, params.ctx, ...parts(env.primitives, statement));
}

/** @throws E_STATEMENT if the signature does not hold under the key */
export function verifyStatement(
  primitives: VerifierPrimitives,
  params: Params,
  publicKey: Uint8Array,
  statement: Statement,
  signature: Uint8Array,
): void {
  const holds = verify(primitives, publicKey, signature, statement.tag, params.ctx, ...parts(primitives, statement));
  ensure(holds, 'E_STATEMENT', `the ${statement.tag} statement is not signed by the key given`);
}

export function generateKeyPair({ primitives, random }: Env): KeyPair {
  const secret = Secret.of(randomScalar({ primitives, random }));
  return { secret, publicKey: publicKeyOf(primitives, secret) };
}
