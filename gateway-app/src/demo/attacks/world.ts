import { type Limits, type Params, type RecordKeys } from '@chargecast/signcryption';

import { CodedError } from '../../common/errors';
import { type Deployment } from '../../deployment/deployment';
import { type CeremonyKeys } from '../../deployment/keys';
import { type Ledger } from '../../ledger';
import { type Insider } from './insider';

/** A vehicle that is plugged in while the attacks run. */
export interface Victim {
  readonly vehicle: string;
  readonly keys: RecordKeys;
  readonly session: Uint8Array;
  /** f of the pile. */
  readonly pile: Uint8Array;
  /** H("sess", f_CP, session id): what binds an entry to this plug-in. */
  readonly bind: Uint8Array;
}

/** What the attackers have between them: more than any one of them should. */
export interface AttackWorld {
  readonly deployment: Deployment;
  readonly params: Params;
  readonly limits: Limits;
  readonly epoch: number;
  /** The KGC's and every organisation's keys, for attacks by one of them alone. */
  readonly keys: CeremonyKeys;
  /** A gateway organisation's client with the relay role. */
  readonly relay: Ledger;
  /** A reader's client. */
  readonly auditor: Ledger;
  /** An approved company that misbehaves. */
  readonly insider: Insider;
  /** A company that the KGC enrolled and nobody approved. */
  readonly stranger: Insider;
  readonly victim: Victim;
  /** A σ that stands on the chain. */
  readonly committed: Uint8Array;
}

export interface PileCounts {
  readonly refused: number;
  readonly effects: number;
}

/** Entries refused and commands acted upon, over all piles. */
export async function pileCounts({ deployment }: Pick<AttackWorld, 'deployment'>): Promise<PileCounts> {
  const counts = { refused: 0, effects: 0 };
  for (const handle of deployment.running('cp')) {
    const status = (await handle.status?.()) ?? {};
    counts.refused += Number(status.refused);
    counts.effects += Number(status.effects);
  }
  return counts;
}

const PATIENCE = 30_000;
const POLL = 50;

/** @throws CodedError E_ATTACK_TIMEOUT if nothing happened in time */
export async function eventually(what: string, happened: () => Promise<boolean>): Promise<void> {
  const until = Date.now() + PATIENCE;
  while (!(await happened())) {
    if (Date.now() > until) throw new CodedError('E_ATTACK_TIMEOUT', `waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL));
  }
}
