import { decodeJson, jsonObject } from '@chargecast/protocol';
import { randomBytes } from 'node:crypto';

import { CodedError } from '../common/errors';
import { encodePayload, type Holder } from '../holder';
import { checkCommand } from '../ocpp';
import type { Act, Actuator, Order } from '../opening';
import type { ReplicaRecord, ReplicaView } from '../replica';
import type { NotifyReply, NotifyRequest } from '../rpc';
import { fromJson, type Store, toJson } from '../store';
import type { Approvals } from './approvals';
import type { HeldSigmas } from './held-sigmas';

export interface NoticeParts {
  readonly holder: () => Holder | undefined;
  readonly approvals: Approvals;
  readonly view: Pick<ReplicaView, 'record'>;
  readonly held: HeldSigmas;
  readonly ttlSeconds: number;
}

/** CSS → CP: a notice, e.g. of maintenance, sealed to a pile's own record and submitted by this gateway itself. */
export class PileNotices {
  readonly #parts: NoticeParts;

  constructor(parts: NoticeParts) {
    this.#parts = parts;
  }

  /** @throws CodedError E_NOT_ENROLLED, E_PILE_UNKNOWN, E_OCPP_…; ProtocolError E_DECODE */
  async send({ pile, action, payload }: NotifyRequest): Promise<NotifyReply> {
    const { held, ttlSeconds } = this.#parts;
    const body = decodeJson(payload, jsonObject, 'payload');
    checkCommand('notice', action, body);
    const holder = this.#parts.holder();
    if (!holder) throw new CodedError('E_NOT_ENROLLED', 'this gateway is not enrolled yet: try again later');
    const found = await this.#newest(pile, holder);
    if (!found?.keys || found.revoked) {
      throw new CodedError(
        'E_PILE_UNKNOWN',
        'no counting record of this pile was approved here: name it <process>/<pile>',
      );
    }
    const commandId = randomBytes(16).toString('hex');
    const message = encodePayload([{ commandId, kind: 'notice', action, payload: body }]);
    const { sigma, id } = await holder.seal([{ keys: found.keys, message }], ttlSeconds);
    await held.hold(sigma, true);
    return { commandId, sigmaId: id };
  }

  /** The pile's record of the newest epoch both have one in. */
  async #newest(pile: string, { epochs }: Holder): Promise<ReplicaRecord | undefined> {
    const { approvals, view } = this.#parts;
    for (const epoch of [...epochs].sort((a, b) => b - a)) {
      const approved = await approvals.pile(pile, epoch);
      const found = approved && (await view.record(approved.f));
      if (found?.keys) return found;
    }
    return undefined;
  }
}

/** What is sealed to the gateway itself: notices are kept; a gateway takes no other command. */
export class NoticeBoard implements Actuator {
  readonly #store: Store;

  /** @param store a sealed sub-store of its own */
  constructor(store: Store) {
    this.#store = store;
  }

  act(order: Order): Promise<Act> {
    if (order.kind !== 'notice') return Promise.resolve({ outcome: 'refused', code: 'E_COMMAND_KIND' });
    const key = `${order.sender} ${order.commandId}`;
    return Promise.resolve({ outcome: 'done', writes: (batch) => void batch.put(this.#store, key, toJson(order)) });
  }

  async *all(): AsyncGenerator<Order, void, undefined> {
    for await (const { value } of this.#store.entries()) yield fromJson<Order>(value);
  }
}
