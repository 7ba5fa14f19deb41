import { type common } from '@hyperledger/fabric-protos';

import { Identities } from '../embedded/identities';
import { readProfile } from '../profile';
import { ChainRecord } from './chain';
import { type LedgerUnderTest } from './ledgers';
import { Members } from './members';
import { type Json, type Outcome, outcomeOf } from './outcome';
import { SCENES, SCENES_AFTER_RESTART } from './scenes';
import { type Scene, stepsOf } from './script';
import { Session } from './session';

/** What one ledger made of the script. */
export interface Run {
  readonly ledger: string;
  /** By step. */
  readonly outcomes: Readonly<Record<string, Outcome>>;
  /** By step; one that ordered several has `… #2` and so on. */
  readonly transactions: Readonly<Record<string, Json>>;
  /** Rules the chain keeps. */
  readonly rules: Json;
}

export interface RunOptions {
  /** Ends the run before the next step. */
  readonly signal?: AbortSignal;
  readonly onStep?: (step: string) => void;
}

/** Runs the script on a ledger that has just been founded. */
export async function runScript(ledger: LedgerUnderTest, { signal, onStep }: RunOptions = {}): Promise<Run> {
  const session = new Session(await membersOf(ledger));
  try {
    const outcomes: Record<string, Outcome> = {};
    const play = async (scenes: readonly Scene[]): Promise<void> => {
      for (const [step, run] of scenes.flatMap(stepsOf)) {
        signal?.throwIfAborted();
        session.step = step;
        onStep?.(step);
        outcomes[step] = await outcomeOf(() => run(session));
      }
    };
    await play(SCENES);
    await ledger.restart();
    session.reconnect(await membersOf(ledger));
    await play(SCENES_AFTER_RESTART);
    const blocks = await wholeChain(session);
    const chain = new ChainRecord(blocks, session.labelled, await identitiesOf(session.members));
    return { ledger: ledger.version, outcomes, transactions: chain.transactions(), rules: chain.rules() };
  } finally {
    session.members.close();
  }
}

async function membersOf({ profileFile, stateDir }: LedgerUnderTest): Promise<Members> {
  return new Members(await readProfile(profileFile), stateDir);
}

/** Every block up to the one of the last transaction the script had committed. */
async function wholeChain(session: Session): Promise<common.Block[]> {
  session.step = 'the end of the script';
  const { block } = await session.commit(await session.endorse('quietPut', ['end', 'x']));
  const { gateway } = await session.relay();
  const blocks = await gateway.getNetwork(session.channel).getBlockEvents({ startBlock: 0n });
  return session.take(blocks, Number(block) + 1);
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
