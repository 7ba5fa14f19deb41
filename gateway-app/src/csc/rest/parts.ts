import { type ConsortiumView } from '../../consortium';
import { type Replica } from '../../replica';
import { type Cursors, type EventLog } from '../../rest';
import { type Store } from '../../store';
import { type Charging } from '../charging';
import { type CscConfig } from '../config';
import { type Curtailment } from '../curtailment';
import { type CommandDesk } from '../desk';
import { type Directory } from '../directory';
import { type Outbox } from '../outbox';
import { type PowerReports } from '../power-reports';
import { type Sessions } from '../sessions';
import { type OperationBook } from './operation-book';

/** What a centre's routes work with. */
export interface CscRestParts {
  readonly name: string;
  readonly store: Store;
  readonly outbox: Outbox;
  readonly desk: CommandDesk;
  readonly curtailment: Curtailment;
  readonly directory: Directory;
  readonly sessions: Sessions;
  readonly power: PowerReports;
  /** Absent where operators do the starting and billing. */
  readonly charging: Charging | undefined;
  readonly usage: CscConfig['usage'];
  readonly replica: Replica;
  readonly consortium: ConsortiumView;
  /** trust.json as it is. */
  readonly trust: unknown;
  readonly events: EventLog;
  readonly operations: OperationBook;
}

/** With what the routes themselves keep. */
export interface CscRoutesParts extends CscRestParts {
  readonly cursors: Cursors;
}
