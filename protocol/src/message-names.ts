/**
 * Names that a message spells by number: a name's number is its place, counted from 0. Those below 24 take one byte, so the
 * messages sent most come first. docs/wire.md lists them too.
 *
 * Append only, and only together with the next message version: a name was spelled as text before it stood here, and one
 * version has one spelling.
 */

/** OCPP 2.0.1 actions the project sends, and its own. */
export const ACTION_NAMES = [
  'CostUpdated',
  'PowerReport',
  'Receipt',
  'SetChargingProfile',
  'ClearChargingProfile',
  'RequestStartTransaction',
  'RequestStopTransaction',
  'ChangeAvailability',
  'TransactionEvent',
  'Bill',
  'PlugIn',
  'Unplug',
  'Announce',
  'DataTransfer',
  'SetDisplayMessage',
] as const;

/** Members of the project's own payloads, and all that OCPP 2.0.1 defines for those of its actions above. */
export const MEMBER_NAMES = [
  'totalCost',
  'transactionId',
  'session',
  'at',
  'powerWatts',
  'energyWh',
  'evseId',
  'chargingProfile',
  'id',
  'stackLevel',
  'chargingProfilePurpose',
  'chargingProfileKind',
  'chargingSchedule',
  'chargingRateUnit',
  'chargingSchedulePeriod',
  'startPeriod',
  'limit',
  'duration',
  'commandId',
  'outcome',
  'sigmaId',
  'station',
  'answer',
  'reason',
  'code',
  'pile',
  'unit',
  'startSchedule',
  'chargingProfileId',
  'remoteStartId',
  'idToken',
  'type',
  'customData',
  'vendorId',
  'terms',
  'currency',
  'startedAt',
  'endedAt',
  'lines',
  'kind',
  'quantity',
  'amountMinor',
  'period',
  'totalMinor',
  'tariff',
  'salt',
  'operationalStatus',
  'evse',
  'connectorId',
  'recurrencyKind',
  'validFrom',
  'validTo',
  'numberPhases',
  'phaseToUse',
  'minChargingRate',
  'salesTariff',
  'salesTariffDescription',
  'numEPriceLevels',
  'salesTariffEntry',
  'relativeTimeInterval',
  'start',
  'ePriceLevel',
  'consumptionCost',
  'startValue',
  'cost',
  'costKind',
  'amount',
  'amountMultiplier',
  'chargingProfileCriteria',
  'groupIdToken',
  'additionalInfo',
  'additionalIdToken',
  'chargingPriority',
  'idTokenInfo',
  'status',
  'cacheExpiryDateTime',
  'language1',
  'language2',
  'personalMessage',
  'updatedPersonalMessage',
  'format',
  'language',
  'content',
  'messageId',
  'data',
  'message',
  'display',
  'name',
  'instance',
  'priority',
  'state',
  'startDateTime',
  'endDateTime',
] as const;

/** One table of names, both ways. */
export class Names {
  readonly #names: readonly string[];
  readonly #numbers: ReadonlyMap<string, number>;

  constructor(names: readonly string[]) {
    this.#names = names;
    this.#numbers = new Map(names.map((name, number) => [name, number]));
  }

  /** The name's number, or the name itself where it has none. */
  spell(name: string): number | string {
    return this.#numbers.get(name) ?? name;
  }

  /** What {@link spell} made of a name; undefined for a number without a name. */
  read(spelled: number | string): string | undefined {
    return typeof spelled === 'string' ? spelled : this.#names[spelled];
  }
}

export const ACTIONS = new Names(ACTION_NAMES);
export const MEMBERS = new Names(MEMBER_NAMES);
