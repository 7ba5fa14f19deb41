import { slotNumber, slotStatement } from '@chargecast/protocol';
import { type LedgerKind } from '@chargecast/network';
import { toHex } from '@chargecast/signcryption';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { CodedError } from '../../common/errors';
import { advanceSlotTransaction, submitOutcomes, submitTransaction } from '../../css/ledger-calls';
import { organisationSigner } from '../../css/organisation-signer';
import { type Channel, type Ledger, type LedgerBlock, type SubmitResult } from '../../ledger';
import { type Replica } from '../../replica';
import { Deployment } from '../deployment';
import { FIRST_EPOCH, firstLimits } from '../genesis';
import { BENCH_CHAINCODE_BUNDLE } from '../root';
import { cpuMilliseconds } from './cpu-time';
import { BARE_FLEET } from './registration-subject';
import { SealingParty } from './sealing-party';

export interface BareOptions {
  readonly ledger: LedgerKind;
  readonly organisations?: number;
}

/**
 * A consortium of which no role runs: its ledger, a centre that seals, and this process as the first organisation's relay. Nothing comes on the chains but what is asked for here.
 */
export class BareConsortium {
  readonly deployment: Deployment;
  readonly party: SealingParty;
  #relay: Ledger;

  private constructor(deployment: Deployment, party: SealingParty, relay: Ledger) {
    this.deployment = deployment;
    this.party = party;
    this.#relay = relay;
  }

  /** @param vehicles that a σ can address at most */
  static async open(options: BareOptions, vehicles: number): Promise<BareConsortium> {
    const directory = await mkdtemp(join(tmpdir(), 'chargecast-bench-'));
    const deployment = await Deployment.open({
      ...options,
      directory,
      fleet: BARE_FLEET,
      chaincodeBundle: BENCH_CHAINCODE_BUNDLE,
    });
    try {
      const { params, keys } = deployment.consortium;
      const party = await SealingParty.make(params, keys.kgc, firstLimits(), vehicles);
      return new BareConsortium(deployment, party, await connectRelay(deployment));
    } catch (error) {
      await deployment.stop();
      throw error;
    }
  }

  get ledger(): LedgerKind {
    return this.deployment.manifest.ledger;
  }

  get organisations(): number {
    return this.deployment.consortium.topology.organisations.length;
  }

  /** Of the first organisation. */
  get relay(): Ledger {
    return this.#relay;
  }

  /** σ's are committed under a slot head that a majority signed; the gateways, which do it otherwise, do not run. */
  async beginSlot(replica: Replica): Promise<void> {
    const { params, keys } = this.deployment.consortium;
    const newest = (await this.relay.height('certchain')) - 1n;
    await replica.reached('certchain', newest, AbortSignal.timeout(60_000));
    const { recordsRoot, revocationsRoot } = await replica.roots(newest);
    const head = {
      number: slotNumber(Date.now() / 1000),
      epoch: FIRST_EPOCH,
      recordsRoot: toHex(recordsRoot),
      revocationsRoot: toHex(revocationsRoot),
      certchainBlock: Number(newest),
    };
    const signatures = [...keys.organisations].map(([mspId, { secret }]) =>
      organisationSigner(mspId, secret, params).signParts(slotStatement(head)),
    );
    await this.relay.submit('datachain', advanceSlotTransaction(head, signatures));
  }

  /** σ's in one transaction. @throws CodedError E_BENCH if one is refused */
  async broadcast(sigmas: readonly { readonly id: string; readonly sigma: Uint8Array }[]): Promise<SubmitResult> {
    const committed = await this.relay.submit('datachain', submitTransaction(sigmas.map(({ sigma }) => sigma)));
    const outcomes = submitOutcomes(
      committed.result,
      sigmas.map(({ id }) => id),
    );
    const refused = outcomes.find(({ status }) => status !== 'committed');
    if (refused) throw new CodedError('E_BENCH', `a σ was refused: ${refused.code}`);
    return committed;
  }

  /** Blocks from one number up to another, that not included. */
  async blocks(channel: Channel, from: bigint, to: bigint): Promise<LedgerBlock[]> {
    const found: LedgerBlock[] = [];
    if (from >= to) return found;
    const stop = new AbortController();
    for await (const block of this.relay.blocks(channel, { from, signal: stop.signal })) {
      found.push(block);
      if (block.number + 1n >= to) break;
    }
    stop.abort();
    return found;
  }

  /** CPU time of the ledger's processes since they started; undefined where the system does not tell. */
  async ledgerCpuMs(): Promise<number | undefined> {
    const { nodes } = await this.deployment.ledgerStatus();
    return cpuMilliseconds([...new Set(nodes.flatMap(({ pid }) => pid ?? []))]);
  }

  /** Ends the ledger's processes and starts them on the data they left. @returns milliseconds from starting to the first answer */
  async restartLedger(): Promise<number> {
    this.#relay.close();
    await this.deployment.stop();
    const started = performance.now();
    await this.deployment.restartLedger();
    this.#relay = await connectRelay(this.deployment);
    await this.#relay.height('datachain');
    return performance.now() - started;
  }

  async close(): Promise<void> {
    this.#relay.close();
    await this.deployment.stop();
    await rm(this.deployment.layout.directory, { recursive: true, force: true });
  }
}

function connectRelay({ consortium }: Deployment): Promise<Ledger> {
  const [first] = consortium.topology.organisations;
  return consortium.connect(first?.mspId ?? '', 'relay');
}
