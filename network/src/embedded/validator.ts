import { common, peer } from '@hyperledger/fabric-protos';

import { type ValidationCode } from './blocks';
import { type Identities, type Identity } from './identities';
import { PendingState } from './mvcc';
import { type ChannelPolicies } from './policies';
import { type StateUpdate, type Store, type TransactionEntry } from './store';
import {
  type Action,
  checkTransactionId,
  InvalidTransaction,
  readAction,
  readChannelHeader,
  readEndorsedAction,
  readHeader,
} from './transaction';

const Code = peer.TxValidationCode;

/** Codes of transactions whose id nothing binds to their creator: they must not stand in the way of the true owner. */
const UNBOUND: ReadonlySet<ValidationCode> = new Set<ValidationCode>([
  Code.BAD_PAYLOAD,
  Code.BAD_COMMON_HEADER,
  Code.BAD_CREATOR_SIGNATURE,
  Code.BAD_PROPOSAL_TXID,
  Code.TARGET_CHAIN_NOT_FOUND,
  Code.UNSUPPORTED_TX_PAYLOAD,
]);

export interface ValidatedBlock {
  readonly codes: readonly ValidationCode[];
  readonly state: readonly StateUpdate[];
  readonly transactions: readonly (readonly [txId: string, entry: TransactionEntry])[];
}

interface Checked {
  readonly txId: string;
  readonly code: ValidationCode;
  readonly action?: Action;
}

/** What Fabric's committing peer checks, in its order, on one channel. */
export class Validator {
  readonly #channel: string;
  readonly #policies: ChannelPolicies;
  readonly #chaincodes: ReadonlySet<string>;
  readonly #identities: Identities;
  readonly #store: Store;

  constructor(
    channel: string,
    policies: ChannelPolicies,
    chaincodes: readonly string[],
    identities: Identities,
    store: Store,
  ) {
    this.#channel = channel;
    this.#policies = policies;
    this.#chaincodes = new Set(chaincodes);
    this.#identities = identities;
    this.#store = store;
  }

  /** Each transaction by itself, then ids used twice in the block, then reads against the state and each other. */
  async validate(block: number, envelopes: readonly common.Envelope[]): Promise<ValidatedBlock> {
    const checked = markRepeated(envelopes.map((envelope) => this.#check(envelope)));
    const pending = new PendingState(this.#store);
    const codes: ValidationCode[] = [];
    for (const [transaction, { code, action }] of checked.entries()) {
      const conflict = action && (await pending.conflict(action.namespaces));
      if (action && conflict === undefined) pending.apply(action.namespaces, { block, transaction });
      codes.push(conflict ?? code);
    }
    const txIds = checked.map(({ txId }) => txId);
    return { codes, state: [...pending.updates()], transactions: this.#index(block, txIds, codes) };
  }

  #check(envelope: common.Envelope): Checked {
    const txId = readChannelHeader(envelope)?.getTxId() ?? '';
    try {
      const { header, data } = readHeader(envelope);
      if (header.channelId !== this.#channel)
        throw new InvalidTransaction(Code.TARGET_CHAIN_NOT_FOUND, 'other channel');
      this.#checkCreator(header.creator, envelope);
      if (header.type !== common.HeaderType.ENDORSER_TRANSACTION) {
        throw new InvalidTransaction(Code.UNSUPPORTED_TX_PAYLOAD, `type ${header.type}`);
      }
      checkTransactionId(header);
      const endorsed = readEndorsedAction(header, data);
      const earlier = this.#store.transaction(txId);
      if (earlier && !UNBOUND.has(earlier.code)) throw new InvalidTransaction(Code.DUPLICATE_TXID, 'committed before');
      const action = readAction(header, endorsed);
      this.#checkNamespaces(action);
      this.#checkEndorsements(action);
      return { txId, code: Code.VALID, action };
    } catch (error) {
      if (error instanceof InvalidTransaction) return { txId, code: error.code };
      throw error;
    }
  }

  #checkCreator(creator: Uint8Array, envelope: common.Envelope): void {
    const identity = this.#identities.find(creator);
    const member = identity && identity.fault === undefined && this.#policies.isMember(identity.mspId);
    if (!member || !identity.verify(envelope.getPayload_asU8(), envelope.getSignature_asU8())) {
      throw new InvalidTransaction(Code.BAD_CREATOR_SIGNATURE, 'creator unknown or signature wrong');
    }
  }

  #checkNamespaces(action: Action): void {
    if (!answersFor(action).every((name) => this.#chaincodes.has(name))) {
      throw new InvalidTransaction(Code.INVALID_CHAINCODE, 'chaincode not defined on the channel');
    }
  }

  #checkEndorsements(action: Action): void {
    const { responsePayload, endorsements } = action;
    const endorsers = endorsements.flatMap((endorsement): Identity[] => {
      const endorser = endorsement.getEndorser_asU8();
      const identity = this.#identities.find(endorser);
      const signed = Buffer.concat([responsePayload, endorser]);
      return identity?.verify(signed, endorsement.getSignature_asU8()) ? [identity] : [];
    });
    if (!answersFor(action).every((name) => this.#policies.isEndorsed(name, endorsers))) {
      throw new InvalidTransaction(Code.ENDORSEMENT_POLICY_FAILURE, 'too few organisations endorsed');
    }
  }

  /** Under its id a transaction is found where it first stood, or where its true owner's stands. */
  #index(
    block: number,
    txIds: readonly string[],
    codes: readonly ValidationCode[],
  ): (readonly [string, TransactionEntry])[] {
    const entries = new Map<string, TransactionEntry>();
    for (const [index, txId] of txIds.entries()) {
      const code = codes[index] as ValidationCode;
      const earlier = entries.get(txId) ?? this.#store.transaction(txId);
      const supersedes = !earlier || (UNBOUND.has(earlier.code) && !UNBOUND.has(code));
      if (txId !== '' && supersedes) entries.set(txId, { block, index, code });
    }
    return [...entries];
  }
}

/** A transaction answers for the chaincode it names and for every namespace it writes. */
function answersFor({ chaincodeName, namespaces }: Action): readonly string[] {
  const written = namespaces.filter(({ set }) => set.getWritesList().length > 0).map(({ namespace }) => namespace);
  return [...new Set([chaincodeName, ...written])];
}

/** Of several transactions with one id, all good so far, the first of the block counts. */
function markRepeated(checked: readonly Checked[]): Checked[] {
  const seen = new Set<string>();
  return checked.map((transaction) => {
    if (!transaction.action) return transaction;
    if (seen.has(transaction.txId)) return { txId: transaction.txId, code: Code.DUPLICATE_TXID };
    seen.add(transaction.txId);
    return transaction;
  });
}
