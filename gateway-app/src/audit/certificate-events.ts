import {
  AUTHORIZE_EVENT,
  REGISTER_EVENT,
  REPORT_EVENT,
  REVOKE_AUTHORIZATION_EVENT,
  REVOKE_EVENT,
  SYSTEM_KEY_EVENT,
  UPDATE_EVENT,
} from '@chargecast/protocol';

import { EndorsementVerifier } from '../ledger/endorsements';
import { type LedgerTransaction } from '../ledger/port';
import { type OpenChain } from './deployment-chain';

const NAMES: ReadonlySet<string> = new Set([
  SYSTEM_KEY_EVENT,
  REGISTER_EVENT,
  UPDATE_EVENT,
  REVOKE_EVENT,
  REPORT_EVENT,
  AUTHORIZE_EVENT,
  REVOKE_AUTHORIZATION_EVENT,
]);

export interface CertificateEvent {
  readonly block: bigint;
  readonly transactionId: string;
  /** Unix seconds of the transaction. */
  readonly at: number;
  readonly name: string;
  /** Vehicles and piles it is about; none where it is about a provider or about all. */
  readonly ids: readonly string[];
  /** As chaincode wrote it: docs/ledger.md. */
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface EventOptions {
  readonly from: bigint;
  /** Goes on past the blocks there are until it aborts; without it the events of those blocks are all. */
  readonly signal?: AbortSignal;
}

/**
 * Events of certificates, reputation and authorisations on the certification chain, in its order.
 * @throws LedgerError E_ENDORSEMENT for one that no majority of the organisations endorsed
 */
export async function* certificateEvents(
  { ledger, trust, heights }: OpenChain,
  { from, signal }: EventOptions,
): AsyncGenerator<CertificateEvent> {
  if (!signal && from >= heights.certchain) return;
  const verifier = new EndorsementVerifier(trust);
  for await (const block of ledger.blocks('certchain', { from, ...(signal && { signal }) })) {
    for (const transaction of block.transactions) {
      const event = eventOf(transaction, trust.chaincode);
      if (!event) continue;
      verifier.verify(transaction, trust.params.certchain);
      yield { block: block.number, transactionId: transaction.transactionId, at: transaction.timestamp, ...event };
    }
    if (!signal && block.number + 1n >= heights.certchain) return;
  }
}

function eventOf(
  { valid, chaincode, event }: LedgerTransaction,
  trusted: string,
): Pick<CertificateEvent, 'name' | 'ids' | 'payload'> | undefined {
  if (!valid || chaincode !== trusted || !event || !NAMES.has(event.name)) return undefined;
  const payload = JSON.parse(Buffer.from(event.payload).toString('utf8')) as Payload;
  return { name: event.name, ids: idsOf(payload), payload };
}

interface Payload extends Record<string, unknown> {
  readonly id?: string;
  readonly subject?: string;
  readonly certificates?: readonly { readonly id: string }[];
}

function idsOf({ id, subject, certificates = [] }: Payload): string[] {
  const named = [id, subject === '*' ? undefined : subject].filter((each) => each !== undefined);
  return [...named, ...certificates.map((each) => each.id)];
}
