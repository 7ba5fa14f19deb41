import { ensureWithinLimits, type Params, toHex, type VerifiedSigma, verifySigma } from '@chargecast/signcryption';

import { CodedError } from '../common/errors';
import type { Logger } from '../common/log';
import type { ReplicaView } from '../replica';
import { fromJson, type Store, toJson } from '../store';
import { GroupCommit } from '../store/group-commit';
import type { ItemOutcome } from './relay';

/** A σ this CSS answers for. */
export interface HeldSigma {
  /** σ id, lower-case hex. */
  readonly id: string;
  readonly sigma: Uint8Array;
  /** Unix seconds: promised on the chain by then. */
  readonly deadline: number;
}

/** What stays on disk of every σ ever taken; σ itself only while it is held. */
type Fate =
  | { readonly status: 'held'; readonly deadline: number; readonly submitAt: number }
  | { readonly status: 'committed'; readonly deadline: number; readonly transactionId: string }
  | { readonly status: 'refused'; readonly deadline: number; readonly code: string; readonly message: string };

export interface HoldingSettings {
  /** Seconds from taking a σ to the deadline of its acknowledgement. */
  readonly ackSeconds: number;
  /** Seconds a σ that another CSS is to submit is kept before this one submits it. */
  readonly takeOverSeconds: number;
  /** σ bytes held at once; beyond it senders are asked to come later. */
  readonly maxHeldBytes: number;
}

export const DEFAULT_HOLDING: HoldingSettings = {
  ackSeconds: 120,
  takeOverSeconds: 20,
  maxHeldBytes: 128 * 1024 * 1024,
};

export interface HoldingParts {
  /** A sub-store of its own. */
  readonly store: Store;
  readonly params: Params;
  readonly view: Pick<ReplicaView, 'limits' | 'epochs' | 'isCredentialRevoked' | 'isCredentialSpent' | 'committed'>;
  readonly settings: HoldingSettings;
  readonly log: Logger;
  /** Unix seconds. */
  readonly now: () => number;
  /** Takes a σ whose turn has come; it will be settled. */
  readonly submit: (held: HeldSigma) => void;
}

interface Entry extends HeldSigma {
  readonly verified: VerifiedSigma;
  readonly key: string;
  submitAt: number;
  submitted: boolean;
}

/**
 * The σ's taken from the KGC: checked, on disk before they are acknowledged, and kept until they are seen committed or are
 * refused for good. Those another CSS is to submit wait for the take-over time.
 */
export class HeldSigmas {
  readonly #parts: HoldingParts;
  readonly #sigmas: Store;
  readonly #fates: Store;
  readonly #writes: GroupCommit;
  readonly #held = new Map<string, Entry>();
  /** Y → σ id: one-time keys of held σ's. */
  readonly #keys = new Map<string, string>();
  readonly #taking = new Map<string, Promise<HeldSigma>>();
  readonly #counts = { submitted: 0, committed: 0, refused: 0 };
  #bytes = 0;

  private constructor(parts: HoldingParts) {
    this.#parts = parts;
    this.#sigmas = parts.store.sub('sigma', { largeValues: true });
    this.#fates = parts.store.sub('fate');
    this.#writes = new GroupCommit(parts.store);
  }

  /** Takes up what was held when the process ended. */
  static async open(parts: HoldingParts): Promise<HeldSigmas> {
    const held = new HeldSigmas(parts);
    for await (const { key: id, value: sigma } of held.#sigmas.entries()) {
      const fate = fromJson<Fate>((await held.#fates.get(id)) as Uint8Array);
      if (fate.status !== 'held') continue;
      const verified = verifySigma(parts.params, sigma);
      held.#keep({
        id,
        sigma,
        verified,
        deadline: fate.deadline,
        key: toHex(verified.header.oneTimeKey),
        submitAt: fate.submitAt,
        submitted: false,
      });
    }
    return held;
  }

  get count(): number {
    return this.#held.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Since the process started: σ's this CSS took to the ledger, and held ones that ended, by whomever they were committed. */
  get counts(): Readonly<Record<'submitted' | 'committed' | 'refused', number>> {
    return { ...this.#counts };
  }

  /** A held σ as it was verified, by its id in lower-case hex. */
  verified(id: string): VerifiedSigma | undefined {
    return this.#held.get(id)?.verified;
  }

  /**
   * On disk when it resolves. A σ known already gets the promise it got before.
   * @param submit this CSS is to submit it now
   * @throws SigncryptionError E_SIGMA_…; CodedError E_EPOCH, E_CREDENTIAL_REVOKED, E_CREDENTIAL_SPENT, E_CSS_FULL, or the
   * code with which the endorsers refused this very σ
   */
  async hold(sigma: Uint8Array, submit: boolean): Promise<HeldSigma> {
    const verified = verifySigma(this.#parts.params, sigma);
    const id = toHex(verified.id);
    const known = this.#held.get(id) ?? (await this.#taking.get(id)) ?? (await this.#past(id, sigma));
    if (known) {
      if (submit) this.#advance(id);
      return known;
    }
    const taking = this.#take(id, verified, sigma, submit).finally(() => this.#taking.delete(id));
    this.#taking.set(id, taking);
    return taking;
  }

  /** Submits what has waited for another CSS long enough. */
  takeOver(): void {
    const now = this.#parts.now();
    for (const entry of this.#held.values()) if (entry.submitAt <= now) this.#advance(entry.id);
  }

  isHeld(id: string): boolean {
    return this.#held.has(id);
  }

  /** Forgets those that the chain has already, e.g. committed by another CSS while this one was down. */
  async reconcile(): Promise<void> {
    for (const { id } of [...this.#held.values()]) {
      const found = await this.#parts.view.committed(Buffer.from(id, 'hex'));
      if (found) await this.settle(id, { status: 'committed', transactionId: found.transactionId });
    }
  }

  /** Forgets what became of σ's that are too old to come again. */
  async prune(): Promise<void> {
    const before = this.#parts.now() - this.#parts.view.limits().maxTtl;
    const batch = this.#fates.batch();
    for await (const { key, value } of this.#fates.entries()) {
      const { status, deadline } = fromJson<Fate>(value);
      if (status !== 'held' && deadline < before) batch.del(this.#fates, key);
    }
    if (batch.size > 0) await batch.commit();
  }

  /** Ends the holding of a σ; nothing happens for one not held. */
  async settle(id: string, outcome: ItemOutcome): Promise<void> {
    const entry = this.#held.get(id);
    if (!entry) return;
    this.#forget(entry);
    this.#counts[outcome.status] += 1;
    const { deadline } = entry;
    const fate: Fate =
      outcome.status === 'committed'
        ? { status: 'committed', deadline, transactionId: outcome.transactionId }
        : { status: 'refused', deadline, code: outcome.code, message: outcome.message };
    await this.#writes.commit((batch) => batch.put(this.#fates, id, toJson(fate)).del(this.#sigmas, id));
    if (outcome.status === 'committed') this.#parts.log.info({ sigma: id, tx: outcome.transactionId }, 'committed');
    else this.#parts.log.warn({ sigma: id, code: outcome.code, reason: outcome.message }, 'refused by the endorsers');
  }

  async #take(id: string, verified: VerifiedSigma, sigma: Uint8Array, submit: boolean): Promise<HeldSigma> {
    const { settings, now, log } = this.#parts;
    await this.#ensureAdmissible(verified);
    if (this.#bytes + sigma.length > settings.maxHeldBytes) {
      throw new CodedError('E_CSS_FULL', 'this gateway holds as many bytes as it may: send σ again later or elsewhere');
    }
    const deadline = now() + settings.ackSeconds;
    const submitAt = now() + (submit ? 0 : settings.takeOverSeconds);
    const key = toHex(verified.header.oneTimeKey);
    const entry = { id, sigma, verified, deadline, key, submitAt, submitted: false };
    this.#keep(entry);
    const fate: Fate = { status: 'held', deadline, submitAt };
    try {
      await this.#writes.commit((batch) => batch.put(this.#fates, id, toJson(fate)).put(this.#sigmas, id, sigma));
    } catch (error) {
      this.#forget(entry);
      throw error;
    }
    log.info({ sigma: id, submit }, 'held');
    if (submit) this.#advance(id);
    return entry;
  }

  async #ensureAdmissible(verified: VerifiedSigma): Promise<void> {
    const { view, now } = this.#parts;
    const { epoch, oneTimeKey } = verified.header;
    ensureWithinLimits(verified, view.limits(), now());
    if (!view.epochs().accepted.includes(epoch)) {
      throw new CodedError('E_EPOCH', `epoch ${epoch} is not accepted now: seal σ anew in an accepted one`);
    }
    if (await view.isCredentialRevoked(oneTimeKey)) {
      throw new CodedError('E_CREDENTIAL_REVOKED', 'the one-time credential is revoked: seal σ anew with another');
    }
    const spent = await view.isCredentialSpent(oneTimeKey);
    if (spent || this.#keys.has(toHex(oneTimeKey))) {
      throw new CodedError(
        'E_CREDENTIAL_SPENT',
        'the one-time credential has sealed another σ: seal anew with another',
      );
    }
  }

  /** What became of a σ taken before, or committed by others. @throws CodedError the code it was refused with */
  async #past(id: string, sigma: Uint8Array): Promise<HeldSigma | undefined> {
    const stored = await this.#fates.get(id);
    const fate = stored && fromJson<Fate>(stored);
    if (fate?.status === 'refused') throw new CodedError(fate.code, fate.message);
    if (fate) return { id, sigma, deadline: fate.deadline };
    const found = await this.#parts.view.committed(Buffer.from(id, 'hex'));
    return found && { id, sigma, deadline: this.#parts.now() + this.#parts.settings.ackSeconds };
  }

  #keep(entry: Entry): void {
    this.#held.set(entry.id, entry);
    this.#keys.set(entry.key, entry.id);
    this.#bytes += entry.sigma.length;
  }

  #forget(entry: Entry): void {
    this.#held.delete(entry.id);
    this.#keys.delete(entry.key);
    this.#bytes -= entry.sigma.length;
  }

  #advance(id: string): void {
    const entry = this.#held.get(id);
    if (!entry || entry.submitted) return;
    entry.submitted = true;
    this.#counts.submitted += 1;
    this.#parts.submit(entry);
  }
}
