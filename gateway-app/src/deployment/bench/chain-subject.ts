/** What `bench growth` measures over the chain's length and over organisations. */
import { type ChainSubject, type CommitTimes, type RestartTimes } from '@chargecast/bench';
import { type LedgerKind } from '@chargecast/network';
import { BROADCAST } from '@chargecast/protocol';

import { BareConsortium } from './bare-consortium';
import { GatewayFollower, PileFollower } from './following';

/** σ's in a transaction, and transactions under way, while the chain is made. */
const TOGETHER = 64;
const IN_FLIGHT = 3;

export async function chainSubject(ledger: LedgerKind, organisations: number): Promise<ChainSubject> {
  const bare = await BareConsortium.open({ ledger, organisations }, 1);
  try {
    return await Chain.follow(bare);
  } catch (error) {
    await bare.close();
    throw error;
  }
}

class Chain implements ChainSubject {
  readonly #bare: BareConsortium;
  readonly #committed: string[] = [];
  #gateway: GatewayFollower;
  #pile: PileFollower;
  #newest = 0n;

  private constructor(bare: BareConsortium, gateway: GatewayFollower, pile: PileFollower) {
    this.#bare = bare;
    this.#gateway = gateway;
    this.#pile = pile;
  }

  static async follow(bare: BareConsortium): Promise<Chain> {
    const { layout, consortium } = bare.deployment;
    const gateway = await GatewayFollower.open(layout.directory, consortium.trust, bare.relay);
    await bare.beginSlot(gateway.replica);
    return new Chain(bare, gateway, await PileFollower.open(layout.directory, consortium.trust, gateway));
  }

  async extend(sigmas: number): Promise<void> {
    let left = sigmas;
    const lane = async (): Promise<void> => {
      while (left > 0) {
        const count = Math.min(left, TOGETHER);
        left -= count;
        await this.#commit(count);
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
    await this.#pile.replica.reached('datachain', this.#newest);
  }

  async commitOne(): Promise<CommitTimes> {
    const commit = await this.#commit(1);
    const gateway = await this.#gateway.appliedIn(this.#newest);
    return { commit, gateway, pile: await this.#pile.appliedIn(this.#newest) };
  }

  async query(): Promise<void> {
    const id = this.#committed[Math.floor(Math.random() * this.#committed.length)] as string;
    const { contract, getSigma: name } = BROADCAST;
    await this.#bare.relay.evaluate('datachain', { contract, name, args: [id] });
  }

  async restart(): Promise<RestartTimes> {
    const { layout, consortium } = this.#bare.deployment;
    await this.#pile.close();
    await this.#gateway.close();
    const ledger = await this.#bare.restartLedger();
    const began = performance.now();
    this.#gateway = await GatewayFollower.open(layout.directory, consortium.trust, this.#bare.relay);
    const gateway = performance.now() - began;
    this.#pile = await PileFollower.open(layout.directory, consortium.trust, this.#gateway);
    return { ledger, gateway, pile: performance.now() - began - gateway };
  }

  async newestTransactionBytes(): Promise<number> {
    const [block] = await this.#bare.blocks('datachain', this.#newest, this.#newest + 1n);
    return block?.transactions.at(-1)?.envelope.length ?? 0;
  }

  ledgerCpuMs(): Promise<number | undefined> {
    return this.#bare.ledgerCpuMs();
  }

  async close(): Promise<void> {
    await this.#pile.close();
    await this.#gateway.close();
    await this.#bare.close();
  }

  /** @returns milliseconds from handing it in to its commit */
  async #commit(count: number): Promise<number> {
    const sigmas = [];
    for (let i = 0; i < count; i++) sigmas.push(await this.#bare.party.seal(1));
    const started = performance.now();
    const { blockNumber } = await this.#bare.broadcast(sigmas);
    const took = performance.now() - started;
    for (const { id } of sigmas) this.#committed.push(id);
    if (blockNumber > this.#newest) this.#newest = blockNumber;
    return took;
  }
}
