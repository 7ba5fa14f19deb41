import type { PlugReport, PowerReport, UnplugReport } from '@chargecast/protocol';
import { toHex } from '@chargecast/signcryption';

import { pause } from '../common/abort';
import { CodedError } from '../common/errors';
import { KeyedLock } from '../common/keyed-lock';
import type { Owned } from '../registration';
import type { OwnSession } from '../rpc';
import type { OpenPlug } from './open-plug';
import type { OwnSessions } from './own-sessions';
import type { Reports, VehicleReport } from './reports';
import { Stay, type StayParts } from './stay';

export interface VehicleParts extends Omit<StayParts, 'opened'> {
  readonly name: string;
  readonly sessions: OwnSessions;
  /** What belongs to its owner. @throws CodedError E_VEHICLE_CERTIFICATE */
  readonly owner: () => Promise<Owned>;
  readonly reports: Reports;
  /** Seconds a plug-in is tried while the other side is not ready. */
  readonly plugInSeconds: number;
  /** Unix seconds. */
  readonly now: () => number;
}

/** How long a call waits for the centre to have its report; longer, and the report follows. */
const PROMPT_MS = 3_000;

/**
 * A vehicle's unit: keeps its keys, plugs in under its pseudonym, reports to its centre, and lends entry keys while it is plugged
 * in. A broken connection is made again with the same session; unplugging ends everything at once.
 */
export class Vehicle {
  readonly #parts: VehicleParts;
  readonly #stayParts: StayParts;
  readonly #turns = new KeyedLock();
  #stay: Stay | undefined;
  /** Pile at which the session is being opened anew for the next epoch. */
  #changing: string | undefined;

  constructor(parts: VehicleParts) {
    this.#parts = parts;
    this.#stayParts = { ...parts, opened: (pile, plug, epoch) => this.#opened(pile, plug, epoch) };
  }

  get name(): string {
    return this.#parts.name;
  }

  /** The vehicle's pseudo-identity in the current epoch. */
  get f(): Uint8Array {
    return this.#parts.holder.f;
  }

  /** Where the vehicle is plugged in. */
  get plug(): OpenPlug | undefined {
    return this.#parts.state.plug;
  }

  /** Its sessions, ended ones too. */
  sessions(): AsyncIterable<OwnSession> {
    return this.#parts.sessions.all();
  }

  owner(): Promise<Owned> {
    return this.#parts.owner();
  }

  get isPluggedIn(): boolean {
    return this.#parts.state.plug !== undefined;
  }

  /** Goes on with the session a former process was plugged in under. */
  resume(): void {
    const { plug } = this.#parts.state;
    if (!plug) return;
    this.#stay = new Stay(this.#stayParts, plug.pileName);
    this.#stay.resume();
  }

  /**
   * @param pile `<process>/<pile>`, or one name where a process serves one pile of its own name
   * @returns the session, and who the pile is, as both sides signed it
   * @throws CodedError E_PLUGGED_IN, E_PILE_UNKNOWN, E_PILE_RECORD, E_PLUG_…, or the pile's own refusal
   */
  plugIn(pile: string): Promise<OpenPlug> {
    return this.#alone(async () => {
      if (this.isPluggedIn) throw new CodedError('E_PLUGGED_IN', 'the vehicle is plugged in: unplug it first');
      return this.#plugIn(pile);
    });
  }

  /** @throws CodedError E_NOT_PLUGGED_IN */
  report(powerWatts: number, energyWh: number): Promise<void> {
    return this.#alone(async () => {
      const payload: PowerReport = {
        session: toHex(this.#plug().session),
        powerWatts,
        energyWh,
        at: this.#parts.now(),
      };
      const prepared = this.#parts.reports.prepare(this.#reportOf('PowerReport', this.#plug().epoch, payload));
      await this.#parts.state.keep(prepared.write);
      await promptly(this.#parts.reports.release(prepared));
    });
  }

  /** @throws CodedError E_NOT_PLUGGED_IN */
  unplug(): Promise<void> {
    return this.#alone(async () => {
      this.#changing = undefined;
      await this.#unplug();
    });
  }

  /**
   * Opens the session anew under the next epoch's pseudo-identity, once a message of the longest life would outlive the
   * epoch it was opened in. At the pile that is unplugging and plugging in; nobody can tell the one from the other.
   * @returns whether it did
   * @throws what {@link plugIn} throws; the session is then opened at the next call
   */
  followEpoch(): Promise<boolean> {
    return this.#alone(async () => {
      const { plug } = this.#parts.state;
      if (plug && this.#outlives(plug.epoch)) {
        this.#changing = plug.pileName;
        await this.#unplug();
      }
      if (this.#changing === undefined) return false;
      await this.#plugIn(this.#changing);
      this.#changing = undefined;
      return true;
    });
  }

  /** @param ids of certificates that may have changed */
  async reconsider(ids: ReadonlySet<string>): Promise<void> {
    await this.#stay?.reconsider(ids);
  }

  /** Leaves the connection; the session stays open. */
  async stop(): Promise<void> {
    await this.#stay?.leave();
  }

  /** Whether a message sealed now may outlive the epoch, and the vehicle is enrolled in a newer one. */
  #outlives(epoch: number): boolean {
    const { holder, view, now } = this.#parts;
    if (epoch === holder.epoch) return false;
    const closeAt = view.epochs().schedule.find((each) => each.epoch === epoch)?.closeAt ?? 0;
    return now() + view.limits().maxTtl >= closeAt;
  }

  async #plugIn(pile: string): Promise<OpenPlug> {
    const stay = new Stay(this.#stayParts, pile);
    await stay.begin(Date.now() + this.#parts.plugInSeconds * 1000);
    this.#stay = stay;
    return this.#plug();
  }

  async #unplug(): Promise<void> {
    const { session, epoch } = this.#plug();
    const payload: UnplugReport = { session: toHex(session), at: this.#parts.now() };
    const prepared = this.#parts.reports.prepare(this.#reportOf('Unplug', epoch, payload));
    const ended = this.#stay?.end();
    await this.#parts.state.close(prepared.write);
    await ended;
    this.#stay = undefined;
    await promptly(this.#parts.reports.release(prepared));
  }

  async #opened(pile: string, plug: OpenPlug, epoch: number): Promise<void> {
    const { state, reports, sessions, now } = this.#parts;
    const session = toHex(plug.session);
    const payload: PlugReport = { pile: toHex(plug.pile), session, at: now() };
    const prepared = reports.prepare(this.#reportOf('PlugIn', epoch, payload));
    await state.open(pile, plug, epoch, (batch) => {
      prepared.write(batch);
      sessions.add({ session, ...plug.shown, pile, openedAt: now() }, batch);
    });
    await promptly(reports.release(prepared));
  }

  #reportOf(action: VehicleReport['action'], epoch: number, payload: VehicleReport['payload']): VehicleReport {
    return { vehicle: this.name, epoch, action, payload };
  }

  #plug(): OpenPlug & { readonly epoch: number } {
    const { plug } = this.#parts.state;
    if (!plug) throw new CodedError('E_NOT_PLUGGED_IN', 'the vehicle is not plugged in: plug it in first');
    const { pile, session, shown, epoch } = plug;
    return { pile, session, shown, epoch };
  }

  /** One order of the operator at a time. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.run('', work);
  }
}

async function promptly(taken: Promise<void>): Promise<void> {
  const over = new AbortController();
  await Promise.race([taken.then(() => over.abort()), pause(PROMPT_MS, over.signal)]);
}
