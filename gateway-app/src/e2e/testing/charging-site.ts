/** One pile, its agent and its charging station, these two in processes of their own, and a line between them that kills. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { DEMO_TARIFF } from '../../demo/tariff';
import { type ChildRole, startChildRole } from '../../deployment/child-role';
import { Deployment } from '../../deployment/deployment';
import { type Fleet } from '../../deployment/fleet';
import { connectLedger } from '../../ledger';
import { chargedAtPiles } from '../../replay/pile-accounts';
import { ledgerRecords, recomputation, type Recomputation } from '../../replay/recomputation';
import { type BilledTransaction, type Client, type CommandState } from '../../rpc';
import { type StationState } from '../../stations';
import { fromJson, openStore } from '../../store';
import { OcppRelay, type Passing } from '../../testing/ocpp-relay';

const PILE = 'P1';
const AGENT = 'cp1';
const CENTRE = 'csc1';
const VEHICLE = 'WVWZZZ1KZAW000001';
const CONTRACT = 'contract-1';
const FLEET: Fleet = {
  vehicles: [{ name: VEHICLE, contract: CONTRACT, provider: 'esp1', csc: CENTRE }],
  piles: [{ name: PILE, css: 'css1' }],
  cscs: [CENTRE],
  providers: ['esp1'],
};
/** Ten minutes a second, from a time that is over: the ledger takes no record that ends later than now. */
const STATION_CLOCK = ['--speed', '600', '--start', '2025-01-05T10:00:00Z', '--meter-seconds', '300'];
const PATIENCE_MS = 400_000;

/** Who is killed as a message passes, and whether the message still arrives. */
export interface Strike {
  readonly victim: 'station' | 'agent';
  readonly at: Pick<Passing, 'from' | 'action' | 'part'> & { readonly eventType?: string };
  /** Milliseconds after the message went on; without it the message is lost with its reader. */
  readonly afterMs?: number;
}

interface Armed {
  readonly strike: Strike;
  readonly struck: () => void;
}

export interface Outcome extends Recomputation {
  readonly stated: readonly BilledTransaction[];
  readonly chargedMinor: number;
  /** What the station's disk holds when all is over. */
  readonly station: StationState;
}

export class ChargingSite {
  /** `TransactionEvent`s, as the agent acknowledged them. */
  readonly acknowledged: { readonly transactionId: string; readonly seqNo: number; readonly eventType: string }[] = [];
  /** Kills carried out. */
  kills = 0;
  readonly #directory: string;
  readonly #deployment: Deployment;
  readonly #vehicles: Client<'Vehicle'>;
  readonly #centre: Client<'Csc'>;
  #relay!: OcppRelay;
  #station: ChildRole | undefined;
  #armed: Armed | undefined;

  private constructor(directory: string, deployment: Deployment, vehicles: Client<'Vehicle'>, centre: Client<'Csc'>) {
    this.#directory = directory;
    this.#deployment = deployment;
    this.#vehicles = vehicles;
    this.#centre = centre;
  }

  static async start(): Promise<ChargingSite> {
    const directory = await mkdtemp(join(tmpdir(), 'chargecast-site-'));
    const charging = { tariff: DEMO_TARIFF };
    const deployment = await Deployment.open({ directory, fleet: FLEET, ledger: 'embedded', charging });
    for (const { name, role } of deployment.places) {
      await deployment.startRole(name, role === 'cp' ? 'processes' : 'threads');
    }
    const vehicles = await deployment.client('Vehicle', 'ev1', { role: 'ev', name: 'ev1' });
    const centre = await deployment.client('Csc', CENTRE, { role: 'csc', name: CENTRE });
    const site = new ChargingSite(directory, deployment, vehicles, centre);
    const port = deployment.places.find(({ name }) => name === AGENT)?.stationPort;
    site.#relay = await OcppRelay.start(`ws://127.0.0.1:${port}`, (passing) => site.#watch(passing));
    await site.startStation();
    return site;
  }

  async startStation(): Promise<void> {
    const more = [...STATION_CLOCK, '--url', this.#relay.url, '--data', this.stationData];
    this.#station = await startChildRole('station', PILE, this.#deployment.layout.roleConfig(AGENT), more);
  }

  async killStation(): Promise<void> {
    const station = this.#station;
    this.#station = undefined;
    await station?.kill();
    this.kills += 1;
  }

  /** Kills as the message named passes next, and starts the victim again. Resolves when it runs again. */
  async strike(strike: Strike): Promise<void> {
    await new Promise<void>((struck) => (this.#armed = { strike, struck }));
    if (strike.victim === 'station') await this.startStation();
    else await this.#deployment.startRole(AGENT, 'processes');
  }

  /** Resolves when the agent has acknowledged more events of a kind than now. */
  async tells(eventType: string, more = 1): Promise<void> {
    const count = (): number => this.acknowledged.filter((event) => event.eventType === eventType).length;
    const before = count();
    await until(async () => (count() >= before + more ? true : undefined), `${more} events ${eventType}`);
  }

  cutLine(): Promise<void> {
    return this.#relay.cut();
  }

  mendLine(): void {
    this.#relay.mend();
  }

  /** What the station's disk holds; it must not run. */
  async stationState(): Promise<StationState> {
    const store = await openStore(this.stationData);
    try {
      return fromJson<StationState>((await store.get(PILE)) as Uint8Array);
    } finally {
      await store.close();
    }
  }

  /** @returns the charging session, hex */
  async plugIn(): Promise<string> {
    const { session } = await this.#insist(() =>
      this.#vehicles.plugIn({ vehicle: VEHICLE, pile: `${AGENT}/${PILE}` }, { deadline: 120_000 }),
    );
    return Buffer.from(session).toString('hex');
  }

  async unplug(): Promise<void> {
    await this.#insist(() => this.#vehicles.unplug({ vehicle: VEHICLE }));
  }

  /** Resolves with the command's end. */
  async command(action: string, payload: Passing['payload']): Promise<CommandState> {
    const command = { customer: CONTRACT, kind: 'control', action, payload: JSON.stringify(payload) };
    const { commandIds } = await this.#centre.send({ commands: [command] });
    let state: CommandState | undefined;
    for await (const each of this.#centre.follow({ commandIds })) state = each;
    return state as CommandState;
  }

  /** Ends what runs and compares, once as many sessions are settled. */
  async settled(sessions: number): Promise<Outcome> {
    const stated = await until(async () => {
      const { transactions } = await this.#centre.statement({ month: '' });
      return transactions.filter(({ state }) => state === 'settled').length === sessions ? transactions : undefined;
    }, 'the settlement of all sessions');
    const { consortium } = this.#deployment;
    const [organisation] = consortium.topology.organisations;
    const as = { mspId: organisation?.mspId ?? '', name: 'relay' };
    const ledger = await connectLedger(consortium.ledger.profileFile, as);
    const records = await ledgerRecords(ledger).finally(() => ledger.close());
    await this.#station?.stop();
    this.#station = undefined;
    await this.#deployment.stopRoles();
    return {
      stated,
      ...recomputation(DEMO_TARIFF, records, stated),
      chargedMinor: await chargedAtPiles(this.#deployment),
      station: await this.stationState(),
    };
  }

  async stop(): Promise<void> {
    await this.#station?.stop();
    this.#vehicles.close();
    this.#centre.close();
    await this.#relay.stop();
    await this.#deployment.stop();
    await rm(this.#directory, { recursive: true, force: true });
  }

  /** Whose vehicle it is, as the centre knows it. */
  get customer(): string {
    return CONTRACT;
  }

  get centreConfig(): string {
    return this.#deployment.layout.roleConfig(CENTRE);
  }

  /** Folder of the station's own disk. */
  get stationData(): string {
    return join(this.#directory, 'station');
  }

  async #watch(passing: Passing): Promise<boolean> {
    const goesOn = this.#armed === undefined || !meets(this.#armed.strike, passing) || (await this.#hit(this.#armed));
    if (goesOn && passing.part === 'answer' && passing.action === 'TransactionEvent') this.#heard(passing);
    return goesOn;
  }

  async #hit({ strike, struck }: Armed): Promise<boolean> {
    this.#armed = undefined;
    const kill = async (): Promise<void> => {
      if (strike.victim === 'station') await this.killStation();
      else {
        await this.#deployment.killRole(AGENT);
        this.kills += 1;
      }
      struck();
    };
    if (strike.afterMs === undefined) {
      await kill();
      return false;
    }
    setTimeout(() => void kill(), strike.afterMs);
    return true;
  }

  #heard({ payload }: Passing): void {
    const { eventType, seqNo, transactionInfo } = payload as {
      eventType: string;
      seqNo: number;
      transactionInfo: { transactionId: string };
    };
    this.acknowledged.push({ transactionId: transactionInfo.transactionId, seqNo, eventType });
  }

  /** Until the agent is back: a call may meet its death. */
  #insist<T>(call: () => Promise<T>): Promise<T> {
    let failure: unknown;
    return until(async () => {
      try {
        return await call();
      } catch (error) {
        failure = error;
        return undefined;
      }
    }, 'an answer to the vehicle').catch((error: unknown) => {
      throw new Error('the vehicle was refused to the end', { cause: failure ?? error });
    });
  }
}

function meets({ at }: Strike, { from, action, part, payload }: Passing): boolean {
  const isKind = at.from === from && at.action === action && at.part === part;
  return isKind && (at.eventType === undefined || at.eventType === payload['eventType']);
}

/** Polls until there is something, for long: the machine may be slow and the victims many. */
export async function until<T>(look: () => Promise<T | undefined>, what: string): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`${what} did not come in time`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
