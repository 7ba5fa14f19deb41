import { type common } from '@hyperledger/fabric-protos';

import { Identities } from '../embedded/identities';
import { readProfile } from '../profile';
import { ChainRecord } from './chain';
import { type LedgerUnderTest } from './ledgers';
import { Members } from './members';
import { type Json, type Outcome, outcomeOf } from './outcome';
import { type Scene, type Script, stepsOf } from './script';
import { Session } from './session';

/** What one ledger made of the script. */
export interface Run {
  readonly ledger: string;
  /** By step. */
  readonly outcomes: Readonly<Record<string, Outcome>>;
  /** By step; one that ordered several has `… #2` and so on. A step orders on one channel. */
  readonly transactions: Readonly<Record<string, Json>>;
  /** Rules the chains keep, by channel. */
  readonly rules: Json;
}

export interface RunOptions {
  /** Ends the run before the next step. */
  readonly signal?: AbortSignal;
  readonly onStep?: (step: string) => void;
}

/** Runs a script on a ledger that has just been founded. */
export async function runScript(ledger: LedgerUnderTest, script: Script, options: RunOptions = {}): Promise<Run> {
  const session = new Session(await membersOf(ledger));
  try {
    const outcomes: Record<string, Outcome> = {};
    const play = async (scenes: readonly Scene[]): Promise<void> => {
      for (const [step, run] of scenes.flatMap(stepsOf)) {
        options.signal?.throwIfAborted();
        session.step = step;
        options.onStep?.(step);
        outcomes[step] = await outcomeOf(() => run(session));
      }
    };
    await play(script.scenes);
    await ledger.restart();
    session.reconnect(await membersOf(ledger));
    await play(script.afterRestart);
    return { ledger: ledger.version, outcomes, ...(await readChains(session)) };
  } finally {
    session.members.close();
  }
}

async function readChains(session: Session): Promise<Pick<Run, 'transactions' | 'rules'>> {
  const identities = await identitiesOf(session.members);
  const { certchain, datachain } = session.members.profile.channels;
  const records = await Promise.all(
    [certchain, datachain].map(
      async (channel) => new ChainRecord(await blocksOf(session, channel), session.labelled, identities),
    ),
  );
  const [first, second] = records as [ChainRecord, ChainRecord];
  return {
    transactions: { ...first.transactions(), ...second.transactions() },
    rules: { certchain: first.rules(), datachain: second.rules() },
  };
}

/** Every block up to the one of the last transaction the script had committed. */
async function blocksOf(session: Session, channel: string): Promise<common.Block[]> {
  const { gateway } = await session.relay();
  const blocks = await gateway.getNetwork(channel).getBlockEvents({ startBlock: 0n });
  return session.take(blocks, Number(session.lastBlock(channel)) + 1);
}

async function membersOf({ profileFile, stateDir }: LedgerUnderTest): Promise<Members> {
  return new Members(await readProfile(profileFile), stateDir);
}

async function identitiesOf(members: Members): Promise<Identities> {
  return new Identities(
    await Promise.all(
      members.endorsers.map(async (mspId) => {
        const { certificate } = await members.authority(mspId);
        return { mspId, rootCertificatesPem: [certificate.toString('pem')] };
      }),
    ),
  );
}
