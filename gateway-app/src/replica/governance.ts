import {
  decodeEpochsItem,
  decodeLimitsItem,
  decodeSignedSlotHead,
  type EpochsItem,
  itemLimits,
  type SignedSlotHead,
} from '@chargecast/protocol';
import { fromHex, type Limits } from '@chargecast/signcryption';

import { CodedError } from '../common/errors';
import { type Channel } from '../ledger/port';
import { type Batch, getJson, type Store, toJson } from '../store/store';
import { type Effects } from './effects';
import { type ReplicaEpochs, type ReplicaSlot } from './types';

/** Governance items in force on one channel. */
interface InForce {
  readonly limits?: Limits;
  readonly epochs?: EpochsItem;
  readonly slot?: SignedSlotHead;
}

type Item = keyof InForce;

/** Limits, epochs and the slot head, as each channel holds them; σ are judged by the data chain's. */
export class Governance {
  readonly #store: Store;
  readonly #now: () => number;
  #inForce: Readonly<Record<Channel, InForce>>;

  private constructor(store: Store, now: () => number, inForce: Readonly<Record<Channel, InForce>>) {
    this.#store = store;
    this.#now = now;
    this.#inForce = inForce;
  }

  /** @param now Unix seconds */
  static async open(store: Store, now: () => number): Promise<Governance> {
    const governance = store.sub('governance');
    const [certchain, datachain] = await Promise.all([load(governance, 'certchain'), load(governance, 'datachain')]);
    return new Governance(governance, now, { certchain, datachain });
  }

  /** Adds what a transaction changed to its block's batch. @returns the limits in force after it */
  stage(batch: Batch, channel: Channel, { limits, epochs, slot }: Effects): Limits | undefined {
    const changes = { limits, epochs, slot };
    for (const item of Object.keys(changes) as Item[]) {
      if (changes[item]) batch.put(this.#store, `${channel}:${item}`, toJson(changes[item]));
    }
    const before = this.#inForce[channel];
    const after = {
      ...before,
      ...(limits && { limits: itemLimits(limits) }),
      ...(epochs && { epochs }),
      ...(slot && { slot }),
    };
    this.#inForce = { ...this.#inForce, [channel]: after };
    return after.limits;
  }

  limits(): Limits {
    return this.#present('limits');
  }

  epochs(): ReplicaEpochs {
    const { version, body } = this.#present('epochs');
    const now = this.#now();
    const open = body.accepted.filter(({ closeAt }) => closeAt === undefined || now <= closeAt);
    return { version, current: body.current, accepted: open.map(({ epoch }) => epoch), schedule: body.accepted };
  }

  slot(): ReplicaSlot | undefined {
    const head = this.#inForce.datachain.slot;
    return (
      head && {
        number: head.number,
        epoch: head.epoch,
        recordsRoot: fromHex(head.recordsRoot, 64),
        revocationsRoot: fromHex(head.revocationsRoot, 64),
        certchainBlock: BigInt(head.certchainBlock),
      }
    );
  }

  #present<K extends 'limits' | 'epochs'>(item: K): NonNullable<InForce[K]> {
    const found = this.#inForce.datachain[item] ?? this.#inForce.certchain[item];
    if (!found) {
      throw new CodedError('E_REPLICA_EMPTY', `the chain read so far holds no ${item}: wait until it has caught up`);
    }
    return found;
  }
}

async function load(store: Store, channel: Channel): Promise<InForce> {
  const [limits, epochs, slot] = await Promise.all(
    ['limits', 'epochs', 'slot'].map((item) => getJson<unknown>(store, `${channel}:${item}`)),
  );
  return {
    ...(limits !== undefined && { limits: itemLimits(decodeLimitsItem(limits, 'limits')) }),
    ...(epochs !== undefined && { epochs: decodeEpochsItem(epochs, 'epochs') }),
    ...(slot !== undefined && { slot: decodeSignedSlotHead(slot, 'slot') }),
  };
}
