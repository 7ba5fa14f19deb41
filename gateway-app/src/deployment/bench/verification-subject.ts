/** What `bench verification` measures: σ and puts through one organisation's gateway, nothing else at work. */
import { type SealedCommands, type VerificationSubject } from '@chargecast/bench';
import { chooseLedger, type LedgerKind } from '@chargecast/network';

import { BareConsortium } from './bare-consortium';
import { GatewayFollower } from './following';

export async function verificationSubject(
  wanted: LedgerKind | 'auto',
  receivers: number,
): Promise<VerificationSubject> {
  const { kind: ledger } = await chooseLedger(wanted);
  const bare = await BareConsortium.open({ ledger }, receivers);
  try {
    await beginSlot(bare);
  } catch (error) {
    await bare.close();
    throw error;
  }
  const sealed = new Map<string, Uint8Array>();
  const key = assetKeys();
  return {
    ledger,
    async seal(count): Promise<SealedCommands> {
      const { id, sigma } = await bare.party.seal(count);
      sealed.set(id, sigma);
      return { id, bytes: sigma.length, commands: count };
    },
    async submit({ id }) {
      const sigma = sealed.get(id);
      if (!sigma) throw new RangeError('this σ was not sealed here, or is done with');
      sealed.delete(id);
      await bare.broadcast([{ id, sigma }]);
    },
    async put(value) {
      await bare.relay.submit('datachain', { contract: 'plain', name: 'put', args: [key(), value] });
    },
    async putOnce(value) {
      const args = [key()];
      const transient = { value };
      await bare.relay.submit('datachain', { contract: 'plain', name: 'putTransient', args, transient });
    },
    ledgerCpuMs: () => bare.ledgerCpuMs(),
    close: () => bare.close(),
  };
}

/**
 * asset00000001, asset00000002, … as samples number theirs. Under random keys LevelDB would have to merge all values put so far
 * again and again, and it does so when keys are looked up: σ would pay for what puts left behind.
 */
function assetKeys(): () => string {
  let last = 0;
  return () => `asset${String(++last).padStart(8, '0')}`;
}

/** A slot lasts longer than the measurement: who followed the chains for its roots need not follow on. */
async function beginSlot(bare: BareConsortium): Promise<void> {
  const { layout, consortium } = bare.deployment;
  const follower = await GatewayFollower.open(layout.directory, consortium.trust, bare.relay);
  try {
    await bare.beginSlot(follower.replica);
  } finally {
    await follower.close();
  }
}
