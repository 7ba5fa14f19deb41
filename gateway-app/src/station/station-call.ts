import { CodedError } from '../common/errors';
import { billedTransaction } from '../ocpp';
import type { Order } from '../opening';
import { commandNumber } from './identifiers';
import { isObject, type Payload } from './messages';

/** A command as the station is to hear it. */
export interface StationCall {
  readonly action: string;
  readonly payload: Payload;
  /** What the station holds that this call changes, once accepted. */
  readonly sets: readonly string[];
  /** This call is out of date once a newer one changed any of these. */
  readonly yieldsTo: readonly string[];
  /** The profile the centre numbered, and its number at the station. */
  readonly profile?: { readonly given: number; readonly derived: number };
  readonly remoteStartId?: number;
  /** Nothing to ask of the station: what is to be cleared was never set. */
  readonly isMoot?: true;
}

/** What the names in a command mean at its station. */
export interface Names {
  /** The station's own id of the transaction a command names. @throws CodedError E_TRANSACTION_… */
  transaction(given: string): Promise<string>;
  /** The number, at the station, of the profile a centre numbered; undefined if it set none. */
  profile(given: number): Promise<number | undefined>;
}

const ANY_PROFILE = 'profiles set';
const ALL_PROFILES = 'profiles cleared';
const INDEPENDENT = { sets: [], yieldsTo: [] } as const;

type Translate = (order: Order, names: Names) => Promise<StationCall>;

/**
 * From a command to a call that may be made twice: a profile and a start are numbered by the command, so that the
 * station knows them again; a transaction is named as the station named it.
 */
const CALLS: Readonly<Record<string, Translate>> = {
  async SetChargingProfile({ payload, ...order }, names) {
    const { profile, given, derived } = await renumbered(payload['chargingProfile'], order, names);
    const { chargingProfilePurpose, stackLevel, transactionId } = profile;
    const place = placeOf('profile', payload['evseId'], chargingProfilePurpose, stackLevel, transactionId);
    return {
      action: 'SetChargingProfile',
      payload: { ...payload, chargingProfile: profile },
      sets: [place, ANY_PROFILE],
      yieldsTo: [place, ALL_PROFILES, placeOf('cleared', order.sender, given)],
      profile: { given, derived },
    };
  },
  async ClearChargingProfile({ payload, sender }, names) {
    const given = payload['chargingProfileId'];
    if (typeof given !== 'number') {
      return { action: 'ClearChargingProfile', payload, sets: [ALL_PROFILES], yieldsTo: [ANY_PROFILE] };
    }
    const derived = await names.profile(given);
    return {
      action: 'ClearChargingProfile',
      payload: { ...payload, chargingProfileId: derived ?? given },
      sets: [placeOf('cleared', sender, given)],
      yieldsTo: [],
      ...(derived === undefined ? { isMoot: true } : {}),
    };
  },
  async RequestStartTransaction({ payload, ...order }, names) {
    const remoteStartId = commandNumber('start', order.sender, order.commandId);
    const body = { ...payload, remoteStartId };
    if (payload['chargingProfile'] === undefined) {
      return { action: 'RequestStartTransaction', payload: body, ...INDEPENDENT, remoteStartId };
    }
    const { profile, given, derived } = await renumbered(payload['chargingProfile'], order, names);
    return {
      action: 'RequestStartTransaction',
      payload: { ...body, chargingProfile: profile },
      ...INDEPENDENT,
      profile: { given, derived },
      remoteStartId,
    };
  },
  async RequestStopTransaction({ action, payload }, names) {
    const transactionId = await names.transaction(billedTransaction(action, payload));
    return { action: 'RequestStopTransaction', payload: { ...payload, transactionId }, ...INDEPENDENT };
  },
  async ChangeAvailability({ payload }) {
    const evse = isObject(payload['evse']) ? payload['evse'] : {};
    const place = placeOf('availability', evse['id'], evse['connectorId']);
    return { action: 'ChangeAvailability', payload, sets: [place], yieldsTo: [place] };
  },
  async CostUpdated({ action, payload }, names) {
    const transactionId = await names.transaction(billedTransaction(action, payload));
    const place = placeOf('cost', transactionId);
    return { action: 'CostUpdated', payload: { ...payload, transactionId }, sets: [place], yieldsTo: [place] };
  },
};

/** @throws CodedError E_OCPP_ACTION for what is no call to a station; what `names` throws */
export function stationCall(order: Order, names: Names): Promise<StationCall> {
  const translate = Object.hasOwn(CALLS, order.action) ? CALLS[order.action] : undefined;
  if (!translate) throw new CodedError('E_OCPP_ACTION', 'this command is no call to a charging station');
  return translate(order, names);
}

async function renumbered(
  profile: unknown,
  { sender, commandId }: Pick<Order, 'sender' | 'commandId'>,
  names: Names,
): Promise<{ profile: Payload; given: number; derived: number }> {
  if (!isObject(profile)) throw new CodedError('E_OCPP_SCHEMA', 'a charging profile is an object');
  const derived = commandNumber('profile', sender, commandId);
  const { id, transactionId } = profile;
  const named = typeof transactionId === 'string' ? { transactionId: await names.transaction(transactionId) } : {};
  return { profile: { ...profile, id: derived, ...named }, given: Number(id), derived };
}

function placeOf(...parts: readonly unknown[]): string {
  return JSON.stringify(parts);
}
