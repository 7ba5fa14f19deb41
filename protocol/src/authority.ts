/** Signatures of pinned organisations over one statement, and how many of them suffice. */
import { fromHex } from '@chargecast/signcryption/bytes';
import { type Organisation, type Params } from '@chargecast/signcryption/params';
import { type VerifierPrimitives } from '@chargecast/signcryption/primitives/types';
import { Role } from '@chargecast/signcryption/roles';
import { type SignatureTag, verify } from '@chargecast/signcryption/signature';
import { array, hex, object, text, type Decoder } from './json';

export const MAX_SIGNATURES = 64;

/** An MSP id or a provider's name. */
export const decodeName: Decoder<string> = text(
  128,
  /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
  '1 to 128 letters, digits, ".", "_" or "-"',
);
export const decodeSignature: Decoder<string> = hex(64);

export interface OrganisationSignature {
  readonly mspId: string;
  /** 64 bytes, hex. */
  readonly signature: string;
}

export const decodeOrganisationSignature: Decoder<OrganisationSignature> = object<OrganisationSignature>({
  mspId: decodeName,
  signature: decodeSignature,
});
export const decodeOrganisationSignatures: Decoder<OrganisationSignature[]> = array(
  decodeOrganisationSignature,
  MAX_SIGNATURES,
);

/** What a signature of the ledger protocol is over: M = H("sig-" ‖ tag, ctx, parts…). */
export interface Statement {
  readonly tag: SignatureTag;
  readonly parts: readonly Uint8Array[];
}

/** Whether the signature (hex) holds over the statement under the key. */
export function holds(
  primitives: VerifierPrimitives,
  params: Params,
  publicKey: Uint8Array,
  statement: Statement,
  signatureHex: string,
): boolean {
  return verify(primitives, publicKey, fromHex(signatureHex, 64), statement.tag, params.ctx, ...statement.parts);
}

export interface Tally {
  /** Distinct voters whose signature holds. */
  readonly given: number;
  readonly needed: number;
}

/** Counts each voter once; signatures of others and such as do not hold count nothing. */
export function tally(
  primitives: VerifierPrimitives,
  params: Params,
  voters: readonly Organisation[],
  needed: number,
  statement: Statement,
  signatures: readonly OrganisationSignature[],
): Tally {
  const given = new Set<string>();
  for (const { mspId, signature: given64 } of signatures) {
    const voter = voters.find((organisation) => organisation.mspId === mspId);
    if (voter && !given.has(mspId) && holds(primitives, params, voter.publicKey, statement, given64)) given.add(mspId);
  }
  return { given: given.size, needed };
}

export const suffices = ({ given, needed }: Tally): boolean => needed > 0 && given >= needed;

/** The consortium's gateways: they alone sign slot heads. */
export function gateways(params: Params): Organisation[] {
  return params.organisations.filter(({ role }) => role === Role.CSS);
}

export const majority = (count: number): number => Math.floor(count / 2) + 1;
