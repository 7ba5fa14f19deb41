import { fromHex, type HolderKey } from '@chargecast/signcryption';

import { Backoff, pause } from '../common/abort';
import { CodedError, codeOf } from '../common/errors';
import type { Logger } from '../common/log';
import { type Holder, isPassing } from '../holder';
import type { ReplicaView } from '../replica';
import type { Client, PileNotice } from '../rpc';
import { type Credential, type Certificates, type CertificateView, VehicleHandshake } from '../authentication';
import { EntryLender } from './entry-lender';
import { PileConnection } from './pile-connection';
import type { OpenPlug } from './open-plug';
import type { PlugState } from './plug-state';

export interface StayParts {
  readonly holder: Holder;
  readonly view: Pick<ReplicaView, 'params' | 'limits' | 'record' | 'epochs'> & CertificateView;
  /** The vehicle's certificate in force and its key; undefined while its provider refuses it one. */
  readonly credential: () => Credential | undefined;
  /** Shared by the process: what was verified once is known. */
  readonly certificates: Certificates;
  readonly state: PlugState;
  /** The process that serves a pile. @throws CodedError E_PILE_UNKNOWN */
  readonly process: (name: string) => Pick<Client<'Pile'>, 'session'>;
  readonly maxAnswers: number;
  readonly log: Logger;
  readonly noticed: (notice: PileNotice) => void;
  /** A session was opened: stores it, with the report to the centre. */
  readonly opened: (pile: string, plug: OpenPlug, epoch: number) => Promise<void>;
}

const HANDSHAKE_MS = 15_000;
const GOODBYE_MS = 2_000;

/** What the other side grows out of: its replica catches up, its process comes back. */
const PASSING = new Set([
  'E_VEHICLE_RECORD',
  'E_PILE_RECORD',
  'E_PLUG_GONE',
  'E_PLUG_TIMEOUT',
  'E_VEHICLE_GONE',
  'E_AUTH_BUSY',
  'E_AUTH_LATE',
  'E_CERTIFICATE_UNKNOWN',
  'E_CHAIN_STALE',
  'E_PROVIDER_SILENT',
  // The pile's own words when it cannot reach its provider.
  'E_UNREACHABLE',
  'E_DEADLINE',
]);

/** A vehicle's stay at a pile, from plugging in to unplugging, over as many connections as it takes. */
export class Stay {
  readonly pile: string;
  readonly #parts: StayParts;
  readonly #stop = new AbortController();
  #connection: PileConnection | undefined;
  #lender: EntryLender | undefined;
  #running: Promise<void> = Promise.resolve();
  #leaving = false;
  /** ID of the certificate of the station at the other end. */
  #station: string | undefined;

  /** @param pile `<process>/<pile>` */
  constructor(parts: StayParts, pile: string) {
    this.#parts = parts;
    this.pile = pile;
  }

  /**
   * Opens a session.
   * @param until Unix milliseconds: how long to try while the other side is not ready
   * @throws CodedError E_PILE_UNKNOWN, E_PLUG_…, or the pile's own refusal
   */
  async begin(until: number): Promise<void> {
    const backoff = new Backoff(50, 1_000);
    for (;;) {
      try {
        this.#running = this.#run(await this.#connect());
        return;
      } catch (error) {
        if (!this.#isPassing(error) || Date.now() >= until || this.#stop.signal.aborted) throw error;
        await backoff.wait(this.#stop.signal);
      }
    }
  }

  /** Goes on with the session that the state holds. */
  resume(): void {
    this.#running = this.#run(undefined);
  }

  /** Nothing is lent from here on; the pile is told if it is connected. */
  async end(): Promise<void> {
    this.#leaving = true;
    this.#lender?.end();
    this.#connection?.unplug();
    const left = new AbortController();
    if (this.#connection) await Promise.race([this.#running.then(() => left.abort()), pause(GOODBYE_MS, left.signal)]);
    await this.leave();
  }

  /**
   * Lends nothing more to a station whose certificate holds no longer; the connection is made again only once one does.
   * @param ids of certificates that may have changed
   */
  async reconsider(ids: ReadonlySet<string>): Promise<void> {
    if (this.#station === undefined || !ids.has(this.#station)) return;
    if ((await this.#parts.view.statusOf(this.#station, Math.floor(Date.now() / 1000))) === 'valid') return;
    this.#lender?.end();
    await this.#connection?.close();
  }

  /** Gives up the connection; the session stays open. */
  async leave(): Promise<void> {
    this.#lender?.end();
    this.#stop.abort();
    await this.#connection?.close();
    await this.#running;
  }

  async #run(first: PileConnection | undefined): Promise<void> {
    const backoff = new Backoff(100, 1_500);
    const refusals = new Backoff(2_000, 60_000);
    let connection = first;
    while (!this.#stop.signal.aborted && !this.#leaving) {
      let waiting = backoff;
      try {
        connection ??= await this.#reconnect();
        backoff.reset();
        refusals.reset();
        await connection.serve(this.#lender as EntryLender, this.#parts.noticed);
      } catch (error) {
        if (!connection && !this.#isPassing(error)) waiting = refusals;
        if (!this.#leaving && !this.#stop.signal.aborted)
          this.#parts.log.info({ err: error }, 'the pile is gone: connecting again');
      }
      await connection?.close();
      connection = undefined;
      if (!this.#leaving) await waiting.wait(this.#stop.signal);
    }
  }

  #isPassing(error: unknown): boolean {
    return isPassing(error) || PASSING.has(codeOf(error) ?? '');
  }

  /** With the same session, or with a new one if the pile has given that one up. */
  async #reconnect(): Promise<PileConnection> {
    const { plug } = this.#parts.state;
    const resumable = plug && this.#parts.holder.keyOf(plug.epoch) ? plug : undefined;
    try {
      return await this.#connect(resumable);
    } catch (error) {
      if (codeOf(error) !== 'E_SESSION_UNKNOWN') throw error;
      return this.#connect();
    }
  }

  async #connect(resumed?: OpenPlug & { readonly epoch: number }): Promise<PileConnection> {
    const { holder, view, state, maxAnswers, opened } = this.#parts;
    const epoch = resumed?.epoch ?? holder.epoch;
    const key = holder.keyOf(epoch);
    if (!key) throw new CodedError('E_EPOCH', 'the vehicle has no key of an accepted epoch: enrol it');
    const [process = '', pile = ''] = splitPile(this.pile);
    const connection = new PileConnection(this.#parts.process(process), this.#stop.signal);
    try {
      const plug = await this.#inTime(this.#plugIn(connection, key, `${process}/${pile}`, resumed));
      this.#lender?.end();
      this.#lender = new EntryLender({
        params: view.params,
        limits: () => view.limits(),
        key,
        plug,
        maxAnswers,
        count: (answers) => state.count(answers),
      });
      this.#connection = connection;
      if (!resumed) await opened(this.pile, plug, epoch);
      return connection;
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  async #plugIn(
    connection: PileConnection,
    key: HolderKey,
    address: string,
    resumed: OpenPlug | undefined,
  ): Promise<OpenPlug> {
    const { view, certificates } = this.#parts;
    const credential = this.#parts.credential();
    const pile = address.slice(address.indexOf('/') + 1);
    if (!credential) {
      throw new CodedError('E_VEHICLE_CERTIFICATE', 'the vehicle has no certificate: ask its provider why');
    }
    const handshake = new VehicleHandshake({
      credential,
      key,
      view,
      certificates,
      now: () => Math.floor(Date.now() / 1000),
      pile,
      isMeant: ({ tag }) => tag === address,
      ...(resumed && { resumed: { ...resumed, blinding: fromHex(resumed.shown.blinding) } }),
    });
    const { established, shown, station } = await connection.authenticate(handshake);
    this.#station = station.id;
    return { pile: established.pile, session: established.session, shown };
  }

  async #inTime<T>(work: Promise<T>): Promise<T> {
    const over = new AbortController();
    const late = pause(HANDSHAKE_MS, over.signal).then(() => {
      if (!over.signal.aborted) throw new CodedError('E_PLUG_TIMEOUT', 'the pile did not answer in time');
    });
    try {
      return (await Promise.race([work, late])) as T;
    } finally {
      over.abort();
    }
  }
}

function splitPile(pile: string): readonly string[] {
  const slash = pile.indexOf('/');
  return slash < 0 ? [pile, pile] : [pile.slice(0, slash), pile.slice(slash + 1)];
}
