import { type CommandMessage, RECEIPT_ACTION, type Receipt } from '@chargecast/protocol';
import { fromHex, Role } from '@chargecast/signcryption';

import type { Logger } from '../common/log';
import { Outbox } from '../common/outbox';
import { type Centres, encodePayload, fittingParts, type Holder, isPassing } from '../holder';
import type { ReplicaView } from '../replica';
import type { Batch, Store } from '../store';
import type { DoneEffect } from './effect-journal';

/** A receipt as kept; pseudo-identities in lower-case hex. */
interface Owed {
  /** f of the pile or gateway that answers. */
  readonly unit: string;
  /** f of the centre that commanded. */
  readonly centre: string;
  readonly receipt: Receipt;
}

export interface ReceiptParts {
  /** A sub-store of its own. */
  readonly store: Store;
  readonly view: Pick<ReplicaView, 'record' | 'limits'>;
  readonly centres: Centres;
  /** By f, lower-case hex; undefined for one of a closed epoch. */
  readonly unit: (f: string) => Holder | undefined;
  readonly ttlSeconds: number;
  readonly log: Logger;
  readonly stopping: AbortSignal;
  /** Unix seconds. */
  readonly now: () => number;
}

const TOGETHER = 24;

/** Receipts owed to centres: signcrypted under the unit's own credential, several to one centre in one σ, until taken. */
export class Receipts {
  readonly #parts: ReceiptParts;
  readonly #outbox: Outbox<Owed>;
  readonly #tickets = new Map<string, string>();

  private constructor(parts: ReceiptParts, outbox: Outbox<Owed>) {
    this.#parts = parts;
    this.#outbox = outbox;
  }

  static async open(parts: ReceiptParts): Promise<Receipts> {
    const outbox = await Outbox.open<Owed>(parts.store, {
      send: (owed) => send(parts, owed),
      lane: ({ unit, centre }) => `${unit} ${centre}`,
      together: TOGETHER,
      isPassing,
      log: parts.log,
      stopping: parts.stopping,
    });
    return new Receipts(parts, outbox);
  }

  get waiting(): number {
    return this.#outbox.waiting;
  }

  stopped(): Promise<void> {
    return this.#outbox.stopped();
  }

  /** Adds the receipt of a done command to a batch. Only centres get receipts. */
  owe(effect: DoneEffect, batch: Batch): void {
    const { order, unitRecord, senderRole, sigmaId, outcome, code, station } = effect;
    if (senderRole !== Role.CSC) return;
    const receipt: Receipt = {
      commandId: order.commandId,
      outcome,
      ...(code === undefined ? {} : { code }),
      ...(station === undefined ? {} : { station: { answer: station.answer, reason: station.reason } }),
      sigmaId,
      at: this.#parts.now(),
    };
    const { write, ticket } = this.#outbox.prepare({ unit: unitRecord, centre: order.sender, receipt });
    write(batch);
    this.#tickets.set(keyOf(effect), ticket);
  }

  /** Called when that batch is on disk. */
  send(effect: DoneEffect): void {
    const key = keyOf(effect);
    const ticket = this.#tickets.get(key);
    this.#tickets.delete(key);
    if (ticket !== undefined) void this.#outbox.release(ticket);
  }
}

const keyOf = ({ order, sigmaId }: DoneEffect): string => `${order.sender} ${order.commandId} ${sigmaId}`;

async function send(parts: ReceiptParts, owed: readonly Owed[]): Promise<void> {
  const [first] = owed;
  const holder = first && parts.unit(first.unit);
  if (!first || !holder) return;
  const { keys, client } = await parts.centres.byRecord(fromHex(first.centre), parts.view);
  const messages = owed.map(({ receipt }) => ({
    commandId: receipt.commandId,
    kind: 'receipt' as const,
    action: RECEIPT_ACTION,
    payload: bodyOf(receipt),
  }));
  for (const part of fittingParts(messages, parts.view.limits())) {
    const { sigma } = await holder.seal([{ keys, message: encodePayload(part) }], parts.ttlSeconds);
    await client.receipt({ sigma }, { signal: parts.stopping });
  }
}

function bodyOf({ station, ...rest }: Receipt): CommandMessage['payload'] {
  return { ...rest, ...(station === undefined ? {} : { station: { ...station } }) };
}
