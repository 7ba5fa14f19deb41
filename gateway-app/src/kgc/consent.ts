import { type Authority, type GovernanceItem, governanceStatement, holds } from '@chargecast/protocol';
import { approvalsNeeded, nodePrimitives, type Params, toHex } from '@chargecast/signcryption';

import { pause } from '../common/abort';
import { CodedError, codeOf } from '../common/errors';
import { type Logger } from '../common/log';
import { type Client } from '../rpc';

export interface ConsentingGateway {
  readonly mspId: string;
  readonly css: Pick<Client<'Css'>, 'signGovernance' | 'carryGovernance'>;
}

export interface ConsentParts {
  readonly params: Params;
  readonly gateways: readonly ConsentingGateway[];
  readonly log: Logger;
}

/** Who has signed so far, and who has not. */
export interface Consent {
  readonly signed: readonly string[];
  readonly waitedFor: readonly string[];
}

const ASK_AGAIN_MS = 1_000;

/**
 * Gathers a majority's signatures over an item and has it carried to both channels. Gateways that leave the decision to
 * their operator are asked again until `signal` aborts.
 * @param authority signatures the item has beforehand
 * @param heard called whenever the number of signatures has changed
 * @throws CodedError E_CANCELLED; the code of a refusal that leaves no majority; what the ledger refuses
 */
export async function gatherConsent<T extends GovernanceItem>(
  parts: ConsentParts,
  item: Omit<T, 'authority'>,
  authority: readonly Authority[],
  signal: AbortSignal,
  heard: (consent: Consent) => void,
): Promise<void> {
  const unsigned = { ...item, authority } as unknown as T;
  const { needed } = approvalsNeeded(parts.params, undefined);
  const signatures = new Map<string, string>();
  const refusals = new Map<string, unknown>();
  let told = -1;
  for (;;) {
    const open = parts.gateways.filter(({ mspId }) => !signatures.has(mspId) && !refusals.has(mspId));
    await Promise.all(open.map((gateway) => ask(parts, gateway, unsigned, { signatures, refusals })));
    const waitedFor = parts.gateways.map(({ mspId }) => mspId).filter((mspId) => !signatures.has(mspId));
    if (signatures.size !== told) heard({ signed: [...signatures.keys()], waitedFor });
    told = signatures.size;
    if (signatures.size >= needed) break;
    if (parts.gateways.length - refusals.size < needed) throw [...refusals.values()][0];
    await pause(ASK_AGAIN_MS, signal);
    if (signal.aborted) throw new CodedError('E_CANCELLED', `${signatures.size} of ${needed} organisations signed`);
  }
  const given = [...signatures].map(([name, signature]): Authority => ({ by: 'organisation', name, signature }));
  await carry(parts, { ...unsigned, authority: [...authority, ...given] });
}

async function ask(
  { params, log }: ConsentParts,
  { mspId, css }: ConsentingGateway,
  item: GovernanceItem,
  found: { readonly signatures: Map<string, string>; readonly refusals: Map<string, unknown> },
): Promise<void> {
  try {
    const answer = await css.signGovernance({ item: JSON.stringify(item) });
    const key = params.organisations.find((organisation) => organisation.mspId === mspId)?.publicKey;
    const signature = toHex(Uint8Array.from(answer.signature));
    if (!key || !holds(nodePrimitives, params, key, governanceStatement(item), signature)) {
      throw new CodedError('E_STATEMENT', `${mspId} answered with a signature that does not hold`);
    }
    found.signatures.set(mspId, signature);
  } catch (error) {
    if (isOpen(codeOf(error))) return;
    log.warn({ err: error, organisation: mspId }, 'a governance item was not signed');
    found.refusals.set(mspId, error);
  }
}

/** Unreachable is not refused, and an operator takes a while. */
const isOpen = (code: string | undefined): boolean =>
  code !== undefined && /^E_(GOVERNANCE_PENDING|UNREACHABLE|DEADLINE|REPLICA_EMPTY)$/.test(code);

/** Through any one gateway: the item speaks for itself, and the same bytes again change nothing. */
async function carry({ gateways }: ConsentParts, item: GovernanceItem): Promise<void> {
  let failure: unknown = new CodedError('E_CONFIG_INVALID', 'no gateway is configured under peers.css');
  for (const { css } of gateways) {
    try {
      await css.carryGovernance({ item: JSON.stringify(item) }, { deadline: 60_000 });
      return;
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}
