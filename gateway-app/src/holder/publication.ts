import {
  approvalsNeeded,
  decodeRecord,
  type Params,
  SigncryptionError,
  verifyStatement,
} from '@chargecast/signcryption';
import { CodedError, codeOf, messageOf } from '../common/errors';
import { type ApproveRequest, type Client, type OrganisationSignature, type RecordEntry } from '../rpc';
import { isPassing } from './retry';
import { type RecordPublisher } from './types';

export interface GatewayClient {
  readonly mspId: string;
  readonly css: Pick<Client<'Css'>, 'approve' | 'publishRecord'>;
}

/**
 * For centres, gateways and piles: the holder shows its record to each CSS itself, so that X comes from it and not from
 * the KGC, and a CSS submits the record with the approvals of a majority.
 * @param owner MSP id of the holder's own organisation, which is not asked; absent for a CSC
 */
export function approvedByGateways(
  params: Params,
  gateways: readonly GatewayClient[],
  owner?: string,
): RecordPublisher {
  const asked = gateways.filter(({ mspId }) => mspId !== owner);
  return {
    async publish(record, signal, unit = ''): Promise<void> {
      const approvals = await collectApprovals(params, asked, owner, { record, unit }, signal);
      await submit(gateways, { record, approvals, owner: owner ?? '' }, signal);
    },
  };
}

/** For vehicles: the provider compares the record with its own customer, countersigns and submits it. */
export function countersignedByProvider(esp: Pick<Client<'Esp'>, 'countersign'>): RecordPublisher {
  return {
    async publish(record, signal, unit = ''): Promise<void> {
      await esp.countersign({ record, unit }, { signal });
    },
  };
}

async function collectApprovals(
  params: Params,
  gateways: readonly GatewayClient[],
  owner: string | undefined,
  request: ApproveRequest,
  signal: AbortSignal,
): Promise<OrganisationSignature[]> {
  const record = decodeRecord(request.record);
  const { voters, needed } = approvalsNeeded(params, owner);
  const answers = await Promise.allSettled(
    gateways.map(async ({ mspId, css }) => {
      const approval = await css.approve(request, { signal });
      const voter = voters.find((organisation) => organisation.mspId === mspId);
      if (voter === undefined || approval.mspId !== mspId) {
        throw new CodedError(
          'E_APPROVAL_FOREIGN',
          `the answer of ${mspId} is not the approval of a pinned organisation`,
        );
      }
      verifyStatement(params, voter.publicKey, { tag: 'appr', record }, Uint8Array.from(approval.signature));
      return approval;
    }),
  );
  const approvals = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  if (approvals.length >= needed) return approvals;
  const reasons = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []));
  throw missingApprovals(approvals.length, needed, reasons);
}

/** The refusal itself where time does not mend it; else a passing error, so that the holder asks again. */
function missingApprovals(given: number, needed: number, reasons: readonly unknown[]): Error {
  const refusal = reasons.find((reason) => codeOf(reason) !== undefined && !isPassing(reason));
  const why = reasons.map((reason) => `${codeOf(reason) ?? 'E_INTERNAL'}: ${messageOf(reason)}`).join('; ');
  const text = `${given} of ${needed} organisations approve the record (${why})`;
  return refusal === undefined
    ? new CodedError('E_APPROVALS_MISSING', `${text}; it is asked for again`)
    : new CodedError(refusal instanceof SigncryptionError ? 'E_APPROVAL_FOREIGN' : (codeOf(refusal) as string), text, {
        cause: refusal,
      });
}

/** Through any one CSS: the entry speaks for itself. */
async function submit(gateways: readonly GatewayClient[], entry: RecordEntry, signal: AbortSignal): Promise<void> {
  let failure: unknown = new CodedError('E_APPROVALS_MISSING', 'no CSS is configured; name some under peers.css');
  for (const { css } of gateways) {
    try {
      const outcome = await css.publishRecord(entry, { signal, deadline: 60_000 });
      if (outcome.status === 'committed') return;
      throw new CodedError(outcome.code || 'E_RECORD_REFUSED', outcome.message);
    } catch (error) {
      failure = error;
      if (!isPassing(error)) break;
    }
  }
  throw failure;
}
