import { ENTRY_OVERHEAD, type Limits, sigmaBytes } from '@chargecast/signcryption';
import { encodePayload } from '../holder';
import { type Reachable } from './addressing';
import { type OutboxCommand } from './command';

/** One receiver of a σ to be: its commands framed inside one m. */
export interface PlannedReceiver {
  readonly to: Reachable;
  readonly commands: readonly OutboxCommand[];
  readonly message: Uint8Array;
}

export interface Ready {
  readonly command: OutboxCommand;
  readonly to: Reachable;
}

export interface Plan {
  /** Each a σ. */
  readonly sigmas: readonly (readonly PlannedReceiver[])[];
  /** Longer than the largest entry the limits allow: no σ can carry them. */
  readonly oversized: readonly OutboxCommand[];
}

const MAX_FRAMES = 255;

/**
 * Packs waiting commands into σ's: what one receiver gets goes into one m, as far as an entry holds it, and the rest
 * into the next σ; receivers of one epoch whose m falls into one length bucket share a σ, so that nobody's padding grows
 * by another's message.
 */
export function plan(ready: readonly Ready[], limits: Limits, maxReceivers: number): Plan {
  const largest = Math.max(...limits.entryLengths) - ENTRY_OVERHEAD;
  const oversized: OutboxCommand[] = [];
  const packed: PlannedReceiver[][] = [];
  for (const group of byReceiver(ready)) {
    const { messages, rejected } = pack(group, largest);
    oversized.push(...rejected);
    messages.forEach((receiver, round) => (packed[round] ??= []).push(receiver));
  }
  return { sigmas: packed.flatMap((round) => split(round, limits, maxReceivers)), oversized };
}

function byReceiver(ready: readonly Ready[]): Iterable<readonly Ready[]> {
  const groups = new Map<string, Ready[]>();
  for (const each of ready) {
    const group = groups.get(each.to.f);
    if (group === undefined) groups.set(each.to.f, [each]);
    else group.push(each);
  }
  return groups.values();
}

/** One receiver's commands, in order, into as few m as hold them. */
function pack(group: readonly Ready[], largest: number): { messages: PlannedReceiver[]; rejected: OutboxCommand[] } {
  const messages: PlannedReceiver[] = [];
  const rejected: OutboxCommand[] = [];
  let open: PlannedReceiver | undefined;
  for (const { command, to } of group) {
    const alone = encodePayload([frame(command)]);
    if (alone.length > largest) {
      rejected.push(command);
      continue;
    }
    const joined = open && join(open, command, largest);
    if (joined === undefined) {
      if (open !== undefined) messages.push(open);
      open = { to, commands: [command], message: alone };
    } else open = joined;
  }
  if (open !== undefined) messages.push(open);
  return { messages, rejected };
}

function join({ to, commands }: PlannedReceiver, command: OutboxCommand, largest: number): PlannedReceiver | undefined {
  const together = [...commands, command];
  if (together.length > MAX_FRAMES) return undefined;
  const message = encodePayload(together.map(frame));
  return message.length > largest ? undefined : { to, commands: together, message };
}

const frame = ({ id, kind, action, payload }: OutboxCommand): Parameters<typeof encodePayload>[0][number] => ({
  commandId: id,
  kind,
  action,
  payload,
});

function split(receivers: readonly PlannedReceiver[], limits: Limits, maxReceivers: number): PlannedReceiver[][] {
  const alike = new Map<string, { readonly length: number; readonly group: PlannedReceiver[] }>();
  for (const receiver of receivers) {
    const length = limits.entryLengths.find((each) => each >= receiver.message.length + ENTRY_OVERHEAD) as number;
    const key = `${receiver.to.keys.record.epoch} ${length}`;
    const found = alike.get(key);
    if (found === undefined) alike.set(key, { length, group: [receiver] });
    else found.group.push(receiver);
  }
  return [...alike.values()].flatMap(({ length, group }) => chunks(group, capacity(limits, length, maxReceivers)));
}

/** Most receivers of one σ with entries of this length. */
function capacity({ entryCounts, maxSigmaBytes }: Limits, entryLength: number, maxReceivers: number): number {
  const allowed = entryCounts.filter((count) => sigmaBytes(count, entryLength) <= maxSigmaBytes);
  return Math.min(maxReceivers, Math.max(1, ...allowed));
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  const result: T[][] = [];
  for (let at = 0; at < items.length; at += size) result.push(items.slice(at, at + size));
  return result;
}
