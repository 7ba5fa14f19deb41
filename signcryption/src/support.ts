/**
 * Whether a record counts: nobody seals to it, and nobody obeys it, on the KGC's word alone.
 */
import { ensure, SigncryptionError } from './errors';
import { type Organisation, type Params } from './params';
import { type VerifierPrimitives } from './primitives/types';
import { type LedgerRecord } from './record';
import { Role } from './roles';
import { verifyStatement } from './statements';

export interface OrganisationSignature {
  readonly mspId: string;
  readonly signature: Uint8Array;
}

export interface RecordSupport {
  /** MSP of the organisation the holder belongs to; absent for a CSC, which has none. It never counts. */
  readonly owner?: string;
  /** appr(H("rec", record)) of pinned organisations. */
  readonly approvals: readonly OrganisationSignature[];
  /** csig(record) of the vehicle's own provider. */
  readonly countersignature?: OrganisationSignature;
  /** Providers that joined after Params were fixed and were themselves approved by a majority. */
  readonly approvedProviders?: readonly Organisation[];
}

/**
 * Approvals needed: a majority of the pinned organisations, the KGC's left out. The record's own organisation counts
 * toward the size but may not vote, so naming a false owner lowers nothing; only where every other organisation
 * together falls short of a majority (a consortium of two) do all the others suffice.
 */
export function approvalsNeeded(params: Params, owner: string | undefined): { voters: Organisation[]; needed: number } {
  const consortium = params.organisations.filter(({ role }) => role !== Role.KGC);
  const voters = consortium.filter(({ mspId }) => mspId !== owner);
  return { voters, needed: Math.min(Math.floor(consortium.length / 2) + 1, voters.length) };
}

/**
 * @param record already verified by verifyRecord
 * @throws E_RECORD_UNSUPPORTED if it does not count
 */
export function ensureRecordCounts(
  primitives: VerifierPrimitives,
  params: Params,
  record: LedgerRecord,
  support: RecordSupport,
): void {
  if (record.role === Role.EV) return ensureCountersigned(primitives, params, record, support);
  const { voters, needed } = approvalsNeeded(params, support.owner);
  const approved = new Set<string>();
  for (const { mspId, signature } of support.approvals) {
    const voter = voters.find((organisation) => organisation.mspId === mspId);
    if (voter && holds(primitives, params, voter, { tag: 'appr', record }, signature)) approved.add(mspId);
  }
  ensure(
    needed > 0 && approved.size >= needed,
    'E_RECORD_UNSUPPORTED',
    `${approved.size} of ${needed} approvals; ask further organisations to approve the record`,
  );
}

function ensureCountersigned(
  primitives: VerifierPrimitives,
  params: Params,
  record: LedgerRecord,
  { countersignature, approvedProviders = [] }: RecordSupport,
): void {
  const providers = [...params.organisations, ...approvedProviders].filter(({ role }) => role === Role.ESP);
  const provider = providers.find(({ mspId }) => mspId === countersignature?.mspId);
  const counts =
    countersignature !== undefined &&
    provider !== undefined &&
    holds(primitives, params, provider, { tag: 'csig', record }, countersignature.signature);
  ensure(counts, 'E_RECORD_UNSUPPORTED', 'a vehicle’s record needs the countersignature of its own provider');
}

function holds(
  primitives: VerifierPrimitives,
  params: Params,
  organisation: Organisation,
  statement: Parameters<typeof verifyStatement>[3],
  signature: Uint8Array,
): boolean {
  try {
    verifyStatement(primitives, params, organisation.publicKey, statement, signature);
    return true;
  } catch (error) {
    if (error instanceof SigncryptionError && error.code === 'E_STATEMENT') return false;
    throw error;
  }
}
