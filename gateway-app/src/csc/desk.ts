import { type Json } from '@chargecast/protocol';
import { randomBytes } from 'node:crypto';
import { CodedError, messageOf } from '../common/errors';
import { Queue } from '../common/queue';
import { encodePayload } from '../holder';
import { checkCommand, type CommandKind } from '../ocpp';
import { type Command, type CommandState } from '../rpc';
import { isOpen, type OutboxCommand } from './command';
import { type NewCommand, type Outbox } from './outbox';

const MAX_COMMANDS = 10_000;
const MAX_CUSTOMER = 256;

export interface SendOptions {
  /** Sealed now, with what waits already; else others may join for a moment first. */
  readonly isUrgent?: boolean;
  /** 16 bytes hex each, one for each command; those that were sent before are not sent again. Default: fresh ones. */
  readonly ids?: readonly string[];
}

/** Where an operator hands commands in and follows them. */
export class CommandDesk {
  readonly #outbox: Outbox;
  readonly #added: (isUrgent: boolean) => void;

  /** @param added called when commands lie in the outbox */
  constructor(outbox: Outbox, added: (isUrgent: boolean) => void) {
    this.#outbox = outbox;
    this.#added = added;
  }

  /**
   * Takes all commands or none; they are on disk when this resolves.
   * @returns their ids, in order
   * @throws CodedError E_COMMAND, E_COMMAND_KIND, E_OCPP_ACTION, E_OCPP_SCHEMA with the schema's reason
   */
  async send(commands: readonly Command[], { isUrgent = false, ids = [] }: SendOptions = {}): Promise<string[]> {
    if (commands.length === 0 || commands.length > MAX_COMMANDS) {
      throw new CodedError('E_COMMAND', `send 1 to ${MAX_COMMANDS} commands at once`);
    }
    const checked = commands.map((command, index) => check(command, index, ids[index]));
    await this.#outbox.add(await this.#unsent(checked, ids.length > 0));
    this.#added(isUrgent);
    return checked.map(({ id }) => id);
  }

  async #unsent(commands: readonly NewCommand[], mayBeKnown: boolean): Promise<readonly NewCommand[]> {
    if (!mayBeKnown) return commands;
    const known = await Promise.all(commands.map(({ id }) => this.#outbox.command(id)));
    return commands.filter((_, index) => known[index] === undefined);
  }

  /**
   * The state of each command now and after every change; ends when all are delivered or have failed.
   * @throws CodedError E_COMMAND_UNKNOWN
   */
  async *follow(ids: readonly string[], signal: AbortSignal): AsyncGenerator<CommandState> {
    const open = new Set(ids);
    const queue = new Queue<OutboxCommand>();
    const unsubscribe = this.#outbox.onChange((command) => {
      if (open.has(command.id)) queue.push(command);
    });
    const close = (): void => queue.close();
    signal.addEventListener('abort', close, { once: true });
    try {
      for (const id of open) {
        const command = await this.#outbox.command(id);
        if (command === undefined)
          throw new CodedError('E_COMMAND_UNKNOWN', 'no such command was sent through this centre');
        queue.push(command);
      }
      if (open.size === 0) return;
      for await (const command of queue) {
        if (!open.has(command.id)) continue;
        yield stateOf(command);
        if (!isOpen(command) && open.delete(command.id) && open.size === 0) return;
      }
    } finally {
      unsubscribe();
      signal.removeEventListener('abort', close);
    }
  }
}

function check(
  { customer, kind, action, payload }: Command,
  index: number,
  id = randomBytes(16).toString('hex'),
): NewCommand {
  try {
    if (customer.length === 0 || customer.length > MAX_CUSTOMER) {
      throw new CodedError('E_COMMAND', `customer must be 1 to ${MAX_CUSTOMER} characters`);
    }
    const body = parse(payload);
    checkCommand(kind, action, body);
    const checked = { id, customer, kind: kind as CommandKind, action, payload: body };
    checkEncodable(checked);
    return checked;
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    throw new CodedError(error.code, `command ${index}: ${error.message}`, { cause: error });
  }
}

/** What no m can carry is refused now, and not found in the outbox when its turn comes. */
function checkEncodable({ id, kind, action, payload }: NewCommand): void {
  try {
    encodePayload([{ commandId: id, kind, action, payload }]);
  } catch (cause) {
    throw new CodedError('E_COMMAND', messageOf(cause), { cause });
  }
}

function parse(payload: string): { readonly [member: string]: Json } {
  let value: unknown;
  try {
    value = JSON.parse(payload);
  } catch {
    throw new CodedError('E_COMMAND', 'the payload is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new CodedError('E_COMMAND', 'the payload is not a JSON object');
  }
  return value as { readonly [member: string]: Json };
}

const stateOf = ({ id, stage, code, sigmaId, station }: OutboxCommand): CommandState => ({
  commandId: id,
  state: stage,
  code,
  sigmaId,
  station: station?.answer ?? '',
  stationReason: station?.reason ?? '',
});
