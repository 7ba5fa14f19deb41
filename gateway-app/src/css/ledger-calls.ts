import {
  BROADCAST,
  encodeSigmaList,
  type OrganisationSignature as HexSignature,
  type PutRecordsReply,
  type RecordEntry as LedgerEntry,
  REGISTRATION,
  type SigmaReply,
  type SlotHead,
  type SubmitReply,
} from '@chargecast/protocol';
import { toHex } from '@chargecast/signcryption';

import { CodedError, codeOf } from '../common/errors';
import type { Ledger, Transaction } from '../ledger';
import type { OrganisationSignature, RecordEntry } from '../rpc';
import type { EndorsedOutcome } from './relay';

export function submitTransaction(sigmas: readonly Uint8Array[]): Transaction {
  return { contract: BROADCAST.contract, name: BROADCAST.submit, args: [encodeSigmaList(sigmas)] };
}

/** @param ids σ ids in the order submitted, lower-case hex */
export function submitOutcomes(result: Uint8Array, ids: readonly string[]): readonly EndorsedOutcome[] {
  const { outcomes } = parse(result) as SubmitReply;
  return inOrder(outcomes, ids, (outcome) => outcome.id);
}

/** The transaction that committed a σ, asked of the ledger itself. @param id lower-case hex */
export async function committingTransaction(ledger: Pick<Ledger, 'evaluate'>, id: string): Promise<string | undefined> {
  try {
    const reply = await ledger.evaluate('datachain', {
      contract: BROADCAST.contract,
      name: BROADCAST.getSigma,
      args: [id],
    });
    return (parse(reply) as SigmaReply).transactionId;
  } catch (error) {
    if (codeOf(error) === 'E_NOT_FOUND') return undefined;
    throw error;
  }
}

export function putRecordsTransaction(entries: readonly RecordEntry[]): Transaction {
  const args = [JSON.stringify(entries.map(toLedgerEntry))];
  return { contract: REGISTRATION.contract, name: REGISTRATION.putRecords, args };
}

/** @param ids pseudo-identities in the order submitted, lower-case hex */
export function putRecordsOutcomes(result: Uint8Array, ids: readonly string[]): readonly EndorsedOutcome[] {
  const { outcomes } = parse(result) as PutRecordsReply;
  return inOrder(outcomes, ids, (outcome) => outcome.f);
}

export function advanceSlotTransaction(head: SlotHead, signatures: readonly OrganisationSignature[]): Transaction {
  const args = [JSON.stringify({ ...head, signatures: signatures.map(toHexSignature) })];
  return { contract: BROADCAST.contract, name: BROADCAST.advanceSlot, args };
}

function toLedgerEntry({ record, approvals, countersignature, owner }: RecordEntry): LedgerEntry {
  return {
    record: toHex(record),
    ...(owner ? { owner } : {}),
    approvals: approvals.map(toHexSignature),
    ...(countersignature
      ? { countersignature: { provider: countersignature.provider, signature: toHex(countersignature.signature) } }
      : {}),
  };
}

function toHexSignature({ mspId, signature }: OrganisationSignature): HexSignature {
  return { mspId, signature: toHex(signature) };
}

function parse(result: Uint8Array): unknown {
  return JSON.parse(Buffer.from(result).toString('utf8'));
}

function inOrder<T extends EndorsedOutcome>(
  outcomes: readonly T[],
  ids: readonly string[],
  idOf: (outcome: T) => string,
): readonly EndorsedOutcome[] {
  const fits = outcomes.length === ids.length && outcomes.every((outcome, i) => idOf(outcome) === ids[i]);
  if (!fits) throw new CodedError('E_LEDGER_REFUSED', 'the chaincode answered for other items than were submitted');
  return outcomes;
}
