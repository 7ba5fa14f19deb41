/** What `bench verification` measures: σ and puts through one organisation's gateway, nothing else at work. */
import { type SealedCommands, type VerificationSubject } from '@chargecast/bench';
import { chooseLedger, type LedgerKind } from '@chargecast/network';
import { randomBytes } from 'node:crypto';

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
      await bare.relay.submit('datachain', { contract: 'plain', name: 'put', args: [freshKey(), value] });
    },
    async putOnce(value) {
      const args = [freshKey()];
      const transient = { value };
      await bare.relay.submit('datachain', { contract: 'plain', name: 'putTransient', args, transient });
    },
    ledgerCpuMs: () => bare.ledgerCpuMs(),
    close: () => bare.close(),
  };
}

const freshKey = (): string => `plain:${randomBytes(16).toString('hex')}`;

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
