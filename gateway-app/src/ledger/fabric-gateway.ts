import { type ConnectionProfile, readProfile } from '@chargecast/network';
import {
  type Gateway,
  type Identity,
  type Proposal,
  type Status,
  StatusCode,
  type Transaction as FabricTransaction,
} from '@hyperledger/fabric-gateway';
import { type common } from '@hyperledger/fabric-protos';

import { Backoff } from '../common/abort';
import { parseBlock } from './block';
import { EndorsingMajorities } from './endorsing-majorities';
import { gatewaysOf, type LedgerDeadlines, loadIdentity, openConnection } from './gateway-connection';
import { invalidTransaction, isOrderedAlready, isTakenByTooFew, isUnanswered, toLedgerError } from './gateway-errors';
import { Gateways } from './gateways';
import {
  type BlockOptions,
  type Channel,
  type EndorsedTransaction,
  type Ledger,
  type LedgerBlock,
  LedgerError,
  type SubmitResult,
  type Transaction,
} from './port';
import { commitStatusRequest, seekNewest } from './requests';

const DEADLINES: LedgerDeadlines = { evaluate: 10_000, endorse: 20_000, submit: 10_000, commitStatus: 60_000 };

/** Of a majority that was named: a member of it may be down, another majority not. */
const AWAY = new Set(['E_LEDGER_UNAVAILABLE', 'E_LEDGER_TIMEOUT', 'E_LEDGER_REFUSED']);

/**
 * Connects as one identity of a connection profile. The organisation's own gateways are used, or, for an organisation
 * without any, all the consortium's; the next one takes over when one is not reached.
 * @throws NetworkError E_PROFILE_…; LedgerError E_LEDGER_IDENTITY, E_LEDGER_PROFILE; CodedError E_FILE_…
 */
export async function connectLedger(
  profileFile: string,
  identity: { readonly mspId: string; readonly name: string },
  deadlines: LedgerDeadlines = DEADLINES,
): Promise<Ledger> {
  const profile = await readProfile(profileFile);
  const { identity: certified, signer } = await loadIdentity(profile, identity);
  const connections = gatewaysOf(profile, identity.mspId).map((gateway) =>
    openConnection(gateway, certified, signer, deadlines),
  );
  return new FabricLedger(profile, certified, new Gateways(connections), deadlines);
}

class FabricLedger implements Ledger {
  readonly #profile: ConnectionProfile;
  readonly #identity: Identity;
  readonly #gateways: Gateways<Gateway>;
  readonly #majorities: EndorsingMajorities;
  readonly #deadlines: LedgerDeadlines;
  readonly #closed = new AbortController();

  constructor(profile: ConnectionProfile, identity: Identity, gateways: Gateways<Gateway>, deadlines: LedgerDeadlines) {
    this.#profile = profile;
    this.#identity = identity;
    this.#gateways = gateways;
    this.#deadlines = deadlines;
    const endorsing = profile.organisations.filter(({ role }) => role === 'css');
    this.#majorities = new EndorsingMajorities(endorsing.map(({ mspId }) => mspId));
  }

  async evaluate(channel: Channel, transaction: Transaction): Promise<Uint8Array> {
    try {
      return await this.#gateways.any((gateway) => this.#propose(gateway, channel, transaction).evaluate());
    } catch (error) {
      throw toLedgerError(error, 'evaluate');
    }
  }

  async endorse(channel: Channel, transaction: Transaction): Promise<EndorsedTransaction> {
    const backoff = new Backoff(100, 800);
    let failure: LedgerError | undefined;
    for (const endorsers of this.#majorities.choices()) {
      if (failure) await backoff.wait(this.#closed.signal);
      try {
        const endorsed = await this.#gateways.any((gateway) =>
          this.#propose(gateway, channel, transaction, endorsers).endorse(),
        );
        this.#majorities.agreed(endorsers);
        const transactionId = endorsed.getTransactionId();
        return { transactionId, result: endorsed.getResult(), submit: () => this.#order(channel, endorsed) };
      } catch (error) {
        this.#majorities.failed(endorsers);
        const latest = toLedgerError(error, 'endorse');
        const disagree = latest.code === 'E_ENDORSEMENT_MISMATCH';
        const away = endorsers !== undefined && AWAY.has(latest.code);
        if (!disagree && !away) throw latest;
        if (disagree || !failure) failure = latest;
      }
    }
    throw failure ?? new LedgerError('E_LEDGER_PROFILE', 'the connection profile names no endorsing organisation');
  }

  async submit(channel: Channel, transaction: Transaction): Promise<SubmitResult> {
    return (await this.endorse(channel, transaction)).submit();
  }

  async *blocks(channel: Channel, { from, signal }: BlockOptions): AsyncGenerator<LedgerBlock> {
    const gateway = this.#gateways.current;
    try {
      yield* this.#blocksOf(gateway, channel, from, signal);
      if (!signal?.aborted) throw new LedgerError('E_LEDGER_UNAVAILABLE', 'the stream of blocks ended: connect again');
    } catch (error) {
      if (signal?.aborted) return;
      this.#gateways.failed(gateway);
      throw toLedgerError(error, 'blocks');
    }
  }

  async *#blocksOf(
    gateway: Gateway,
    channel: Channel,
    from: bigint | undefined,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<LedgerBlock> {
    if (signal?.aborted) return;
    const network = gateway.getNetwork(this.#profile.channels[channel]);
    const events = await network.getBlockEvents(from === undefined ? {} : { startBlock: from });
    const close = (): void => events.close();
    signal?.addEventListener('abort', close, { once: true });
    try {
      for await (const block of events) yield parseBlock(block);
    } finally {
      signal?.removeEventListener('abort', close);
      events.close();
    }
  }

  async height(channel: Channel): Promise<bigint> {
    try {
      return await this.#gateways.any(async (gateway) => {
        const request = gateway.getNetwork(this.#profile.channels[channel]).newBlockEventsRequest();
        const newest = gateway.newBlockEventsRequest(seekNewest(request.getBytes()));
        const events = await newest.getEvents({ deadline: Date.now() + this.#deadlines.evaluate });
        try {
          for await (const block of events) return blockNumber(block) + 1n;
        } finally {
          events.close();
        }
        throw new LedgerError('E_LEDGER_UNAVAILABLE', 'the gateway gave no block: try again');
      });
    } catch (error) {
      throw toLedgerError(error, 'blocks');
    }
  }

  close(): void {
    this.#closed.abort();
    this.#gateways.close();
  }

  #propose(
    gateway: Gateway,
    channel: Channel,
    { contract, name, args, transient }: Transaction,
    endorsers?: readonly string[],
  ): Proposal {
    return gateway
      .getNetwork(this.#profile.channels[channel])
      .getContract(this.#profile.chaincode, contract)
      .newProposal(name, {
        ...(args && { arguments: [...args] }),
        ...(transient && { transientData: { ...transient } }),
        ...(endorsers && { endorsingOrganizations: [...endorsers] }),
      });
  }

  /**
   * The same signed bytes go to a further gateway when one does not answer: the transaction id makes all but the first
   * a duplicate.
   */
  async #order(channel: Channel, endorsed: FabricTransaction): Promise<SubmitResult> {
    const transactionId = endorsed.getTransactionId();
    const commit = commitStatusRequest(this.#profile.channels[channel], transactionId, this.#identity);
    const answered = await this.#send(endorsed);
    const patience = answered ? this.#deadlines.commitStatus : this.#deadlines.evaluate;
    const { code, blockNumber } = await this.#status(transactionId, commit, patience);
    if (code !== StatusCode.VALID) throw invalidTransaction(transactionId, code);
    return { transactionId, blockNumber, result: endorsed.getResult() };
  }

  /**
   * Sends until enough orderers have the transaction or the deadline has passed: a leader that was lost takes some seconds to
   * replace.
   * @returns whether there was an answer
   */
  async #send(endorsed: FabricTransaction): Promise<boolean> {
    const until = Date.now() + this.#deadlines.submit;
    const backoff = new Backoff(100, 1000);
    for (;;) {
      try {
        await this.#gateways.any((gateway) => gateway.newTransaction(endorsed.getBytes()).submit(), isUnanswered);
        return true;
      } catch (error) {
        if (isUnanswered(error)) return false;
        if (isOrderedAlready(error)) return true;
        const again = isTakenByTooFew(error) && Date.now() < until && !this.#closed.signal.aborted;
        if (!again) throw toLedgerError(error, 'submit', endorsed.getTransactionId());
      }
      await backoff.wait(this.#closed.signal);
    }
  }

  /** Asks again while the patience (ms) lasts, and once more after it, before the outcome counts as unknown. */
  async #status(transactionId: string, commit: Uint8Array, patience: number): Promise<Status> {
    const until = Date.now() + patience;
    const backoff = new Backoff(100, 2000);
    for (;;) {
      const last = Date.now() >= until;
      const gateway = this.#gateways.current;
      try {
        const deadline = last ? Date.now() + this.#deadlines.evaluate : until;
        return await gateway.newCommit(commit).getStatus({ deadline });
      } catch (error) {
        this.#gateways.failed(gateway);
        if (last || this.#closed.signal.aborted || !isUnanswered(error)) throw commitUnknown(transactionId, error);
      }
      await backoff.wait(this.#closed.signal);
    }
  }
}

function commitUnknown(transactionId: string, cause: unknown): LedgerError {
  const message = `whether transaction ${transactionId} was committed could not be learnt: look for it in the blocks first`;
  return new LedgerError('E_COMMIT_UNKNOWN', message, { transactionId, cause });
}

function blockNumber(block: common.Block): bigint {
  return BigInt(block.getHeader()?.getNumber() ?? 0);
}
