/** A pile's stations and the process that commands them, without the ledger in front of it. */
import type { CommandMessage } from '@chargecast/protocol';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NOREPLY, RPCClient } from 'ocpp-rpc';
import { pino } from 'pino';

import { RecordingActuator } from '../cp';
import { type Effect, EffectJournal, Effects } from '../opening';
import { OCPP, openStations, type Payload, readPassword, type Stations, stationSettingsSchema } from '../station';
import { SimulatedStation, speedClock, type StationOptions } from '../stations';
import { openStore, type Store } from '../store';
import { GroupCommit } from '../store/group-commit';

export const PILE = 'P1';
const CENTRE = Uint8Array.from(randomBytes(16));

type Command = Omit<CommandMessage, 'commandId'>;

export interface SceneOptions {
  readonly callMs?: number;
  readonly attempts?: number;
  readonly patienceSeconds?: number;
}

interface Addressed {
  /** Of the vehicle it was sealed for, 16 bytes. */
  readonly session?: Uint8Array;
  readonly id?: string;
  readonly pile?: string;
}

/** One life of the piles' process; {@link StationScene.restart} begins the next. */
export class StationScene {
  readonly directory = mkdtempSync(join(tmpdir(), 'chargecast-stations-'));
  /** Everything the process wrote to its log. */
  readonly log: string[] = [];
  readonly finished: Effect[] = [];
  readonly #options: SceneOptions;
  readonly #piles: readonly string[];
  readonly #closing: (() => Promise<unknown>)[] = [];
  #store!: Store;
  #effects!: Effects;
  #stopping!: AbortController;
  #waiting: (() => void)[] = [];
  #port = 0;
  records!: RecordingActuator;
  stations!: Stations;

  private constructor(options: SceneOptions, piles: readonly string[]) {
    this.#options = options;
    this.#piles = piles;
  }

  static async start(options: SceneOptions = {}, piles: readonly string[] = [PILE]): Promise<StationScene> {
    const scene = new StationScene(options, piles);
    await scene.#begin();
    return scene;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.stations.csms.port}`;
  }

  password(pile = PILE): Promise<string> {
    return readPassword(join(this.directory, 'passwords'), pile);
  }

  /** Takes a command as if it had been opened. */
  async accept(command: Command, { session, id, pile = PILE }: Addressed = {}): Promise<string> {
    const commandId = id ?? randomBytes(16).toString('hex');
    await this.#effects.accept(
      {
        oneTimeKey: Uint8Array.from(randomBytes(32)),
        receiver: new Uint8Array(16),
        sender: { f: CENTRE, role: 4 },
        unit: { name: pile, f: new Uint8Array(16) },
        ...(session ? { session } : {}),
        sigmaId: '00'.repeat(32),
        commands: [{ ...command, commandId }],
        at: 1,
      },
      () => undefined,
    );
    return commandId;
  }

  /** What became of a command in the end. */
  async end(commandId: string): Promise<Effect> {
    for (;;) {
      const found = this.finished.find(({ order }) => order.commandId === commandId);
      if (found) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async act(command: Command, session?: Uint8Array): Promise<Effect> {
    return this.end(await this.accept(command, session ? { session } : {}));
  }

  /** Ends the process as a kill does: what is under way is neither waited for nor written. */
  async crash(): Promise<void> {
    await this.#store.close();
    this.#stopping.abort();
    await this.stations.csms.stop();
  }

  /** Begins anew on the disk's state, at the port it had. */
  async restart(): Promise<void> {
    await this.#begin();
    await this.#effects.resume();
  }

  async simulated(options: Partial<StationOptions> = {}): Promise<SimulatedStation> {
    const station = SimulatedStation.start({
      name: PILE,
      url: this.url,
      password: await this.password(),
      clock: speedClock(),
      meterSeconds: 3600,
      callMs: 5000,
      reconnectMs: 20,
      ...options,
    });
    this.#closing.push(() => station.stop());
    return station;
  }

  async scripted(answers: Answers): Promise<ScriptedStation> {
    const station = new ScriptedStation(answers);
    await station.connect(this.url, await this.password());
    this.#closing.push(() => station.disconnect());
    return station;
  }

  async stop(): Promise<void> {
    for (const close of this.#closing) await close();
    this.#stopping.abort();
    await this.stations.csms.stop();
    await this.#effects.settled();
    await this.#store.close();
    rmSync(this.directory, { recursive: true });
  }

  async #begin(): Promise<void> {
    const log = pino({ level: 'trace' }, { write: (line: string) => void this.log.push(line) });
    this.#stopping = new AbortController();
    this.#store = await openStore(join(this.directory, 'data'));
    const writes = new GroupCommit(this.#store);
    this.records = new RecordingActuator(this.#store.sub('actuator'));
    this.stations = await openStations({
      store: this.#store.sub('stations'),
      writes,
      settings: stationSettingsSchema.parse({ listen: `127.0.0.1:${this.#port}`, callMs: 5000, ...this.#options }),
      passwords: join(this.directory, 'passwords'),
      piles: this.#piles,
      records: this.records,
      log,
    });
    this.#port = this.stations.csms.port;
    this.#effects = new Effects({
      journal: await EffectJournal.open(this.#store.sub('journal'), writes),
      actuator: this.stations.actuator,
      owe: () => undefined,
      owed: () => undefined,
      finished: (effect) => {
        this.finished.push(effect);
        for (const resolve of this.#waiting.splice(0)) resolve();
      },
      log,
      stopping: this.#stopping.signal,
    });
  }
}

type Answer =
  Payload | Error | 'silence' | ((payload: Payload, station: ScriptedStation) => Payload | Error | 'silence');
export type Answers = Readonly<Record<string, Answer>>;

/** A station that answers what a test says, over a real WebSocket; not strict, so that it can be wrong. */
export class ScriptedStation {
  readonly calls: { readonly action: string; readonly payload: Payload }[] = [];
  answers: Answers;
  #client: InstanceType<typeof RPCClient> | undefined;

  constructor(answers: Answers) {
    this.answers = answers;
  }

  async connect(endpoint: string, password: string): Promise<void> {
    const options = { endpoint, identity: PILE, password, protocols: [OCPP], strictMode: false, reconnect: false };
    const client = new RPCClient(options as ConstructorParameters<typeof RPCClient>[0]);
    this.#client = client;
    client.handle(async ({ method = '', params = {} }) => {
      this.calls.push({ action: method, payload: params as Payload });
      const answer = this.answers[method];
      const given = typeof answer === 'function' ? answer(params as Payload, this) : answer;
      if (given === undefined) throw Object.assign(new Error('no'), { rpcErrorCode: 'NotImplemented' });
      if (given instanceof Error) throw given;
      return given === 'silence' ? NOREPLY : given;
    });
    await client.connect();
  }

  async tell(action: string, payload: unknown): Promise<Payload> {
    return (await this.#client?.call(action, payload)) as Payload;
  }

  called(action: string): readonly Payload[] {
    return this.calls.filter((call) => call.action === action).map(({ payload }) => payload);
  }

  async disconnect(): Promise<void> {
    await this.#client?.close({ force: true });
  }
}

/** The bodies of commands that piles get. */
export const commands = {
  limit: (limit: number, evseId = 0): Command => ({
    kind: 'control',
    action: 'SetChargingProfile',
    payload: { evseId, chargingProfile: stationLimit(limit) },
  }),
  start: (): Command => ({
    kind: 'control',
    action: 'RequestStartTransaction',
    payload: { remoteStartId: 1, idToken: { idToken: 'ISO-CONTRACT', type: 'Central' } },
  }),
  stop: (transactionId: string): Command => ({
    kind: 'control',
    action: 'RequestStopTransaction',
    payload: { transactionId },
  }),
  clear: (chargingProfileId: number): Command => ({
    kind: 'control',
    action: 'ClearChargingProfile',
    payload: { chargingProfileId },
  }),
  available: (isOperative: boolean): Command => ({
    kind: 'control',
    action: 'ChangeAvailability',
    payload: { operationalStatus: isOperative ? 'Operative' : 'Inoperative' },
  }),
  cost: (totalCost: number, transactionId: string): Command => ({
    kind: 'billing',
    action: 'CostUpdated',
    payload: { totalCost, transactionId },
  }),
  finalCost: (totalCost: number, transactionId: string): Command => ({
    kind: 'billing',
    action: 'TransactionEvent',
    payload: { totalCost, customData: { vendorId: 'chargecast', transactionId } },
  }),
};

export function stationLimit(limit: number, id = 7): { [member: string]: never } {
  return {
    id,
    stackLevel: 0,
    chargingProfilePurpose: 'ChargingStationMaxProfile',
    chargingProfileKind: 'Absolute',
    chargingSchedule: [{ id: 1, chargingRateUnit: 'W', chargingSchedulePeriod: [{ startPeriod: 0, limit }] }],
  } as unknown as { [member: string]: never };
}
