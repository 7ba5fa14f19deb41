import { PARAMS_KEY, ProtocolError } from '@chargecast/protocol';
import { type Params } from '@chargecast/signcryption/params';
import { Context, Contract } from 'fabric-contract-api';
import { type ChaincodeStub } from 'fabric-shim-api';
import { type AccessTable, ensureAllowed } from './access';
import { readParams } from './parameters';
import { toRefusal } from './refusal';
import { WorldState } from './state';
import { StateBatches } from './state-batches';

/** A transaction after its channel and its caller were checked. */
export class LedgerContext extends Context {
  state!: WorldState;
  /** Absent in `init` alone. */
  params!: Params;
  /** The transaction's time, Unix seconds: the client's claim, which peers hold to their clocks. */
  time!: number;
}

export type ChannelRole = 'certchain' | 'datachain' | 'both';

/** Keys a transaction reads, by what it was given alone: asked for together with the params. */
export type Reads = (stub: ArgumentStub) => readonly string[];

/** The shim has it; its published types do not. */
export type ArgumentStub = ChaincodeStub & { getBufferArgs(): readonly Buffer[] };

/**
 * Every contract of the package stands on both channels; each serves those its params name for it. Order of refusal: unknown
 * transaction, channel, role, then the transaction's own rules.
 */
export abstract class LedgerContract extends Contract {
  readonly #channel: ChannelRole;
  readonly #access: AccessTable;
  readonly #reads: Readonly<Record<string, Reads>>;

  /** @param reads by transaction */
  protected constructor(
    name: string,
    channel: ChannelRole,
    access: AccessTable,
    reads: Readonly<Record<string, Reads>> = {},
  ) {
    super(name);
    this.#channel = channel;
    this.#access = access;
    this.#reads = reads;
  }

  override createContext(): LedgerContext {
    return new LedgerContext();
  }

  override async aroundTransaction(ctx: Context, fn: unknown, parameters: unknown): Promise<void> {
    try {
      await this.#admit(ctx as LedgerContext, String(fn));
      const result: unknown = await super.aroundTransaction(ctx, fn as never, parameters);
      await (ctx as LedgerContext).state.flush();
      return result as void;
    } catch (error) {
      throw toRefusal(error);
    }
  }

  override async unknownTransaction(): Promise<void> {
    throw toRefusal(
      new ProtocolError(
        'E_UNKNOWN_TRANSACTION',
        `contract ${this.getName()} has no such transaction; see docs/ledger.md`,
      ),
    );
  }

  async #admit(ctx: LedgerContext, transaction: string): Promise<void> {
    ctx.state = new WorldState(ctx.stub, StateBatches.of(ctx.stub));
    ctx.time = ctx.stub.getTxTimestamp().seconds.toNumber();
    if (transaction !== 'init') {
      const more = Object.hasOwn(this.#reads, transaction) ? this.#reads[transaction] : undefined;
      await ctx.state.fetch([PARAMS_KEY, ...(more?.(ctx.stub as ArgumentStub) ?? [])]);
      ctx.params = await readParams(ctx.state);
      this.ensureChannel(ctx, ctx.params);
    }
    await ensureAllowed(this.#access, transaction, ctx.clientIdentity, ctx.state);
  }

  protected ensureChannel(ctx: LedgerContext, params: Params): void {
    const { certchain, datachain } = params;
    const served = this.#channel === 'both' ? [certchain, datachain] : [params[this.#channel]];
    if (!served.includes(ctx.stub.getChannelID()) || certchain === datachain) {
      const wanted = served.join(' and ');
      throw new ProtocolError('E_CHANNEL', `contract ${this.getName()} serves channel ${wanted}; call it there`);
    }
  }
}
