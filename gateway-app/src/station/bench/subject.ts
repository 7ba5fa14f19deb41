/** What `bench curtailment` measures: a whole system on a ledger of its own, with a simulated station at every pile. */
import { type CurtailmentFactories, type CurtailmentSubject } from '@chargecast/bench';
import { chooseLedger, type LedgerKind } from '@chargecast/network';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Backoff } from '../../common/abort';
import { loadConfig } from '../../common/config';
import { CodedError, codeOf } from '../../common/errors';
import { cpConfigSchema } from '../../cp/config';
import { DEMO_TARIFF } from '../../demo/tariff';
import { Deployment } from '../../deployment/deployment';
import { type Fleet } from '../../deployment/fleet';
import { type Client } from '../../rpc';
import { speedClock, StationFleet } from '../../stations';
import { isObject, type Payload } from '../messages';
import { readPassword } from '../passwords';

const CENTRE = 'csc1';
const GATEWAYS = ['css1', 'css2', 'css3', 'css4'];
const START_MS = 900_000;
const ANSWER_MS = 300_000;

/** The embedded ledger, and Fabric where its programs are found; or the one asked for. */
export async function curtailmentSubjects(
  stations: number,
  ledger: LedgerKind | 'auto',
): Promise<CurtailmentFactories> {
  const { kind } = await chooseLedger(ledger);
  const kinds: readonly LedgerKind[] = ledger === 'auto' && kind === 'fabric' ? ['embedded', 'fabric'] : [kind];
  return kinds.map((each) => () => CurtailedSystem.start(stations, each));
}

/** Limits a station accepted, as they come. */
class Acceptances {
  readonly #at = new Map<string, number>();
  #limitW = Number.NaN;

  expect(limitW: number): void {
    this.#limitW = limitW;
    this.#at.clear();
  }

  heard(name: string, payload: Payload): void {
    if (limitOf(payload) === this.#limitW && !this.#at.has(name)) this.#at.set(name, Date.now());
  }

  get all(): readonly number[] {
    return [...this.#at.values()];
  }
}

export class CurtailedSystem implements CurtailmentSubject {
  readonly ledger: string;
  readonly stations: number;
  readonly startSeconds: number;
  readonly #deployment: Deployment;
  readonly #fleets: readonly StationFleet[];
  readonly #accepted: Acceptances;
  readonly #piles: readonly string[];
  readonly #centre: Client<'Csc'>;

  private constructor(
    deployment: Deployment,
    { fleets, accepted, piles }: Connected,
    centre: Client<'Csc'>,
    startSeconds: number,
  ) {
    this.#deployment = deployment;
    this.#fleets = fleets;
    this.#accepted = accepted;
    this.#piles = piles;
    this.#centre = centre;
    this.ledger = deployment.manifest.ledger;
    this.stations = piles.length;
    this.startSeconds = startSeconds;
  }

  /** Resolves when every station is connected. */
  static async start(stations: number, ledger: LedgerKind): Promise<CurtailedSystem> {
    const begun = Date.now();
    const directory = await mkdtemp(join(tmpdir(), 'chargecast-curtailment-'));
    const charging = { tariff: DEMO_TARIFF };
    const deployment = await Deployment.open({ directory, fleet: fleetOf(stations), ledger, charging });
    try {
      await deployment.startRoles('threads');
      const connected = await connect(deployment);
      const centre = await deployment.client('Csc', CENTRE, { role: 'csc', name: CENTRE });
      return new CurtailedSystem(deployment, connected, centre, Math.round((Date.now() - begun) / 1000));
    } catch (error) {
      await deployment.stop();
      throw error;
    }
  }

  /** Resolves when the centre has every receipt as well: one round is not measured under the work another left. */
  async curtail(limitW: number): Promise<readonly number[]> {
    this.#accepted.expect(limitW);
    const { calledAt, commandIds } = await this.#call(limitW);
    await until(() => this.#accepted.all.length === this.stations, ANSWER_MS, 'every station to accept the limit');
    const states = this.#centre.follow({ commandIds }, { signal: AbortSignal.timeout(ANSWER_MS) });
    for await (const { state, code } of states)
      if (state === 'failed') throw new CodedError('E_BENCH_COMMAND', `a station's limit failed: ${code}`);
    return this.#accepted.all.map((at) => at - calledAt);
  }

  async stop(): Promise<void> {
    this.#centre.close();
    await Promise.all(this.#fleets.map((fleet) => fleet.stop()));
    await this.#deployment.stop();
    await rm(this.#deployment.layout.directory, { recursive: true, force: true });
  }

  /** The centre does not take the call before every pile has announced itself: when it was called that time, and for what. */
  async #call(limitW: number): Promise<{ readonly calledAt: number; readonly commandIds: readonly string[] }> {
    const backoff = new Backoff(100, 1000);
    for (;;) {
      const calledAt = Date.now();
      try {
        const { commandIds } = await this.#centre.curtail({ lift: false, limitW, seconds: 0, piles: this.#piles });
        return { calledAt, commandIds };
      } catch (error) {
        if (codeOf(error) !== 'E_CURTAIL_PILES') throw error;
        await backoff.wait(AbortSignal.timeout(ANSWER_MS));
      }
    }
  }
}

interface Connected {
  readonly fleets: readonly StationFleet[];
  readonly accepted: Acceptances;
  /** `process/pile`. */
  readonly piles: readonly string[];
}

async function connect(deployment: Deployment): Promise<Connected> {
  const accepted = new Acceptances();
  const fleets: StationFleet[] = [];
  const piles: string[] = [];
  for (const { name: process } of deployment.running('cp')) {
    const { config, path } = await loadConfig(deployment.layout.roleConfig(process), cpConfigSchema);
    const { ocpp } = config;
    if (!ocpp) throw new CodedError('E_STATION_CONFIG', `${process} has no stations configured`);
    const names = config.piles.map(({ name }) => name);
    piles.push(...names.map((name) => `${process}/${name}`));
    fleets.push(
      await StationFleet.start({
        names,
        url: `ws://${ocpp.listen}`,
        password: (name) => readPassword(path(ocpp.passwords), name),
        clock: speedClock(),
        meterSeconds: 60,
        callMs: 30_000,
        reconnectMs: 500,
        accepted: (name, action, payload) => {
          if (action === 'SetChargingProfile') accepted.heard(name, payload);
        },
      }),
    );
  }
  const isOnline = (): boolean => fleets.reduce((sum, { online }) => sum + online, 0) === piles.length;
  await until(isOnline, START_MS, 'every station to connect');
  return { fleets, accepted, piles };
}

function fleetOf(stations: number): Fleet {
  return {
    vehicles: [{ name: 'WVWZZZ1KZAW000001', contract: 'contract-1', provider: 'esp1', csc: CENTRE }],
    piles: Array.from({ length: stations }, (_, i) => ({
      name: `P${i + 1}`,
      css: GATEWAYS[i % GATEWAYS.length] as string,
    })),
    cscs: [CENTRE],
    providers: ['esp1'],
  };
}

function limitOf({ chargingProfile }: Payload): unknown {
  const schedule =
    isObject(chargingProfile) && (chargingProfile['chargingSchedule'] as [{ [member: string]: unknown }]);
  const periods = schedule ? (schedule[0]['chargingSchedulePeriod'] as [{ limit: number }]) : undefined;
  return periods?.[0].limit;
}

/** @throws CodedError E_BENCH_TIMEOUT */
async function until(isSo: () => boolean, milliseconds: number, what: string): Promise<void> {
  const deadline = Date.now() + milliseconds;
  while (!isSo()) {
    if (Date.now() > deadline) throw new CodedError('E_BENCH_TIMEOUT', `gave up waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
