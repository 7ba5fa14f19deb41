import { parseAddress } from '../common/config';
import type { Logger } from '../common/log';
import type { Actuator } from '../opening';
import type { Store } from '../store';
import type { GroupCommit } from '../store/group-commit';
import { Csms } from './csms';
import { DispatchingActuator } from './dispatching-actuator';
import { type FinalCost, FinalCosts } from './final-costs';
import { StationJournal } from './journal';
import { StationPasswords } from './passwords';
import type { StationSettings } from './settings';

export interface StationParts {
  /** A sub-store of its own; `writes` of the same database. */
  readonly store: Store;
  readonly writes: GroupCommit;
  readonly settings: StationSettings;
  /** Absolute path of the settings' `passwords`. */
  readonly passwords: string;
  readonly piles: readonly string[];
  /** Keeps the piles' states, accounts and notices. */
  readonly records: Actuator;
  /** Asked when a transaction ends and no centre has named its cost. */
  readonly finalCost?: FinalCost;
  readonly log: Logger;
}

/** The charging stations of a process's piles. */
export interface Stations {
  readonly actuator: Actuator;
  readonly journal: StationJournal;
  readonly csms: Csms;
}

/** Resolves when stations may connect. @throws what {@link Csms.start} and {@link StationPasswords.load} throw */
export async function openStations(parts: StationParts): Promise<Stations> {
  const { store, writes, settings, log } = parts;
  const journal = await StationJournal.open(store.sub('journal'), writes);
  const costs = new FinalCosts(store, parts.finalCost ?? (async (): Promise<undefined> => undefined));
  const csms = await Csms.start({
    ...parseAddress(settings.listen),
    passwords: await StationPasswords.load(parts.passwords, parts.piles),
    journal,
    callMs: settings.callMs,
    heartbeatSeconds: settings.heartbeatSeconds,
    finalCost: (transaction) => costs.of(transaction),
    log,
  });
  const actuator = new DispatchingActuator({
    store: store.sub('dispatch'),
    writes,
    csms,
    journal,
    costs,
    records: parts.records,
    settings,
    log,
    now: Date.now,
  });
  return { actuator, journal, csms };
}
