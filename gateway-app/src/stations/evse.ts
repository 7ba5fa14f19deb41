/** A vehicle as a charging point feels it. */
export interface PluggedVehicle {
  /** Wh it takes until it is full; without bound if absent. */
  readonly energyWh?: number;
  /** W it draws at most. */
  readonly maxW: number;
}

export interface RunningTransaction {
  readonly transactionId: string;
  readonly remoteStartId?: number;
  readonly idToken: { readonly idToken: string; readonly type: string };
  /** Unix milliseconds, by the station's clock. */
  readonly startedAt: number;
  /** The register at its start, Wh. */
  readonly startWh: number;
  readonly seqNo: number;
}

/** All a station must know again after its power was cut. */
export interface EvseState {
  readonly id: number;
  readonly operative: boolean;
  /** Import register, Wh. */
  readonly meterWh: number;
  readonly vehicle?: PluggedVehicle & { readonly takenWh: number };
  readonly transaction?: RunningTransaction;
}

/** One charging point with one connector: a register that runs with the power drawn. */
export class Evse {
  #state: EvseState;
  #watts = 0;
  #meteredAt: number;

  /** @param now Unix milliseconds by the station's clock */
  constructor(state: EvseState, now: number) {
    this.#state = state;
    this.#meteredAt = now;
  }

  get state(): EvseState {
    return this.#state;
  }

  /** W drawn since the last {@link meter}. */
  get watts(): number {
    return this.#watts;
  }

  /** The register, whole Wh. */
  get registerWh(): number {
    return Math.round(this.#state.meterWh);
  }

  get isCharging(): boolean {
    return this.#state.transaction !== undefined && this.#state.vehicle !== undefined;
  }

  change(change: Partial<EvseState>): void {
    this.#state = { ...this.#state, ...change };
  }

  /** Lets the register run to `now` at the power drawn so far, then draws at most `limitW`. */
  meter(now: number, limitW: number): void {
    const { vehicle } = this.#state;
    if (vehicle && this.#watts > 0) {
      const flowed = (this.#watts * (now - this.#meteredAt)) / 3_600_000;
      const taken = Math.min(flowed, this.#wanted());
      this.change({
        meterWh: this.#state.meterWh + taken,
        vehicle: { ...vehicle, takenWh: vehicle.takenWh + taken },
      });
    }
    this.#meteredAt = now;
    this.#watts = this.isCharging && this.#wanted() > 0 ? Math.min(limitW, vehicle?.maxW ?? 0) : 0;
  }

  /** Milliseconds until the vehicle is full at the present power. */
  untilFull(): number {
    return this.#watts > 0 ? (this.#wanted() / this.#watts) * 3_600_000 : Infinity;
  }

  #wanted(): number {
    const { vehicle } = this.#state;
    return vehicle ? (vehicle.energyWh ?? Infinity) - vehicle.takenWh : 0;
  }
}
