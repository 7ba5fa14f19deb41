import { fabricStatus, killNode, type OnProgress, startNode } from '@chargecast/network';

import { pause } from '../common/abort';
import { CodedError, codeOf } from '../common/errors';
import { connectLedger, type Ledger } from '../ledger';
import { Deployment, layoutOf } from '../deployment';
import { Load, submitOnce, validOccurrences } from './load';

/** One figure of the real network, and what it has to be. */
export interface FaultResult {
  readonly name: string;
  readonly measured: number;
  readonly unit: 's' | 'ms' | 'transactions' | 'tx/s' | 'changes';
  /** The most it may be; absent where the figure is only told. */
  readonly atMost?: number;
  readonly holds: boolean;
}

export interface FaultOptions {
  /** Where the network is built; must not hold another deployment. */
  readonly directory: string;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
  readonly onResult: (result: FaultResult) => void;
}

const FLEET = { vehicles: [], piles: [], cscs: [], providers: ['esp1'] };
const WORKERS = 16;
const FULL_LOAD_WORKERS = 64;
const FULL_LOAD_MS = 20_000;
const AFTERWARDS_MS = 3_000;
const PATIENCE_MS = 120_000;
/** Short, so that a lost quorum shows itself as it does to a caller in a hurry. */
const HURRY = { evaluate: 5_000, endorse: 10_000, submit: 5_000, commitStatus: 5_000 };
const DATA = 'datachain';

/**
 * Builds the real network with the chaincode as it is built now, breaks it under load in four ways, and measures: leaders
 * under full load, a follower killed, the leader killed, two of four orderers killed. After each, every transaction that was
 * reported committed is looked for on the chain.
 * @throws CodedError, NetworkError; the network is stopped whatever happens
 */
export async function measureFaults(options: FaultOptions): Promise<readonly FaultResult[]> {
  let built = 0;
  const deployment = await Deployment.open({
    directory: options.directory,
    fleet: FLEET,
    ledger: 'fabric',
    networkId: 'faults',
    onProgress: (progress) => {
      if (progress.step === 'Ready') built = progress.elapsed;
      options.onProgress(progress);
    },
  });
  const gateways: Ledger[] = [];
  try {
    for (const { mspId } of deployment.consortium.topology.organisations) {
      gateways.push(await deployment.consortium.connect(mspId, 'relay'));
    }
    const work = new FaultRun(options, deployment, gateways);
    work.tell('from nothing to chaincode committed', built / 1000, 's', 60);
    await work.run();
    return work.results;
  } finally {
    for (const gateway of gateways) gateway.close();
    await deployment.stop();
  }
}

class FaultRun {
  readonly results: FaultResult[] = [];
  readonly #options: FaultOptions;
  readonly #deployment: Deployment;
  readonly #stateDir: string;
  readonly #gateways: readonly Ledger[];

  constructor(options: FaultOptions, deployment: Deployment, gateways: readonly Ledger[]) {
    this.#options = options;
    this.#deployment = deployment;
    this.#stateDir = layoutOf(options.directory).ledger;
    this.#gateways = gateways;
  }

  tell(name: string, measured: number, unit: FaultResult['unit'], atMost?: number): void {
    const bar = atMost === undefined ? {} : { atMost };
    const result = { name, measured, unit, ...bar, holds: atMost === undefined || measured <= atMost };
    this.results.push(result);
    this.#options.onResult(result);
  }

  async run(): Promise<void> {
    const steps = [
      () => this.#status(),
      () => this.#fullLoad(),
      () => this.#follower(),
      () => this.#leaderKilled(),
      () => this.#quorum(),
    ];
    for (const step of steps) {
      if (this.#options.signal.aborted) throw new CodedError('E_CANCELLED', 'the run was interrupted');
      await step();
    }
  }

  async #status(): Promise<void> {
    const started = Date.now();
    await fabricStatus(this.#stateDir);
    this.tell('status', (Date.now() - started) / 1000, 's', 2);
  }

  async #fullLoad(): Promise<void> {
    const before = await this.#leader();
    const load = await this.#under('full load', FULL_LOAD_WORKERS, () => pause(FULL_LOAD_MS, this.#options.signal));
    this.tell('full load: committed', load.rate(), 'tx/s');
    this.tell('full load: longest pause', load.longestPause(), 'ms');
    this.tell('full load: leaders deposed', (await this.#leader()) === before ? 0 : 1, 'changes', 0);
  }

  async #follower(): Promise<void> {
    const leader = await this.#leader();
    const follower = (await this.#orderers()).find((name) => name !== leader) as string;
    const load = await this.#under('follower killed', WORKERS, () => this.#killed(follower));
    this.tell('follower killed: longest pause', load.longestPause(), 'ms');
    await startNode(this.#stateDir, follower);
  }

  async #leaderKilled(): Promise<void> {
    const leader = await this.#leader();
    const load = await this.#under('leader killed', WORKERS, () => this.#killed(leader));
    this.tell('leader killed: longest pause', load.longestPause() / 1000, 's', 8);
    await startNode(this.#stateDir, leader);
  }

  async #quorum(): Promise<void> {
    const lost = (await this.#orderers()).slice(-2);
    const { profileFile } = this.#deployment.consortium.ledger;
    const hurried = await connectLedger(profileFile, { mspId: 'CSS1MSP', name: 'relay' }, HURRY);
    try {
      await Promise.all(lost.map((name) => killNode(this.#stateDir, name)));
      const asked = Date.now();
      const code = await submitOnce(hurried).then(
        () => 'committed',
        (error: unknown) => codeOf(error) ?? 'E_INTERNAL',
      );
      this.tell(`two of four killed: refused with ${code} after`, (Date.now() - asked) / 1000, 's');
      const returning = Date.now();
      const back = this.#untilCommitted(hurried);
      await Promise.all(lost.map((name) => startNode(this.#stateDir, name)));
      this.tell('two of four restarted: service back', ((await back) - returning) / 1000, 's', 20);
    } finally {
      hurried.close();
    }
  }

  /** @returns the time of the first commit, ms */
  async #untilCommitted(gateway: Ledger): Promise<number> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      try {
        await submitOnce(gateway);
        return Date.now();
      } catch (error) {
        if (Date.now() > deadline) throw error;
      }
      await pause(100, this.#options.signal);
    }
  }

  async #killed(name: string): Promise<void> {
    await killNode(this.#stateDir, name);
  }

  /** Load before, through and after `disturb`; then what was reported committed is counted on the chain. */
  async #under(name: string, workers: number, disturb: () => Promise<void>): Promise<Load> {
    const [reader] = this.#gateways as [Ledger];
    const from = await reader.height(DATA);
    const load = new Load(this.#gateways, workers);
    try {
      await this.#commits(load, 0);
      await disturb();
      await pause(AFTERWARDS_MS, this.#options.signal);
      await this.#commits(load, Date.now());
    } finally {
      await load.stop();
    }
    const found = await validOccurrences(reader, from);
    const ids = [...load.committed.keys()];
    const codes = [...new Set(load.failures)].map((code) => ` ${code}`).join('');
    this.tell(`${name}: submissions failed${codes}`, load.failures.length, 'transactions', 0);
    this.tell(`${name}: lost`, ids.filter((id) => !found.has(id)).length, 'transactions', 0);
    this.tell(`${name}: twice`, ids.filter((id) => (found.get(id) ?? 0) > 1).length, 'transactions', 0);
    return load;
  }

  /** Until several transactions have been committed after `time`. */
  async #commits(load: Load, time: number): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    while (load.commitsAfter(time) < WORKERS) {
      if (Date.now() > deadline)
        throw new CodedError('E_LEDGER_TIMEOUT', 'nothing is committed any more: see the nodes’ logs');
      await pause(50, this.#options.signal);
    }
  }

  async #leader(): Promise<string> {
    const { nodes } = await fabricStatus(this.#stateDir);
    const found = nodes.find(({ leaderOf }) => leaderOf?.includes(DATA));
    if (!found) throw new CodedError('E_LEDGER_UNAVAILABLE', 'no orderer leads: see the nodes’ logs');
    return found.name;
  }

  async #orderers(): Promise<string[]> {
    const { nodes } = await fabricStatus(this.#stateDir);
    return nodes.filter(({ kind }) => kind === 'orderer').map(({ name }) => name);
  }
}
