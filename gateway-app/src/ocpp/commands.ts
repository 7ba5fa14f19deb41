import { CodedError } from '../common/errors';
import { checkBill } from './bill';
import { checkSchema } from './schemas';

/** What a command is for: the pile's control, the user's bill, or a notice to a holder. */
export type CommandKind = 'control' | 'billing' | 'notice';

type Check = (payload: unknown) => void;

function call(action: string): readonly [string, Check] {
  return [action, (payload): void => checkSchema(action, 'request', payload)];
}

/** The actions a command of each kind may carry, and the check of its payload. Everything else is refused. */
const actions: Readonly<Record<CommandKind, ReadonlyMap<string, Check>>> = {
  control: new Map([
    call('SetChargingProfile'),
    call('ClearChargingProfile'),
    call('RequestStartTransaction'),
    call('RequestStopTransaction'),
    call('ChangeAvailability'),
  ]),
  billing: new Map<string, Check>([
    call('CostUpdated'),
    ['TransactionEvent', checkFinalCost],
    ['Bill', (payload): void => void checkBill(payload)],
  ]),
  notice: new Map([call('DataTransfer'), call('SetDisplayMessage')]),
};

/**
 * Checks the body of a command before it is sealed and again after it is opened: kind, action and payload together.
 *
 * @throws CodedError E_COMMAND_KIND, E_OCPP_ACTION when the kind has no such action, E_OCPP_SCHEMA with the reason
 */
export function checkCommand(kind: string, action: string, payload: unknown): void {
  if (!isCommandKind(kind)) {
    throw new CodedError(
      'E_COMMAND_KIND',
      `a command is control, billing or notice, not ${JSON.stringify(kind.slice(0, 32))}`,
    );
  }
  const check = actions[kind].get(action);
  if (check === undefined) {
    const allowed = [...actions[kind].keys()].join(', ');
    throw new CodedError('E_OCPP_ACTION', `a ${kind} command is one of ${allowed}; use one of these actions`);
  }
  check(payload);
}

function isCommandKind(kind: string): kind is CommandKind {
  return Object.hasOwn(actions, kind);
}

/** The identifier a billing command charges under, so that one transaction is charged once. */
export function billedTransaction(action: string, payload: unknown): string {
  const body = payload as { transactionId?: unknown; customData?: { transactionId?: unknown } };
  const id = action === 'TransactionEvent' ? body.customData?.transactionId : body.transactionId;
  if (typeof id !== 'string') {
    throw new CodedError('E_OCPP_SCHEMA', `${action} names no transaction; check the command before asking`);
  }
  return id;
}

/**
 * The final cost rides in the response to TransactionEvent(Ended). That response names no transaction, so the
 * transaction it closes is carried in its customData, the standard's own place for extensions.
 */
function checkFinalCost(payload: unknown): void {
  checkSchema('TransactionEvent', 'response', payload);
  const { totalCost, customData } = payload as { totalCost?: number; customData?: { transactionId?: unknown } };
  if (totalCost === undefined) {
    throw new CodedError('E_OCPP_SCHEMA', 'TransactionEvent response needs totalCost when it closes a transaction');
  }
  const id = customData?.transactionId;
  if (typeof id !== 'string' || id.length === 0 || id.length > 36) {
    throw new CodedError(
      'E_OCPP_SCHEMA',
      'TransactionEvent response needs customData.transactionId, 1 to 36 characters, to say what it closes',
    );
  }
}
