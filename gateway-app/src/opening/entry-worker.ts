import { ProtocolError } from '@chargecast/protocol';
import { type Role, SigncryptionError, unsigncrypt, type Unsigncrypted } from '@chargecast/signcryption';

import { pause, untilAborted } from '../common/abort';
import { codeOf } from '../common/errors';
import type { Logger } from '../common/log';
import { decodePayload, findSender } from '../holder';
import type { ReplicaView } from '../replica';
import type { EntryKey } from '../rpc';
import type { Batch } from '../store';
import type { OpenedEntry } from './effect-journal';
import type { Effects } from './effects';
import type { LoggedSigma, SigmaLog } from './sigma-log';

/** For whom a worker opens entries, and who has the keys. */
export interface Receiver {
  /** The receiver's pseudo-identity in the σ's epoch; undefined if it has none there. */
  f(sigma: LoggedSigma): Uint8Array | undefined;
  readonly role: Role;
  readonly unit: OpenedEntry['unit'];
  readonly session?: Uint8Array;
  /**
   * The receiver's entry key for each σ, in order; undefined where it gives none. Resolves when there is somebody to ask.
   * @throws if the one asked went away: it is asked again
   */
  keys(sigmas: readonly LoggedSigma[]): Promise<readonly (Pick<EntryKey, 'locator' | 'key'> | undefined)[]>;
  /** Puts the receiver's new place in the chain into a batch. */
  advance(cursor: string, batch: Batch): void;
}

export interface EntryWorkerParts {
  readonly log: SigmaLog;
  readonly view: Pick<ReplicaView, 'params' | 'limits' | 'record' | 'isFresh'>;
  readonly effects: Effects;
  /** Writes a place that comes with no effect. */
  readonly commit: (writes: (batch: Batch) => void) => Promise<void>;
  readonly logger: Logger;
  /** Unix seconds. */
  readonly now: () => number;
  readonly opened: () => void;
  /** An entry was found and did not open to an authentic message. */
  readonly refused: () => void;
}

const HEADERS_AT_ONCE = 64;
const RETRY_MS = 250;
const SENDER_PATIENCE_S = 2;

/**
 * Takes one receiver through the committed σ's in order: unsigncrypt's steps 0 (the slot) to 9. The place in the chain moves in
 * the same batch as the effect it brought, so a crash neither skips nor repeats one.
 */
export class EntryWorker {
  readonly #parts: EntryWorkerParts;
  readonly #receiver: Receiver;
  #cursor: string;
  #stopping = AbortSignal.abort();

  constructor(parts: EntryWorkerParts, receiver: Receiver, cursor: string) {
    this.#parts = parts;
    this.#receiver = receiver;
    this.#cursor = cursor;
  }

  get cursor(): string {
    return this.#cursor;
  }

  /** Ends when `signal` aborts: the vehicle unplugged, or the process stops. */
  async run(signal: AbortSignal): Promise<void> {
    const { log, logger } = this.#parts;
    this.#stopping = signal;
    while (!signal.aborted) {
      const changed = log.changed();
      const sigmas = await log.behind(this.#cursor, HEADERS_AT_ONCE);
      if (sigmas.length === 0) {
        await untilAborted(changed, signal);
        continue;
      }
      try {
        if (this.#isFresh()) await this.#pass(sigmas, signal);
        else await pause(RETRY_MS, signal);
      } catch (error) {
        if (signal.aborted) return;
        logger.info({ err: error }, 'a receiver is asked again');
        await pause(RETRY_MS, signal);
      }
    }
  }

  /** Without a recent slot head this replica may be kept from a revocation: do not act on what it says. */
  #isFresh(): boolean {
    return this.#parts.view.isFresh(this.#parts.now());
  }

  async #pass(sigmas: readonly LoggedSigma[], signal: AbortSignal): Promise<void> {
    const keys = await untilAborted(this.#receiver.keys(sigmas), signal);
    for (const [i, sigma] of sigmas.entries()) {
      if (signal.aborted || keys === undefined) return;
      const key = keys[i];
      const entry = key && (await this.#open(sigma, key));
      if (entry) await this.#take(entry, sigma.position);
      else this.#cursor = sigma.position;
    }
    await this.#parts.commit((batch) => this.#receiver.advance(this.#cursor, batch));
  }

  async #take(entry: OpenedEntry, position: string): Promise<void> {
    this.#parts.opened();
    await this.#parts.effects.accept(entry, (batch) => this.#receiver.advance(position, batch));
    this.#cursor = position;
  }

  async #open(sigma: LoggedSigma, key: Pick<EntryKey, 'locator' | 'key'>): Promise<OpenedEntry | undefined> {
    const { view, logger } = this.#parts;
    const f = this.#receiver.f(sigma);
    if (!f) return undefined;
    try {
      const opened = await unsigncrypt({
        params: view.params,
        limits: view.limits(),
        verified: sigma.verified,
        receiver: { f, role: this.#receiver.role },
        entryKey: { locator: Uint8Array.from(key.locator), key: Uint8Array.from(key.key) },
        findSender: (sender) => this.#findSender(sender),
      });
      return opened === null ? undefined : this.#entryOf(sigma, opened, f);
    } catch (error) {
      if (!isFinal(error)) throw error;
      logger.warn({ sigma: sigma.id, code: codeOf(error) }, 'an entry was found and did not open');
      this.#parts.refused();
      return undefined;
    }
  }

  /** The two chains arrive apart from each other: a new sender's record may come a moment after its first σ. */
  async #findSender(f: Uint8Array): ReturnType<typeof findSender> {
    const { view, now } = this.#parts;
    const until = now() + SENDER_PATIENCE_S;
    for (;;) {
      const found = await findSender(view, f);
      if (found || now() >= until || this.#stopping.aborted) return found;
      await pause(RETRY_MS, this.#stopping);
    }
  }

  #entryOf(sigma: LoggedSigma, opened: Unsigncrypted, f: Uint8Array): OpenedEntry {
    const { unit, session } = this.#receiver;
    return {
      oneTimeKey: sigma.verified.header.oneTimeKey,
      receiver: f,
      sender: opened.sender,
      unit,
      ...(session ? { session } : {}),
      sigmaId: sigma.id,
      commands: decodePayload(opened),
      at: this.#parts.now(),
    };
  }
}

/** The entry itself is bad, now and for ever; anything else (a database, say) is tried again. */
function isFinal(error: unknown): boolean {
  if (error instanceof SigncryptionError) return error.cause === undefined || error.cause instanceof SigncryptionError;
  return error instanceof ProtocolError;
}
