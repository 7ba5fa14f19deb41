import { decodeHeader, HEADER_BYTES, toHex } from '@chargecast/signcryption';
import { codeOf } from '../common/errors';
import { type Logger } from '../common/log';
import { type Holder } from '../holder';
import { type ReplicaView } from '../replica';
import { type Addressing, type Reachable, type Unreachable } from './addressing';
import { type OutboxCommand } from './command';
import { type DispatchSettings } from './config';
import { type Outbox, type PlacedCommand } from './outbox';
import { plan, type PlannedReceiver, type Ready } from './plan';

export interface SealerParts {
  readonly outbox: Outbox;
  readonly addressing: Pick<Addressing, 'resolve'>;
  readonly holder: Pick<Holder, 'seal'>;
  readonly replica: Pick<ReplicaView, 'limits' | 'isFresh'>;
  readonly settings: Pick<DispatchSettings, 'maxReceivers' | 'ttlSeconds' | 'commandSeconds'>;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** A σ lies in the outbox and may be sent. @param receivers f of each, hex */
  readonly sealed: (receivers: readonly string[]) => void;
  readonly logger: Logger;
}

/** Failures that are nobody's in particular: every σ would fail alike. */
const HOLDS_UP_ALL = new Set(['E_CREDENTIALS_OUT', 'E_REPLICA_EMPTY', 'E_CANCELLED', 'E_TTL']);

/** Turns waiting commands whose receiver can be reached into σ's, each stored whole before anything is sent. */
export class Sealer {
  readonly #parts: SealerParts;
  #resealed = 0;

  constructor(parts: SealerParts) {
    this.#parts = parts;
  }

  /** Commands sealed more than once since the start. */
  get resealed(): number {
    return this.#resealed;
  }

  /** @throws what `Holder.seal` throws; the commands then wait as before */
  async run(): Promise<void> {
    const { outbox, replica, settings, now } = this.#parts;
    if (!replica.isFresh(Math.floor(now() / 1000))) return this.#hold(outbox.due());
    const ready = await this.#reachable(await this.#unexpired(outbox.due()));
    if (ready.length === 0) return;
    const { sigmas, oversized } = plan(ready, replica.limits(), settings.maxReceivers);
    for (const { id } of oversized) await outbox.fail(id, 'E_MESSAGE_SIZE');
    for (const receivers of sigmas) await this.#sealEach(receivers);
  }

  /** Receivers that cannot be in one σ for whatever reason are tried apart, so that one never holds up the others. */
  async #sealEach(receivers: readonly PlannedReceiver[]): Promise<void> {
    try {
      await this.#seal(receivers);
    } catch (error) {
      const code = codeOf(error);
      if (code === undefined || HOLDS_UP_ALL.has(code)) throw error;
      this.#parts.logger.warn({ code, receivers: receivers.length }, 'not sealed');
      const half = Math.ceil(receivers.length / 2);
      if (receivers.length > 1) {
        await this.#sealEach(receivers.slice(0, half));
        await this.#sealEach(receivers.slice(half));
      } else {
        const ids = receivers.flatMap(({ commands }) => commands.map(({ id }) => id));
        await this.#parts.outbox.explain(new Map(ids.map((id) => [id, code])));
      }
    }
  }

  /** Without a recent slot head a revocation may be kept from this centre: it seals to nobody on old news. */
  async #hold(commands: readonly OutboxCommand[]): Promise<void> {
    await this.#parts.outbox.explain(new Map(commands.map(({ id }) => [id, 'E_SLOT_STALE'])));
  }

  async #unexpired(commands: readonly OutboxCommand[]): Promise<OutboxCommand[]> {
    const { outbox, settings, now } = this.#parts;
    const oldest = now() - settings.commandSeconds * 1000;
    const expired = commands.filter(({ createdAt }) => createdAt < oldest);
    for (const { id } of expired) await outbox.fail(id, 'E_COMMAND_EXPIRED');
    return commands.filter(({ createdAt }) => createdAt >= oldest);
  }

  async #reachable(commands: readonly OutboxCommand[]): Promise<Ready[]> {
    const { outbox, addressing } = this.#parts;
    const found = new Map<string, Reachable | Unreachable>();
    const ready: Ready[] = [];
    const reasons = new Map<string, string>();
    for (const command of commands) {
      const to = found.get(command.customer) ?? (await addressing.resolve(command.customer));
      found.set(command.customer, to);
      if ('code' in to) reasons.set(command.id, to.code);
      else ready.push({ command, to });
    }
    await outbox.explain(reasons);
    return ready;
  }

  async #seal(receivers: readonly PlannedReceiver[]): Promise<void> {
    const { outbox, holder, settings, now, sealed } = this.#parts;
    const sealedTo = receivers.map(({ to, message }) => ({
      keys: to.keys,
      message,
      ...(to.bind === undefined ? {} : { bind: to.bind }),
    }));
    const { sigma, id } = await holder.seal(sealedTo, settings.ttlSeconds);
    const commands = receivers.flatMap((receiver) => receiver.commands);
    await outbox.seal({
      bytes: sigma,
      placed: new Map(receivers.flatMap(placements)),
      sigma: {
        id: toHex(id),
        stage: 'sealed',
        receivers: receivers.map(({ to }) => to.f),
        commands: commands.map((command) => command.id),
        sealedAt: now(),
        notAfter: decodeHeader(sigma.subarray(0, HEADER_BYTES)).notAfter,
        deadline: 0,
        acks: [],
        committedAt: 0,
      },
    });
    this.#resealed += commands.filter(({ attempts }) => attempts > 0).length;
    sealed(receivers.map(({ to }) => to.f));
  }
}

function placements({ to, commands }: PlannedReceiver): [string, PlacedCommand][] {
  const { f: receiver, actor, session } = to;
  return commands.map(({ id }) => [id, { receiver, actor, session }]);
}
