import { type SubmitReply } from '@chargecast/protocol';

import { CodedError, codeOf } from '../../common/errors';
import { submitTransaction } from '../../css/ledger-calls';
import { type EndorsedTransaction, type Ledger } from '../../ledger';

/** What became of one attempt: `code` is the refusal's, or what went wrong for us. */
export interface AttackOutcome {
  readonly refused: boolean;
  readonly code: string;
}

/** A real attempt against the running system. */
export interface Attack {
  readonly name: string;
  run(): Promise<AttackOutcome>;
}

export const ACCEPTED: AttackOutcome = { refused: false, code: 'ACCEPTED' };

/** The outcome of an attempt that must fail with a code of the system's own. */
export async function refusalOf(attempt: () => Promise<unknown>): Promise<AttackOutcome> {
  try {
    await attempt();
    return ACCEPTED;
  } catch (error) {
    const code = codeOf(error);
    return code === undefined || UNRELATED.has(code)
      ? { refused: false, code: code ?? 'E_INTERNAL' }
      : { refused: true, code };
  }
}

/** An attempt that did not get through because something was down proves nothing. */
const UNRELATED: ReadonlySet<string> = new Set([
  'E_INTERNAL',
  'E_UNREACHABLE',
  'E_DEADLINE',
  'E_CANCELLED',
  'E_ATTACK_SETUP',
  'E_LEDGER_UNAVAILABLE',
  'E_LEDGER_TIMEOUT',
  'E_CHAINCODE',
  'E_COMMIT_UNKNOWN',
]);

export interface EndorsedSubmission {
  readonly outcomes: SubmitReply['outcomes'];
  readonly transaction: EndorsedTransaction;
}

/** Endorses σ's as any member with the relay role may; nothing is ordered yet. */
export async function endorseSigmas(ledger: Ledger, sigmas: readonly Uint8Array[]): Promise<EndorsedSubmission> {
  const transaction = await ledger.endorse('datachain', submitTransaction(sigmas));
  const { outcomes } = JSON.parse(Buffer.from(transaction.result).toString('utf8')) as SubmitReply;
  return { outcomes, transaction };
}

/** What the chain says to the last of these σ's. */
export async function chainVerdict(ledger: Ledger, ...sigmas: readonly Uint8Array[]): Promise<AttackOutcome> {
  const { outcomes } = await endorseSigmas(ledger, sigmas);
  const last = outcomes.at(-1);
  return last?.status === 'refused' ? { refused: true, code: last.code } : ACCEPTED;
}

/** @throws CodedError E_ATTACK_SETUP if an honest σ that an attack builds on was not taken */
export async function commitHonestly(ledger: Ledger, sigma: Uint8Array): Promise<void> {
  const { outcomes, transaction } = await endorseSigmas(ledger, [sigma]);
  const [outcome] = outcomes;
  if (outcome?.status !== 'committed') {
    throw new CodedError(
      'E_ATTACK_SETUP',
      `the σ an attack starts from was refused (${outcome?.code ?? 'no outcome'})`,
    );
  }
  await transaction.submit();
}

/** One line for people. */
export function refusalLine({ name, refused, code }: AttackOutcome & { readonly name: string }): string {
  return `  ${refused ? 'refused' : 'NOT REFUSED'}  ${code.padEnd(26)}  ${name}`;
}
