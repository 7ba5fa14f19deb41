import { type AttackOutcome } from './attacks/attack';
import { table } from './table';

export interface AttackResult extends AttackOutcome {
  readonly name: string;
}

/** What `--summary` writes; members are stable, new ones may be added. */
export interface DemoSummary {
  readonly ledger: 'embedded' | 'fabric';
  readonly organisations: number;
  readonly channels: readonly string[];
  readonly companies: number;
  readonly vehicles: number;
  readonly piles: number;
  /** Committed on the chain, the attackers' included. */
  readonly sigmas: number;
  /** Commands and bills the companies were asked to send. */
  readonly messages: number;
  /** Of these, acted upon at a pile and receipted. */
  readonly delivered: number;
  /** Of these, acted upon more than once; 0. */
  readonly deliveredTwice: number;
  readonly lost: number;
  /** Second copies of a command that piles recognised and did not act on. */
  readonly duplicatesSuppressed: number;
  /** Both channels together. */
  readonly blocks: number;
  readonly sessionsRead: number;
  readonly sessionsSkipped: number;
  readonly sessionsPlayed: number;
  /** Sum of all bills, integer minor units, and what the piles' accounts hold. */
  readonly billedMinor: number;
  readonly chargedMinor: number;
  readonly attacks: readonly AttackResult[];
  readonly plaintextHits: number;
  readonly chainVerified: boolean;
  readonly seconds: number;
}

/** Everything was delivered exactly once, nothing hostile got through, and the chain holds and hides. */
export function isGood(summary: DemoSummary): boolean {
  return (
    summary.delivered === summary.messages &&
    summary.lost === 0 &&
    summary.deliveredTwice === 0 &&
    summary.billedMinor === summary.chargedMinor &&
    summary.attacks.length > 0 &&
    summary.attacks.every(({ refused }) => refused) &&
    summary.plaintextHits === 0 &&
    summary.chainVerified
  );
}

export function summaryTable(summary: DemoSummary): string {
  const refused = summary.attacks.filter(({ refused: stopped }) => stopped).length;
  return table([
    ['ledger', summary.ledger],
    ['organisations', summary.organisations],
    ['channels', summary.channels.join(', ')],
    ['charging service companies', summary.companies],
    ['vehicles', summary.vehicles],
    ['piles', summary.piles],
    ['sessions read / skipped', `${summary.sessionsRead} / ${summary.sessionsSkipped}`],
    ['messages sent', summary.messages],
    ['delivered exactly once', summary.delivered - summary.deliveredTwice],
    ['lost', summary.lost],
    ['duplicates suppressed', summary.duplicatesSuppressed],
    ['σ committed', summary.sigmas],
    ['blocks', summary.blocks],
    ['billed = charged (minor units)', `${summary.billedMinor} = ${summary.chargedMinor}`],
    ['attacks refused', `${refused} of ${summary.attacks.length}`],
    ['plaintext found on the chain', summary.plaintextHits],
    ['whole chain re-verified', summary.chainVerified ? 'yes' : 'NO'],
    ['seconds', Math.round(summary.seconds)],
  ]);
}
