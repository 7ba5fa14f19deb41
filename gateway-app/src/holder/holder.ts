import {
  encodeRecord,
  type HolderKey,
  isAllowed,
  ready,
  type Receiver,
  type Secret,
  signcrypt,
  type Signcrypted,
} from '@chargecast/signcryption';
import { CodedError, codeOf } from '../common/errors';
import { type Store } from '../store';
import { deviceSecret, eraseIdentity, identityOf, storedEpochs } from './identity';
import { holderRoleCode, splitName } from './real-identity';
import { insist, type Patience } from './retry';
import { type Holder, type HolderOptions } from './types';
import { Wallet } from './wallet';

const DEFAULT_PATIENCE = 120_000;
const DEFAULT_CREDENTIALS = { batch: 32, low: 8 };
/** The epochs are compared with those entered so often, milliseconds, and up to twice that: a fleet does not re-enrol as one. */
const EPOCH_CHECK = 5_000;
/** σ expire at multiples of this, seconds. */
const EXPIRY_STEP = 900;
/** After so long a published record that does not count is published again, milliseconds. */
const PUBLICATION = 15_000;
const MAX_CLASS = 255;

/**
 * Enrols with the KGC where that is not done yet, has the record published, and resolves when the local replica says
 * that it counts. Safe to repeat after a crash at any moment.
 * @throws CodedError, RpcError with the code of whoever refused, when patience ends or the refusal is final
 */
export async function openHolder(options: HolderOptions): Promise<Holder> {
  await ready();
  const holder = new EnrolledHolder(options, await deviceSecret(options.store, 'hedge'));
  await holder.followEpochs();
  return holder;
}

interface EpochKeys {
  readonly key: HolderKey;
  readonly store: Store;
  /** By sender class, as they come to be used. */
  readonly wallets: Map<number, Promise<Wallet>>;
  readonly opened: Wallet[];
}

class EnrolledHolder implements Holder {
  readonly role;
  readonly name;
  readonly #options: HolderOptions;
  readonly #hedge: Secret;
  readonly #stopping = new AbortController();
  readonly #signal: AbortSignal;
  readonly #timer: NodeJS.Timeout;
  readonly #epochs = new Map<number, EpochKeys>();
  #following: Promise<void> | undefined;

  constructor(options: HolderOptions, hedge: Secret) {
    this.role = options.role;
    this.name = options.name;
    this.#options = options;
    this.#hedge = hedge;
    const { signal } = this.#stopping;
    this.#signal = options.signal === undefined ? signal : AbortSignal.any([signal, options.signal]);
    const interval = EPOCH_CHECK * (1 + Math.random());
    this.#timer = setInterval(() => void this.#followChanges().catch(this.#report), interval);
    this.#timer.unref();
  }

  get epoch(): number {
    return Math.max(...this.#epochs.keys());
  }

  get epochs(): readonly number[] {
    return [...this.#epochs.keys()];
  }

  get key(): HolderKey {
    return this.#current().key;
  }

  get f(): Uint8Array {
    return this.key.record.f;
  }

  keyOf(epoch: number): HolderKey | undefined {
    return this.#epochs.get(epoch)?.key;
  }

  async seal(receivers: readonly Receiver[], ttl: number): Promise<Signcrypted> {
    const { replica } = this.#options;
    const { params } = replica;
    const limits = replica.limits();
    const keys = this.#epochFor(receivers, ttl);
    const wallet = await this.#wallet(keys, this.#classFor(receivers));
    return wallet.use((credential, spent) =>
      signcrypt({ params, limits, sender: keys.key, credential, hedge: this.#hedge, receivers, ttl, spent }),
    );
  }

  followEpochs(): Promise<void> {
    this.#following ??= this.#follow().finally(() => (this.#following = undefined));
    return this.#following;
  }

  credentialsLeft(): number {
    return this.#current().opened.reduce((sum, wallet) => sum + wallet.left, 0);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopping.abort();
    await this.#following?.catch(() => undefined);
    for (const { opened } of this.#epochs.values()) for (const wallet of opened) await wallet.settle();
  }

  /** While an epoch is rolled over, receivers that have not changed yet are still sealed to in the one before. */
  #epochFor(receivers: readonly Receiver[], ttl: number): EpochKeys {
    const epoch = receivers[0]?.keys.record.epoch ?? this.epoch;
    const keys = this.#epochs.get(epoch);
    if (keys === undefined) throw new CodedError('E_EPOCH', `this holder has no record of epoch ${epoch}`);
    const closeAt = this.#options.replica.epochs().schedule.find((each) => each.epoch === epoch)?.closeAt;
    const expiry = Math.ceil((Date.now() / 1000 + ttl) / EXPIRY_STEP) * EXPIRY_STEP;
    if (closeAt !== undefined && expiry > closeAt) {
      throw new CodedError('E_EPOCH', `epoch ${epoch} closes before σ would expire; its receivers change to the next`);
    }
    return keys;
  }

  async #followChanges(): Promise<void> {
    const accepted = this.#options.replica.epochs().accepted;
    const isKnown = accepted.includes(this.epoch) && this.epoch === Math.max(...accepted);
    if (!isKnown || [...this.#epochs.keys()].some((epoch) => !accepted.includes(epoch))) await this.followEpochs();
  }

  async #follow(): Promise<void> {
    const { replica, store } = this.#options;
    const accepted = await insist(async () => replica.epochs().accepted, this.#patience());
    const newest = Math.max(...accepted);
    for (const epoch of await storedEpochs(store)) {
      if (accepted.includes(epoch) && epoch !== newest) await this.#enter(epoch);
      else if (!accepted.includes(epoch)) await this.#leave(epoch);
    }
    await this.#enter(newest);
  }

  async #enter(epoch: number): Promise<void> {
    if (this.#epochs.has(epoch)) return;
    const { replica, store, publisher } = this.#options;
    const patience = this.#patience();
    const identity = { ...this.#options, params: replica.params };
    let key = await identityOf(identity, epoch, patience);
    if ((await replica.record(key.record.f))?.revoked === true) {
      await eraseIdentity(store, epoch);
      key = await identityOf(identity, epoch, patience);
    }
    const record = encodeRecord(key.record);
    if (!(await this.#counts(key.record.f))) {
      await insist(async () => {
        await publisher.publish(record, this.#signal, splitName(this.name).unit);
        const soon = Math.min(patience.until, Date.now() + PUBLICATION);
        await insist(() => this.#ensureCounts(key.record.f), { ...patience, until: soon });
      }, patience);
    }
    this.#epochs.set(epoch, { key, store: store.sub(`credentials-${epoch}`), wallets: new Map(), opened: [] });
    this.#options.entered?.(this);
  }

  /** After a closed epoch nothing sealed in it can be opened, not even by its holder. */
  async #leave(epoch: number): Promise<void> {
    this.#epochs.get(epoch)?.key.q.erase();
    this.#epochs.delete(epoch);
    await eraseIdentity(this.#options.store, epoch);
  }

  async #counts(f: Uint8Array): Promise<boolean> {
    const found = await this.#options.replica.record(f);
    if (found?.revoked === true) {
      throw new CodedError('E_RECORD_REVOKED', 'this holder’s pseudo-identity is revoked; have it enrolled anew');
    }
    return found?.keys !== undefined;
  }

  async #ensureCounts(f: Uint8Array): Promise<void> {
    if (!(await this.#counts(f))) {
      throw new CodedError('E_RECORD_NOT_COUNTED', 'the own record does not count on the ledger yet');
    }
  }

  #current(): EpochKeys {
    const current = this.#epochs.get(this.epoch);
    if (current === undefined) throw new CodedError('E_EPOCH', 'this holder is enrolled for no accepted epoch');
    return current;
  }

  /** The lowest class under which this role may address all these receivers. */
  #classFor(receivers: readonly Receiver[]): number {
    const limits = this.#options.replica.limits();
    const sender = holderRoleCode(this.role);
    const roles = new Set(receivers.map(({ keys }) => keys.record.role));
    for (let senderClass = 0; senderClass <= MAX_CLASS; senderClass++) {
      if ([...roles].every((receiver) => isAllowed(limits, sender, senderClass, receiver))) return senderClass;
    }
    throw new CodedError('E_NOT_ALLOWED', `the limits let no ${this.role} address these receivers in one σ`);
  }

  #wallet({ key, store, wallets, opened }: EpochKeys, senderClass: number): Promise<Wallet> {
    const known = wallets.get(senderClass);
    if (known !== undefined) return known;
    const loading = Wallet.load({
      params: this.#options.replica.params,
      key,
      senderClass,
      store: store.sub(`class-${senderClass}`),
      kgc: this.#options.kgc,
      introduce: () => this.#introduce(key),
      ...(this.#options.credentials ?? DEFAULT_CREDENTIALS),
      patience: () => this.#patience(),
      onRefillFailure: this.#report,
    }).then((wallet) => {
      opened.push(wallet);
      return wallet;
    });
    wallets.set(senderClass, loading);
    return loading;
  }

  /** The request is refused, for the record counts; by then the KGC knows again whose it is. */
  async #introduce({ record: { epoch, X } }: HolderKey): Promise<void> {
    const { unit } = splitName(this.name);
    try {
      await this.#options.kgc.enrol({ epoch, x: X, pop: new Uint8Array(64), unit });
    } catch (error) {
      if (codeOf(error) !== 'E_ENROL_REPEATED') throw error;
    }
  }

  #patience(): Patience {
    return { signal: this.#signal, until: Date.now() + (this.#options.patience ?? DEFAULT_PATIENCE) };
  }

  readonly #report = (error: unknown): void => {
    if (!this.#signal.aborted) this.#options.logger.warn({ err: error }, 'enrolment or refill is delayed');
  };
}
