/** Unit costs, read from what the other suites have written. */
import { type CentreResults } from '../centre/centre';
import { type Provenance, readResults } from '../crypto/report';
import { type EndToEndResults } from '../end-to-end/end-to-end';
import { type RegistrationResults } from '../registration/registration';
import { type Stored, type StorageResults } from '../analyses/storage';
import { type Bytes, type UnitCosts } from './plan';

/** A suite has to run first. */
export class NotMeasuredError extends Error {
  readonly code = 'E_NOT_MEASURED';
}

/** @throws NotMeasuredError naming the command that measures what is missing */
export function readUnitCosts(read: (suite: string) => unknown = readResults): UnitCosts {
  const endToEnd = given<EndToEndResults & Provenance>(read, 'end-to-end');
  const storage = given<StorageResults>(read, 'storage');
  const registration = given<RegistrationResults>(read, 'registration');
  const centre = given<CentreResults>(read, 'centre');
  const { ledger } = endToEnd;
  if (storage.ledger !== ledger) {
    throw new NotMeasuredError(
      `end-to-end was measured on ${ledger}, storage on ${storage.ledger}: run npm run bench -- storage --ledger ${ledger}`,
    );
  }
  const registered = ledger === 'fabric' ? registration.fabric : registration.embedded;
  if (!registered) {
    throw new NotMeasuredError(`registration was not measured on ${ledger}: run npm run bench -- registration again`);
  }
  return {
    ledger,
    machineCores: endToEnd.machine.cores,
    organisations: endToEnd.organisations,
    commandsPerSecond: endToEnd.commandsPerSecond,
    receivers: endToEnd.load.receivers,
    registrationsPerSecond: registered.processedPerSecond,
    sigma: storage.stored
      .filter(({ kind }) => kind === 'σ')
      .map(({ items, blockBytes, stateBytes }) => ({ receivers: items, blocks: blockBytes, state: stateBytes })),
    centre: centre.costs.map(({ receivers, all }) => ({ receivers, microseconds: receivers * all })),
    certificate: gathered(storage, 'registration'),
    chargingRecord: gathered(storage, 'charging record'),
  };
}

function given<Results>(read: (suite: string) => unknown, suite: string): Results {
  const results = read(suite);
  if (!results) throw missing(suite);
  return results as Results;
}

function missing(suite: string, ledger?: string): NotMeasuredError {
  const option = ledger === undefined ? '' : ` --ledger ${ledger}`;
  return new NotMeasuredError(`${suite} was not measured here: run npm run bench -- ${suite}${option} first`);
}

/** One of the most that were put into one transaction. */
function gathered({ stored, ledger }: StorageResults, kind: Stored['kind']): Bytes {
  const most = stored.filter((row) => row.kind === kind).at(-1);
  if (!most) throw missing('storage', ledger);
  return { blocks: most.blockBytesPerItem, state: most.stateBytesPerItem };
}
