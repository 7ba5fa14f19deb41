import { peer } from '@hyperledger/fabric-protos';
import { status } from '@grpc/grpc-js';
import { isNativeError } from 'node:util/types';

import { messageOf, parseCodedText } from '../common/errors';
import { type ErrorDetail, LedgerError } from './port';

export type Stage = 'evaluate' | 'endorse' | 'submit' | 'commit status' | 'blocks';

/** A gRPC failure as the gateway client gives it; `details` name the nodes behind the gateway that failed. */
interface GatewayFailure extends Error {
  readonly code: status;
  readonly details: readonly ErrorDetail[];
}

function isGatewayFailure(error: unknown): error is GatewayFailure {
  return isNativeError(error) && 'code' in error && typeof error.code === 'number' && 'details' in error;
}

/**
 * The gateway itself was not reached, or its peer has just started and knows no endorsers yet: the call did not run there,
 * another gateway may do.
 */
export function isUnreachable(error: unknown): boolean {
  if (!isGatewayFailure(error)) return false;
  return (error.code === status.UNAVAILABLE && error.details.length === 0) || knowsNoEndorsers(error);
}

const knowsNoEndorsers = ({ code, message }: GatewayFailure): boolean =>
  code === status.FAILED_PRECONDITION && /no combination of peers can be derived/i.test(message);

/** No answer, whatever came of the call: not reached, lost on the way or too slow. */
export function isUnanswered(error: unknown): boolean {
  return isUnreachable(error) || (isGatewayFailure(error) && error.code === status.DEADLINE_EXCEEDED);
}

/**
 * An orderer that hears of a transaction only after it was ordered, through the others, calls it processed already, and
 * the gateway counts that as a failure to order.
 */
export function isOrderedAlready(error: unknown): boolean {
  return isGatewayFailure(error) && error.details.some(({ message }) => /request already processed/i.test(message));
}

/** Too few orderers took the transaction; those that did keep it, so that only the same bytes may be sent again. */
export function isTakenByTooFew(error: unknown): boolean {
  return isGatewayFailure(error) && error.code === status.UNAVAILABLE && error.details.length > 0;
}

export function toLedgerError(error: unknown, stage: Stage, transactionId?: string): LedgerError {
  if (error instanceof LedgerError) return error;
  const context = { cause: error, ...(transactionId === undefined ? {} : { transactionId }) };
  if (!isGatewayFailure(error)) {
    return new LedgerError('E_LEDGER_REFUSED', `${stage} failed: ${messageOf(error)}`, context);
  }
  const details = error.details.map(({ address, mspId, message }) => ({ address, mspId, message }));
  const coded = codedText([...details.map(({ message }) => message), error.message]);
  if (coded) return new LedgerError(coded.code, coded.message, { ...context, details });
  const { code, advice } = uncoded(error, stage, details);
  const said = details.map(({ mspId, message }) => `${mspId}: ${message}`);
  const text = [error.message, ...new Set(said)].join('; ');
  return new LedgerError(code, `${stage} failed: ${text}; ${advice}`, { ...context, details });
}

/** What most of the endorsers said: one of them may lag behind. */
function codedText(texts: readonly string[]): { code: string; message: string } | undefined {
  const found = texts.map(parseCodedText).filter((coded) => coded !== undefined);
  const votes = (code: string): number => found.filter((coded) => coded.code === code).length;
  return found.sort((a, b) => votes(b.code) - votes(a.code))[0];
}

const UNAVAILABLE = { code: 'E_LEDGER_UNAVAILABLE', advice: 'wait until enough nodes are up and try again' };
const REFUSED = { code: 'E_LEDGER_REFUSED', advice: 'check the identity, the channel and the chaincode' };

function uncoded(
  error: GatewayFailure,
  stage: Stage,
  details: readonly ErrorDetail[],
): { readonly code: string; readonly advice: string } {
  const texts = [error.message, ...details.map(({ message }) => message)];
  if (texts.some((text) => /ProposalResponsePayloads do not match/i.test(text))) {
    return { code: 'E_ENDORSEMENT_MISMATCH', advice: 'the endorsers’ states differ for now: try again' };
  }
  if (texts.some((text) => /chaincode response [45]\d\d/i.test(text))) {
    return { code: 'E_CHAINCODE', advice: 'see the chaincode’s log' };
  }
  if (knowsNoEndorsers(error)) return UNAVAILABLE;
  switch (error.code) {
    case status.DEADLINE_EXCEEDED:
      return { code: 'E_LEDGER_TIMEOUT', advice: 'nothing was ordered; try again' };
    case status.UNAVAILABLE:
    case status.ABORTED:
    case status.RESOURCE_EXHAUSTED:
      return stage === 'submit' ? { ...UNAVAILABLE, code: submitCode(error) } : UNAVAILABLE;
    default:
      return REFUSED;
  }
}

/** Orderers that are down may come back; an orderer that answered and refused will refuse again. */
const submitCode = (error: GatewayFailure): string => (error.code === status.ABORTED ? 'E_SUBMIT' : UNAVAILABLE.code);

const CONFLICTS: readonly number[] = [
  peer.TxValidationCode.MVCC_READ_CONFLICT,
  peer.TxValidationCode.PHANTOM_READ_CONFLICT,
];
const NAMES = new Map<number, string>(Object.entries(peer.TxValidationCode).map(([name, code]) => [code, name]));

/** Of a transaction that stands in a block as invalid. */
export function invalidTransaction(transactionId: string, validationCode: number): LedgerError {
  const name = NAMES.get(validationCode) ?? `code ${validationCode}`;
  return CONFLICTS.includes(validationCode)
    ? new LedgerError(
        'E_MVCC',
        `another transaction changed what this one read (${name}): evaluate anew and submit again`,
        {
          transactionId,
          validationCode,
        },
      )
    : new LedgerError('E_TRANSACTION_INVALID', `the ledger committed the transaction as invalid: ${name}`, {
        transactionId,
        validationCode,
      });
}
