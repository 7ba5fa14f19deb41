/** A test chain, two enrolled holders, and replicas that read it into a database of their own. */
import { type HolderKey, Role } from '@chargecast/signcryption';
import { message, publicKeys } from '@chargecast/signcryption/testing/world';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { silentLogger } from '../common/log';
import { type BlockSource, type Channel, type LedgerBlock } from '../ledger/port';
import { type TrustBundle } from '../ledger/trust';
import { openReplica, type Replica, type ReplicaOptions } from '../replica';
import { openStore, type Store } from '../store';
import { TestChain } from './test-chain';

export const soon = (): AbortSignal => AbortSignal.timeout(10_000);

export class ReplicaScene {
  readonly chain: TestChain;
  readonly csc: HolderKey;
  readonly ev: HolderKey;
  readonly store: Store;
  readonly #directory: string;
  readonly #replicas: Replica[] = [];

  private constructor(chain: TestChain, csc: HolderKey, ev: HolderKey, store: Store, directory: string) {
    this.chain = chain;
    this.csc = csc;
    this.ev = ev;
    this.store = store;
    this.#directory = directory;
  }

  static async open(ordering?: TrustBundle['ordering']): Promise<ReplicaScene> {
    const directory = mkdtempSync(join(tmpdir(), 'replica-'));
    const chain = await TestChain.initialised(expect.getState().currentTestName, ordering);
    const { world } = chain.consortium;
    const csc = await world.enrol('csc', Role.CSC);
    const ev = await world.enrol('ev', Role.EV);
    return new ReplicaScene(chain, csc, ev, await openStore(join(directory, 'db')), directory);
  }

  async close(): Promise<void> {
    await Promise.all(this.#replicas.splice(0).map((replica) => replica.stop()));
    await this.store.close();
    rmSync(this.#directory, { recursive: true });
  }

  async opened(options: Partial<ReplicaOptions> = {}): Promise<Replica> {
    const { trust } = this.chain;
    const base = { store: this.store.sub('replica'), trust, source: this.chain, logger: silentLogger() };
    const replica = await openReplica({ ...base, ...options });
    this.#replicas.push(replica);
    return replica;
  }

  async caughtUp(options: Partial<ReplicaOptions> = {}): Promise<Replica> {
    const replica = await this.opened(options);
    replica.start();
    await this.synced(replica);
    return replica;
  }

  async synced(replica: Replica): Promise<void> {
    for (const channel of ['certchain', 'datachain'] as const) {
      await replica.reached(channel, BigInt(this.chain.blocksOf[channel].length - 1), soon());
    }
  }

  /** A σ from the company to the vehicle. */
  async sealed(text = 'charge'): Promise<Uint8Array> {
    const receiver = { keys: publicKeys(this.ev), bind: new Uint8Array(64), message: message(text) };
    return (await this.chain.consortium.world.seal(this.csc, [receiver])).sigma;
  }

  /** The chain as a source that changes its blocks gives it. */
  changing(change: (block: LedgerBlock, channel: Channel) => LedgerBlock): BlockSource {
    const { chain } = this;
    return {
      async *blocks(channel, options) {
        for await (const block of chain.blocks(channel, options)) yield change(block, channel);
      },
    };
  }

  /** A replica on this source must stand still before `block`, however often the source tries. */
  async standsBefore(
    source: BlockSource,
    channel: Channel,
    block: bigint,
    expected: { readonly code: string; readonly trust?: TrustBundle },
  ): Promise<void> {
    const codes: unknown[] = [];
    const logger = silentLogger();
    logger.error = (fields: unknown) => codes.push((fields as { err: { code?: string } }).err.code);
    const replica = await this.opened({ source, logger, trust: expected.trust ?? this.chain.trust });
    replica.start();
    if (block > 0n) await replica.reached(channel, block - 1n, soon());
    const deadline = Date.now() + 10_000;
    while (codes.filter((code) => code === expected.code).length < 2) {
      if (Date.now() > deadline) throw new Error(`the lie was not noticed as ${expected.code}: ${codes.join()}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(replica.position(channel)).toBe(block === 0n ? undefined : block - 1n);
  }
}
