import type { StationAnswer } from '@chargecast/protocol';

import { CodedError, codeOf } from '../common/errors';
import type { Logger } from '../common/log';
import type { Act, Actuator, Order } from '../opening';
import { billedTransaction } from '../ocpp';
import type { Batch, Store } from '../store';
import type { GroupCommit } from '../store/group-commit';
import type { CallResult } from './answer';
import type { Csms } from './csms';
import { type Dispatch, DispatchLog } from './dispatch-log';
import type { FinalCosts } from './final-costs';
import type { StationJournal } from './journal';
import type { StationSettings } from './settings';
import { type Names, type StationCall, stationCall } from './station-call';
import type { StationTransaction } from './transaction';
import { isWorthTrying } from './verdict';

export interface DispatchParts {
  /** A sub-store of its own; `writes` of the same database. */
  readonly store: Store;
  readonly writes: GroupCommit;
  readonly csms: Pick<Csms, 'call' | 'isConnected'>;
  readonly journal: Pick<StationJournal, 'expect' | 'startedBy' | 'ofSession' | 'transaction'>;
  readonly costs: FinalCosts;
  /** Keeps the piles' states, accounts and notices: what of a command is this process's own to do. */
  readonly records: Actuator;
  readonly settings: Pick<StationSettings, 'attempts' | 'patienceSeconds'>;
  readonly log: Logger;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/**
 * Carries commands out at the piles' charging stations. That a call is made is on disk before it is made; after a crash
 * or a silence the same call is made again, under the same numbers, or the station is asked first where a second call
 * could act twice. What a station settles, by yes or by no, or leaves unsettled for too long, is the command's end.
 */
export class DispatchingActuator implements Actuator {
  readonly #parts: DispatchParts;
  readonly #dispatches: DispatchLog;

  constructor(parts: DispatchParts) {
    this.#parts = parts;
    this.#dispatches = new DispatchLog(parts.store);
  }

  /** @throws CodedError E_STATION_UNSETTLED: to be tried again */
  act(order: Order): Promise<Act> {
    if (order.kind === 'control') return this.#dispatch(order);
    if (order.action === 'CostUpdated') return this.#show(order);
    if (order.action === 'TransactionEvent') return this.#finalCost(order);
    return this.#parts.records.act(order);
  }

  async #dispatch(order: Order): Promise<Act> {
    const { answer, reason, settle } = await this.#settled(order);
    const station = { answer, reason };
    if (answer !== 'accepted') return { ...refusal(station), station, writes: settle };
    const act = await this.#parts.records.act(order);
    return { ...act, station, writes: both(act.writes, settle) };
  }

  /** A cost is booked whether or not the station can show it. */
  async #show(booked: Order, shown = booked): Promise<Act> {
    const { answer, reason, settle } = await this.#settled(shown);
    const act = await this.#parts.records.act(booked);
    return { ...act, station: { answer, reason }, writes: both(act.writes, settle) };
  }

  /** Given to the station in its answer to TransactionEvent(Ended), or as a cost update once that has gone. */
  async #finalCost(order: Order): Promise<Act> {
    const { costs, records, writes } = this.#parts;
    const named = billedTransaction(order.action, order.payload);
    const totalCost = Number(order.payload['totalCost']);
    await writes.commit((batch) => costs.expect(order.unit, named, totalCost, batch));
    const transaction = await this.#transaction(order, named).catch(() => undefined);
    if (transaction?.endedAt === undefined) return records.act(order);
    return this.#show(order, { ...order, action: 'CostUpdated', payload: { totalCost, transactionId: named } });
  }

  /** The station's last word on a command, and the writes that end it. @throws CodedError E_STATION_UNSETTLED */
  async #settled(order: Order): Promise<StationAnswer & { readonly settle: (batch: Batch) => void }> {
    const { log, now, settings, writes } = this.#parts;
    const key = `${order.sender} ${order.commandId} ${order.unit}`;
    const before = await this.#dispatches.dispatch(key, now());
    const { call, result, after } = await this.#try(order, key, before);
    const station = { answer: result.answer, reason: result.reason };
    const isTooLateToShow = order.kind === 'billing' && station.reason === 'NotConnected';
    if (!isTooLateToShow && isWorthTrying(after, station, settings, now())) {
      await writes.commit((batch) => this.#dispatches.keep(key, { ...after, last: station }, batch));
      throw new CodedError(
        'E_STATION_UNSETTLED',
        `a station has not settled a command (${station.reason}): it is asked again`,
      );
    }
    log.info({ ...station, calls: after.calls }, 'a station settled a command');
    const settle = (batch: Batch): void => {
      this.#dispatches.forget(key, batch);
      if (station.answer === 'accepted' && call) this.#keep(order, call, after.sequence, batch);
    };
    return { ...station, settle };
  }

  async #try(
    order: Order,
    key: string,
    before: Dispatch,
  ): Promise<{ call?: StationCall; result: CallResult; after: Dispatch }> {
    let call: StationCall;
    try {
      call = await stationCall(order, this.#names(order));
    } catch (error) {
      return { result: untranslated(error), after: { ...before, calls: before.calls + 1 } };
    }
    const known = before.calls === 0 ? undefined : await this.#known(order, call);
    if (known) return { call, result: known, after: before };
    if (await this.#dispatches.isOutdated(order.unit, call.yieldsTo, before.sequence)) {
      return { call, result: { answer: 'rejected', reason: 'Superseded' }, after: before };
    }
    if (call.isMoot) return { call, result: { answer: 'accepted', reason: 'Unknown' }, after: before };
    if (!this.#parts.csms.isConnected(order.unit)) {
      return { call, result: { answer: 'unanswered', reason: 'NotConnected' }, after: before };
    }
    const after: Dispatch = { sequence: before.sequence, since: before.since, calls: before.calls + 1 };
    await this.#parts.writes.commit((batch) => {
      this.#dispatches.keep(key, after, batch);
      if (call.remoteStartId !== undefined) this.#expect(order, call.remoteStartId, batch);
    });
    const result = await this.#parts.csms.call(order.unit, call.action, call.payload);
    return { call, result: cleared(call, result), after };
  }

  /** What became of an earlier call of this command, where calling again could act twice. */
  async #known(order: Order, call: StationCall): Promise<CallResult | undefined> {
    const { journal } = this.#parts;
    if (call.action === 'RequestStopTransaction') {
      const transaction = await journal.transaction(order.unit, billedTransaction(call.action, call.payload));
      return transaction?.endedAt === undefined ? undefined : { answer: 'accepted', reason: 'Accepted' };
    }
    if (call.action !== 'RequestStartTransaction') return undefined;
    if (await journal.startedBy(order.unit, order.commandId)) return { answer: 'accepted', reason: 'Accepted' };
    return this.#queued(order);
  }

  /** A start that is not in the journal may stand in the station's queue: then it comes by itself. */
  async #queued({ unit, commandId }: Order): Promise<CallResult | undefined> {
    const { csms, journal } = this.#parts;
    const status = await csms.call(unit, 'GetTransactionStatus', {});
    if (status.answer === 'unanswered') return { answer: 'unanswered', reason: status.reason };
    if (status.answer === 'rejected') return { answer: 'unanswered', reason: 'Unverified' };
    if (await journal.startedBy(unit, commandId)) return { answer: 'accepted', reason: 'Accepted' };
    return status.body?.['messagesInQueue'] === true ? { answer: 'unanswered', reason: 'MessagesInQueue' } : undefined;
  }

  #expect({ unit, commandId, sender, session }: Order, remoteStartId: number, batch: Batch): void {
    const origin = { commandId, sender, ...(session === undefined ? {} : { session }) };
    this.#parts.journal.expect(unit, remoteStartId, origin, batch);
  }

  #keep({ unit, sender }: Order, { sets, profile }: StationCall, sequence: number, batch: Batch): void {
    this.#dispatches.set(unit, sets, sequence, batch);
    if (profile) this.#dispatches.numbered(unit, sender, profile, batch);
  }

  #names(order: Order): Names {
    return {
      transaction: async (given) => (await this.#transaction(order, given)).transactionId,
      profile: (given) => this.#dispatches.profile(order.unit, order.sender, given),
    };
  }

  /**
   * The transaction meant by a station's id, or by the id of the charging session it runs under.
   * @throws CodedError E_TRANSACTION_UNKNOWN, E_TRANSACTION_FOREIGN when it is another vehicle's
   */
  async #transaction({ unit, session }: Order, given: string): Promise<StationTransaction> {
    const { journal } = this.#parts;
    const transaction = (await journal.ofSession(given)) ?? (await journal.transaction(unit, given));
    if (transaction?.pile !== unit)
      throw new CodedError('E_TRANSACTION_UNKNOWN', 'no such transaction runs at this pile');
    if (session !== undefined && transaction.origin?.session !== session) {
      throw new CodedError('E_TRANSACTION_FOREIGN', 'the transaction is not of the session the command was sealed for');
    }
    return transaction;
  }
}

/** Why a command could not even be put to its station. An unknown transaction may be on its way. */
function untranslated(error: unknown): CallResult {
  switch (codeOf(error)) {
    case 'E_TRANSACTION_UNKNOWN':
      return { answer: 'rejected', reason: 'UnknownTransaction' };
    case 'E_TRANSACTION_FOREIGN':
      return { answer: 'rejected', reason: 'ForeignTransaction' };
    default:
      throw error;
  }
}

/** What is not there is cleared. */
function cleared({ action }: StationCall, result: CallResult): CallResult {
  return action === 'ClearChargingProfile' && result.reason === 'Unknown' ? { ...result, answer: 'accepted' } : result;
}

function refusal({ answer, reason }: StationAnswer): Pick<Act, 'outcome' | 'code'> {
  if (answer === 'unanswered') return { outcome: 'refused', code: 'E_STATION_UNANSWERED' };
  return { outcome: 'refused', code: reason === 'Superseded' ? 'E_SUPERSEDED' : 'E_STATION_REJECTED' };
}

function both(first: Act['writes'], second: (batch: Batch) => void): (batch: Batch) => void {
  return (batch) => {
    first?.(batch);
    second(batch);
  };
}
