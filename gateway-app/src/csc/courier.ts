import { fromHex, type Params, Role, verifyStatement } from '@chargecast/signcryption';
import { CodedError, codeOf } from '../common/errors';
import { type Logger } from '../common/log';
import { isPassing } from '../holder';
import { type Replica } from '../replica';
import { type Ack, type Client } from '../rpc';
import { type Store, toJson } from '../store';
import { type OutboxCommand, type OutboxSigma } from './command';
import { type DispatchSettings } from './config';
import { type Outbox } from './outbox';

export interface CourierParts {
  readonly outbox: Outbox;
  readonly kgc: Pick<Client<'Kgc'>, 'route'>;
  readonly replica: Pick<Replica, 'params' | 'committed' | 'position'>;
  /** Newest block of the data chain that any of two gateways names. */
  readonly newestBlock: () => Promise<bigint>;
  /** Acks without inclusion, kept as evidence; a sub-store of its own. */
  readonly evidence: Store;
  readonly settings: Pick<DispatchSettings, 'maxInFlight' | 'receiptSeconds' | 'graceMs' | 'retryMs' | 'retryMaxMs'>;
  readonly logger: Logger;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** A σ was given up and its commands wait again. */
  readonly released: () => void;
}

interface Attempt {
  readonly failures: number;
  readonly nextAt: number;
}

/** The KGC may have to ask one gateway after another before it answers, milliseconds. */
const ROUTE_MS = 45_000;
const MAX_DOUBLINGS = 16;
/** A vehicle whose session is open is known to the KGC as soon as its pile has told it: longer nobody waits at the plug. */
const UNROUTABLE_MAX_MS = 10_000;

/** Sends sealed σ's to the KGC and watches for what was promised: acks, inclusion, receipts, each in its time. */
export class Courier {
  readonly #parts: CourierParts;
  readonly #attempts = new Map<string, Attempt>();
  readonly #inFlight = new Map<string, Promise<void>>();
  #stopped = false;

  constructor(parts: CourierParts) {
    this.#parts = parts;
  }

  /** Starts what may be sent now. */
  send(): void {
    const { outbox, settings, now } = this.#parts;
    for (const sigma of outbox.openSigmas()) {
      if (this.#stopped || this.#inFlight.size >= settings.maxInFlight) return;
      const due = (this.#attempts.get(sigma.id)?.nextAt ?? 0) <= now();
      if (sigma.stage !== 'sealed' || this.#inFlight.has(sigma.id) || !due) continue;
      const sending = this.#route(sigma).finally(() => {
        this.#inFlight.delete(sigma.id);
        this.send();
      });
      this.#inFlight.set(sigma.id, sending);
    }
  }

  /** Gives up, for sealing anew, what did not come in time. */
  async watch(): Promise<void> {
    for (const sigma of this.#parts.outbox.openSigmas()) {
      const code = await this.#overdue(sigma);
      if (code !== undefined) await this.#release(sigma, code);
    }
  }

  /** A σ of a block just applied. */
  async committed(sigmaId: string): Promise<void> {
    if (this.#parts.outbox.sigma(sigmaId) !== undefined) await this.#parts.outbox.commit(sigmaId);
  }

  /** After a restart: what the replica has seen included meanwhile. */
  async recover(): Promise<void> {
    for (const { id } of this.#parts.outbox.openSigmas()) {
      if ((await this.#parts.replica.committed(fromHex(id, 32))) !== undefined) await this.committed(id);
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#inFlight.values());
  }

  async #route({ id, receivers }: OutboxSigma): Promise<void> {
    const { outbox, kgc, logger } = this.#parts;
    try {
      const sigma = await outbox.sigmaBytes(id);
      const { acks, unroutable } = await kgc.route(
        { sigma, receivers: receivers.map((f) => fromHex(f, 16)) },
        { deadline: ROUTE_MS },
      );
      this.#attempts.delete(id);
      await outbox.acknowledge(id, this.#believed(acks, id));
      if (unroutable.length > 0)
        logger.info({ sigma: id, unroutable: unroutable.length }, 'some receivers have no place');
    } catch (error) {
      await this.#failed(id, error);
    }
  }

  /** @throws CodedError E_ACKS_TOO_FEW if fewer than l + 1 organisations really signed */
  #believed(acks: readonly Ack[], id: string): OutboxSigma['acks'] {
    const { params } = this.#parts.replica;
    const believed = acks.filter((ack) => isSigned(params, ack, id));
    const distinct = new Set(believed.map(({ mspId }) => mspId)).size;
    const needed = acksNeeded(params);
    if (distinct < needed) {
      throw new CodedError('E_ACKS_TOO_FEW', `${distinct} of ${needed} acknowledgements hold; σ is sent again`);
    }
    return believed.map(({ mspId, deadline, signature }) => ({
      mspId,
      deadline,
      signature: Buffer.from(signature).toString('hex'),
    }));
  }

  /** What passes is tried again with the same bytes; what does not is sealed anew. */
  async #failed(id: string, error: unknown): Promise<void> {
    const { outbox, logger, now } = this.#parts;
    const sigma = outbox.sigma(id);
    if (sigma === undefined || this.#stopped || (await this.#isIncluded(sigma))) return;
    const code = codeOf(error) ?? 'E_INTERNAL';
    logger.warn({ sigma: id, code }, 'σ was not taken');
    if (!isPassing(error) && code !== 'E_INTERNAL') return this.#release(sigma, code);
    const failures = (this.#attempts.get(id)?.failures ?? 0) + 1;
    this.#attempts.set(id, { failures, nextAt: now() + this.#delay(failures) });
  }

  async #overdue(sigma: OutboxSigma): Promise<string | undefined> {
    const { now, settings } = this.#parts;
    if (sigma.stage === 'committed') {
      const patience = settings.receiptSeconds * 1000;
      return now() > sigma.committedAt + patience ? 'E_NO_RECEIPT' : undefined;
    }
    if (now() >= sigma.notAfter * 1000) return (await this.#isIncluded(sigma)) ? undefined : 'E_EXPIRED';
    if (sigma.stage === 'sealed' || now() <= sigma.deadline * 1000 + settings.graceMs) return undefined;
    if ((await this.#isIncluded(sigma)) || (await this.#isBehind())) return undefined;
    await this.#keepEvidence(sigma);
    return 'E_NOT_INCLUDED';
  }

  async #isIncluded({ id }: OutboxSigma): Promise<boolean> {
    if ((await this.#parts.replica.committed(fromHex(id, 32))) === undefined) return false;
    await this.committed(id);
    return true;
  }

  /** The own replica lags behind what a gateway shows: absence from it proves nothing yet. */
  async #isBehind(): Promise<boolean> {
    const { replica, newestBlock } = this.#parts;
    try {
      return (await newestBlock()) > (replica.position('datachain') ?? -1n);
    } catch (error) {
      this.#parts.logger.warn({ err: error }, 'no gateway named its newest block');
      return true;
    }
  }

  async #keepEvidence({ id, acks }: OutboxSigma): Promise<void> {
    this.#parts.logger.error(
      { sigma: id, organisations: acks.map(({ mspId }) => mspId) },
      'acknowledged, not included',
    );
    await this.#parts.evidence.put(id, toJson(acks));
  }

  async #release({ id }: OutboxSigma, code: string): Promise<void> {
    this.#attempts.delete(id);
    this.#parts.logger.info({ sigma: id, code }, 'σ is given up; its commands are sealed anew');
    const longest = code === 'E_UNROUTABLE' ? UNROUTABLE_MAX_MS : Infinity;
    await this.#parts.outbox.release(
      id,
      code,
      ({ attempts }: OutboxCommand) => this.#parts.now() + Math.min(longest, this.#delay(attempts)),
    );
    this.#parts.released();
  }

  #delay(times: number): number {
    const { retryMs, retryMaxMs } = this.#parts.settings;
    return Math.min(retryMaxMs, retryMs * 2 ** Math.min(Math.max(times - 1, 0), MAX_DOUBLINGS));
  }
}

/** l + 1 of n gateways, l = ⌊(n − 1)/3⌋. */
function acksNeeded({ organisations }: Params): number {
  return Math.floor((organisations.filter(({ role }) => role === Role.CSS).length - 1) / 3) + 1;
}

function isSigned(params: Params, { mspId, deadline, signature }: Ack, id: string): boolean {
  const organisation = params.organisations.find((pinned) => pinned.mspId === mspId);
  if (organisation === undefined) return false;
  const statement = { tag: 'ack', sigmaId: fromHex(id, 32), deadline } as const;
  try {
    verifyStatement(params, organisation.publicKey, statement, Uint8Array.from(signature));
    return true;
  } catch (error) {
    if (codeOf(error) === 'E_STATEMENT') return false;
    throw error;
  }
}
