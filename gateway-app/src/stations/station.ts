import { randomUUID } from 'node:crypto';

import type { Payload } from '../station';
import { type Clock } from './clock';
import {
  type ChargingProfile,
  type ClearCriteria,
  type HeldProfile,
  limitAt,
  withoutProfiles,
  withProfile,
} from './charging-profiles';
import { type AnsweredCall, StationConnection } from './connection';
import { Evse, type EvseState, type PluggedVehicle, type RunningTransaction } from './evse';
import { type EventType, statusNotification, transactionEvent, type Trigger } from './notifications';
import { type Outgoing, OutgoingQueue } from './outgoing';

/** What a station must know again after its power was cut. */
export interface StationState {
  /** When this was so, by the station's clock, Unix milliseconds: its time does not go back. */
  readonly at: number;
  readonly evses: readonly EvseState[];
  readonly profiles: readonly HeldProfile[];
  readonly outgoing: readonly Outgoing[];
}

export interface StationOptions {
  readonly name: string;
  /** `ws://host:port` of the CSMS. */
  readonly url: string;
  readonly password: string;
  readonly clock: Clock;
  /** EVSEs, numbered from 1; one if absent. */
  readonly evses?: number;
  /** Seconds of the station's clock between meter values of a transaction. */
  readonly meterSeconds: number;
  /** Milliseconds of the wall's clock. */
  readonly callMs: number;
  readonly reconnectMs: number;
  /** What a former process saved. */
  readonly state?: StationState | undefined;
  readonly save?: (state: StationState) => Promise<void>;
  /** Told of every call that was accepted, when its answer is given. */
  readonly accepted?: (name: string, action: AnsweredCall, payload: Payload) => void;
}

type Answer = (payload: Payload) => Payload;

const ACCEPTED: Payload = { status: 'Accepted' };

/**
 * A simulated OCPP 2.0.1 charging station: boots, meters on its own clock, obeys charging profiles, keeps what it cannot
 * deliver and delivers it in order when it is connected again. It gives energy only to a vehicle that is plugged in, and
 * only in a transaction the CSMS requested.
 */
export class SimulatedStation {
  readonly name: string;
  readonly #options: StationOptions;
  readonly #evses: ReadonlyMap<number, Evse>;
  readonly #connection: StationConnection;
  readonly #outgoing: OutgoingQueue;
  readonly #stop = new AbortController();
  #profiles: readonly HeldProfile[];
  #isBooted = false;
  #opened: (() => void)[] = [];
  #nudge = new AbortController();
  #metering: Promise<void> | undefined;
  #shownCost: number | undefined;
  #meterValues = 0;

  private constructor(options: StationOptions) {
    const { name, clock, state, evses = 1 } = options;
    this.name = name;
    this.#options = options;
    const fresh = Array.from({ length: evses }, (_, at) => ({ id: at + 1, operative: true, meterWh: 0 }));
    this.#evses = new Map((state?.evses ?? fresh).map((each) => [each.id, new Evse(each, clock.now())]));
    this.#profiles = state?.profiles ?? [];
    this.#connection = new StationConnection({
      url: options.url,
      name,
      password: options.password,
      callMs: options.callMs,
      reconnectMs: options.reconnectMs,
      handle: (action, payload) => this.#answer(action as AnsweredCall, payload),
      opened: () => void this.#boot(),
    });
    this.#outgoing = new OutgoingQueue({
      kept: state?.outgoing ?? [],
      save: () => this.#save(),
      call: async (action, payload) => this.#called(payload, await this.#connection.call(action, payload)),
      online: () => this.#online(),
      stopping: this.#stop.signal,
    });
  }

  /** Begins to connect and to meter; what a former process left goes on. */
  static start(options: StationOptions): SimulatedStation {
    const station = new SimulatedStation(options);
    station.#connection.connect();
    station.#metering = station.#meter();
    return station;
  }

  /** Connected, and its boot accepted. */
  get isOnline(): boolean {
    return this.#isBooted && this.#connection.isOpen;
  }

  /** Messages not delivered yet. */
  get waiting(): number {
    return this.#outgoing.waiting.length;
  }

  get profiles(): readonly HeldProfile[] {
    return this.#profiles;
  }

  /** The cost last shown to the user, units of the currency. */
  get shownCost(): number | undefined {
    return this.#shownCost;
  }

  /** @throws RangeError for an EVSE the station does not have */
  evse(id: number): EvseState & { readonly watts: number; readonly registerWh: number } {
    const evse = this.#evse(id);
    return { ...evse.state, watts: evse.watts, registerWh: evse.registerWh };
  }

  /** Meter values the CSMS has acknowledged. */
  get meterValues(): number {
    return this.#meterValues;
  }

  plugIn(id: number, vehicle: PluggedVehicle): void {
    const evse = this.#evse(id);
    evse.change({ vehicle: { ...vehicle, takenWh: 0 } });
    this.#status(evse);
  }

  /** Ends the transaction, if one runs. */
  unplug(id: number): void {
    const evse = this.#evse(id);
    if (evse.state.transaction) this.#end(evse, 'EVDeparted', 'EVDisconnected');
    evse.change({ vehicle: undefined });
    this.#status(evse);
  }

  /** Cuts the line; transactions go on. */
  async goOffline(): Promise<void> {
    this.#isBooted = false;
    await this.#connection.disconnect();
  }

  goOnline(): void {
    this.#connection.connect();
  }

  /** Resolves when what it must know after a power cut is kept, as it is now. */
  async keep(): Promise<void> {
    this.#run();
    await this.#save();
  }

  /** As a power cut: nothing is ended or told. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#nudge.abort();
    for (const resolve of this.#opened.splice(0)) resolve();
    await this.#connection.disconnect();
    await Promise.all([this.#metering, this.#outgoing.stopped()]);
    await this.keep();
  }

  async #boot(): Promise<void> {
    try {
      const chargingStation = { model: 'Simulated', vendorName: 'ChargeCast', serialNumber: this.name.slice(0, 25) };
      const answer = await this.#connection.call('BootNotification', { reason: 'PowerUp', chargingStation });
      if ((answer as { status?: string }).status !== 'Accepted') return void (await this.goOffline());
    } catch {
      return;
    }
    if (!this.#isBooted) for (const evse of this.#evses.values()) this.#status(evse);
    this.#isBooted = true;
    for (const resolve of this.#opened.splice(0)) resolve();
  }

  async #online(): Promise<void> {
    while (!this.isOnline && !this.#stop.signal.aborted) {
      await new Promise<void>((resolve) => this.#opened.push(resolve));
    }
  }

  /** The final cost rides in the answer to the last event of a transaction. */
  #called(payload: Payload, answer: unknown): void {
    if (Array.isArray(payload['meterValue'])) this.#meterValues += payload['meterValue'].length;
    const { totalCost } = (answer ?? {}) as { totalCost?: number };
    if (payload['eventType'] === 'Ended' && totalCost !== undefined) this.#shownCost = totalCost;
  }

  async #answer(action: AnsweredCall, payload: Payload): Promise<Payload> {
    const answer = this.#answers[action](payload);
    await this.#save();
    if ((answer['status'] ?? 'Accepted') === 'Accepted') this.#options.accepted?.(this.name, action, payload);
    return answer;
  }

  readonly #answers: Readonly<Record<AnsweredCall, Answer>> = {
    SetChargingProfile: ({ evseId, chargingProfile }) => {
      const profile = chargingProfile as unknown as ChargingProfile;
      const id = Number(evseId);
      if (id !== 0 && !this.#evses.has(id)) return rejected('UnknownEvse');
      if (profile.chargingProfilePurpose === 'TxProfile' && !this.#runs(id, profile.transactionId)) {
        return rejected('TxNotFound');
      }
      this.#hold({ evseId: id, profile });
      return ACCEPTED;
    },
    ClearChargingProfile: ({ chargingProfileId, chargingProfileCriteria: criteria }) => {
      const kept = withoutProfiles(
        this.#profiles,
        chargingProfileId as number | undefined,
        (criteria ?? {}) as ClearCriteria,
      );
      if (kept.length === this.#profiles.length) return { status: 'Unknown' };
      this.#profiles = kept;
      this.#changed();
      return ACCEPTED;
    },
    RequestStartTransaction: (payload) => this.#requestStart(payload),
    RequestStopTransaction: ({ transactionId }) => {
      const evse = [...this.#evses.values()].find(({ state }) => state.transaction?.transactionId === transactionId);
      if (!evse) return rejected('TxNotFound');
      this.#end(evse, 'RemoteStop', 'Remote');
      return ACCEPTED;
    },
    ChangeAvailability: ({ operationalStatus, evse: place }) => {
      const id = (place as { id?: number } | undefined)?.id;
      const chosen = [...this.#evses.values()].filter(({ state }) => id === undefined || state.id === id);
      if (chosen.length === 0) return rejected('UnknownEvse');
      for (const evse of chosen) {
        evse.change({ operative: operationalStatus === 'Operative' });
        this.#status(evse);
      }
      return chosen.some(({ state }) => state.transaction) ? { status: 'Scheduled' } : ACCEPTED;
    },
    GetTransactionStatus: ({ transactionId }) => {
      const id = transactionId as string | undefined;
      const ongoing = [...this.#evses.values()].some(({ state }) => state.transaction?.transactionId === id);
      return { messagesInQueue: this.#outgoing.holds(id), ...(id === undefined ? {} : { ongoingIndicator: ongoing }) };
    },
    CostUpdated: ({ totalCost }) => {
      this.#shownCost = Number(totalCost);
      return {};
    },
  };

  #requestStart({ evseId, remoteStartId, idToken, chargingProfile }: Payload): Payload {
    const id = Number(remoteStartId);
    const all = [...this.#evses.values()];
    const again = all.find(({ state }) => state.transaction?.remoteStartId === id)?.state.transaction;
    if (again) return { ...ACCEPTED, transactionId: again.transactionId };
    const free = all.filter(({ state }) => state.operative && !state.transaction);
    const evse = free.find(({ state }) => state.vehicle && (evseId === undefined || state.id === evseId));
    if (!evse) return rejected(free.length > 0 ? 'NotPluggedIn' : 'NoFreeEvse');
    const now = this.#options.clock.now();
    const transaction: RunningTransaction = {
      transactionId: randomUUID(),
      remoteStartId: id,
      idToken: idToken as unknown as RunningTransaction['idToken'],
      startedAt: now,
      startWh: evse.registerWh,
      seqNo: 0,
    };
    evse.change({ transaction });
    const profile = chargingProfile as unknown as ChargingProfile | undefined;
    if (profile)
      this.#hold({ evseId: evse.state.id, profile: { ...profile, transactionId: transaction.transactionId } });
    this.#event(evse, 'Started', 'RemoteStart');
    this.#changed();
    return { ...ACCEPTED, transactionId: transaction.transactionId };
  }

  #end(evse: Evse, trigger: Trigger, stoppedReason: string): void {
    const transactionId = evse.state.transaction?.transactionId;
    const at = this.#options.clock.now();
    this.#run(at);
    this.#event(evse, 'Ended', trigger, { stoppedReason });
    evse.change({ transaction: undefined });
    // At the very moment of the last reading, or something would flow that no event tells of.
    this.#run(at);
    this.#profiles = this.#profiles.filter(({ profile }) => profile.transactionId !== transactionId || !transactionId);
    this.#changed();
  }

  #event(evse: Evse, eventType: EventType, triggerReason: Trigger, info: Payload = {}): void {
    const { transaction } = evse.state;
    if (!transaction) return;
    const offline = !this.isOnline;
    const now = this.#options.clock.now();
    const event = transactionEvent(evse, transaction, { eventType, triggerReason, info, offline, now });
    evse.change({ transaction: { ...transaction, seqNo: transaction.seqNo + 1 } });
    this.#outgoing.push('TransactionEvent', event);
  }

  #status({ state }: Evse): void {
    this.#outgoing.push('StatusNotification', statusNotification(state, this.#options.clock.now()));
  }

  #hold(held: HeldProfile): void {
    this.#profiles = withProfile(this.#profiles, held);
    this.#changed();
  }

  #runs(evseId: number, transactionId: string | undefined): boolean {
    const running = this.#evses.get(evseId)?.state.transaction;
    return running !== undefined && (transactionId === undefined || running.transactionId === transactionId);
  }

  /** Meters what flowed and draws what is allowed from now on. */
  #run(at = this.#options.clock.now()): void {
    const charging = [...this.#evses.values()].filter((evse) => evse.isCharging);
    for (const evse of this.#evses.values()) {
      const { id: evseId, transaction } = evse.state;
      const question = transaction && { evseId, at, transaction, charging: charging.length };
      evse.meter(at, question ? limitAt(this.#profiles, question) : 0);
    }
  }

  #changed(): void {
    this.#run();
    this.#nudge.abort();
  }

  async #meter(): Promise<void> {
    const { clock, meterSeconds } = this.#options;
    let due = clock.now() + meterSeconds * 1000;
    while (!this.#stop.signal.aborted) {
      this.#nudge = new AbortController();
      this.#run();
      const full = Math.min(...[...this.#evses.values()].map((evse) => evse.untilFull()));
      await clock.sleep(Math.max(1, Math.min(due - clock.now(), full)), this.#nudge.signal);
      if (this.#stop.signal.aborted) return;
      this.#run();
      if (clock.now() < due) continue;
      due = clock.now() + meterSeconds * 1000;
      for (const evse of this.#evses.values()) this.#event(evse, 'Updated', 'MeterValuePeriodic');
    }
  }

  #evse(id: number): Evse {
    const evse = this.#evses.get(id);
    if (!evse) throw new RangeError(`the station has no EVSE ${id}`);
    return evse;
  }

  async #save(): Promise<void> {
    await this.#options.save?.({
      at: this.#options.clock.now(),
      evses: [...this.#evses.values()].map(({ state }) => state),
      profiles: this.#profiles,
      outgoing: this.#outgoing.waiting,
    });
  }
}

function rejected(reasonCode: string): Payload {
  return { status: 'Rejected', statusInfo: { reasonCode } };
}
