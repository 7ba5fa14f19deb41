import { CodedError } from '../common/errors';

/** The two channels by their function; their names on a ledger come from its connection profile. */
export type Channel = 'certchain' | 'datachain';

export interface Transaction {
  readonly contract: string;
  readonly name: string;
  readonly args?: readonly (string | Uint8Array)[];
  /** Seen by the endorsers, kept out of the block. */
  readonly transient?: Readonly<Record<string, Uint8Array>>;
}

export interface SubmitResult {
  readonly transactionId: string;
  readonly blockNumber: bigint;
  readonly result: Uint8Array;
}

/** Endorsed by enough organisations, not ordered yet: the caller may read the result and drop it. */
export interface EndorsedTransaction {
  readonly transactionId: string;
  readonly result: Uint8Array;
  submit(): Promise<SubmitResult>;
}

export interface BlockOptions {
  /** First block wanted, the next one committed if absent. */
  readonly from?: bigint;
  readonly signal?: AbortSignal;
}

/** Where blocks come from: a ledger itself, or a CSS that streams them. */
export interface BlockSource {
  /** Ends when `signal` aborts; throws LedgerError or CodedError when the connection is lost. Reconnecting is the caller's. */
  blocks(channel: Channel, options: BlockOptions): AsyncIterable<LedgerBlock>;
}

/** All that roles see of a ledger. Every failure is a `LedgerError`. */
export interface Ledger extends BlockSource {
  endorse(channel: Channel, transaction: Transaction): Promise<EndorsedTransaction>;
  /** Resolves when the transaction is committed as valid. */
  submit(channel: Channel, transaction: Transaction): Promise<SubmitResult>;
  evaluate(channel: Channel, transaction: Transaction): Promise<Uint8Array>;
  /** Number of blocks; the newest is height − 1. */
  height(channel: Channel): Promise<bigint>;
  close(): void;
}

export interface LedgerBlock {
  readonly number: bigint;
  readonly previousHash: Uint8Array;
  /** SHA-256 over the concatenated envelopes. */
  readonly dataHash: Uint8Array;
  /** common.BlockHeader as encoded. */
  readonly header: Uint8Array;
  /** SHA-256 of DER(number, previous hash, data hash): the next block's `previousHash`. */
  readonly hash: Uint8Array;
  /** common.Metadata of the orderers' signatures as read, not verified; empty on a ledger that signs no blocks. */
  readonly signatures: Uint8Array;
  /** All of them, invalid and configuration transactions included, in order. */
  readonly transactions: readonly LedgerTransaction[];
}

export interface LedgerTransaction {
  readonly index: number;
  readonly transactionId: string;
  /** Channel name the envelope was made for. */
  readonly channel: string;
  /** Fabric's TxValidationCode; 0 is valid. */
  readonly validationCode: number;
  /** An endorsed chaincode transaction validated as 0: its writes took effect. */
  readonly valid: boolean;
  /** `config`: channel configuration; `unreadable`: not parseable, which validation has refused. Both have no writes. */
  readonly kind: 'endorser' | 'config' | 'unreadable';
  /** Unix seconds of the channel header, what chaincode saw as its time. */
  readonly timestamp: number;
  readonly creatorMspId: string;
  /** common.Envelope as ordered. */
  readonly envelope: Uint8Array;
  readonly chaincode: string;
  readonly endorsements: readonly Endorsement[];
  /** ProposalResponsePayload bytes: what endorsers sign, followed by their identity. */
  readonly responsePayload: Uint8Array;
  /** SHA-256 over channel header, signature header and proposal payload, as found in this envelope. */
  readonly proposalHash: Uint8Array;
  /** The same as the endorsers saw it, from the response payload. */
  readonly endorsedHash: Uint8Array;
  /** Name and arguments of the call, under the endorsements by `proposalHash`. */
  readonly input: readonly Uint8Array[];
  readonly writes: readonly LedgerWrite[];
  readonly event?: { readonly name: string; readonly payload: Uint8Array };
}

export interface Endorsement {
  readonly mspId: string;
  /** PEM. */
  readonly certificate: Uint8Array;
  /** ECDSA, DER. */
  readonly signature: Uint8Array;
  /** msp.SerializedIdentity as signed. */
  readonly endorser: Uint8Array;
}

export interface LedgerWrite {
  readonly namespace: string;
  readonly key: string;
  readonly value: Uint8Array;
  readonly isDelete: boolean;
}

export interface ErrorDetail {
  readonly address: string;
  readonly mspId: string;
  readonly message: string;
}

/**
 * Codes of the adapter itself; any other is the chaincode's own, passed through.
 * | code | meaning |
 * |---|---|
 * | E_LEDGER_UNAVAILABLE | no gateway answered, or too few endorsers or orderers are up: try again later |
 * | E_LEDGER_TIMEOUT | no answer within the deadline; nothing was ordered |
 * | E_LEDGER_REFUSED | the ledger refused the caller or the call |
 * | E_ENDORSEMENT_MISMATCH | endorsers disagreed, proposed anew several times |
 * | E_CHAINCODE | chaincode failed without a code of its own |
 * | E_MVCC | a key read was changed by an earlier transaction; `validationCode` 11 or 12 |
 * | E_TRANSACTION_INVALID | committed as invalid for another reason, by `validationCode` |
 * | E_SUBMIT | the orderers did not take the transaction |
 * | E_COMMIT_UNKNOWN | ordered, outcome not learnt in time: look for `transactionId` in the blocks before trying again |
 * | E_BLOCK_MALFORMED | a block that cannot be parsed or whose hashes do not fit |
 * | E_BLOCK_SIGNATURES | a block that no quorum of the channel's orderers signed |
 * | E_GENESIS | a first block other than the pinned one |
 * | E_LEDGER_IDENTITY, E_LEDGER_PROFILE | the identity or gateways are not in the connection profile |
 */
export class LedgerError extends CodedError {
  readonly details: readonly ErrorDetail[];
  readonly transactionId?: string;
  readonly validationCode?: number;

  constructor(
    code: string,
    message: string,
    options: ErrorOptions & {
      readonly details?: readonly ErrorDetail[];
      readonly transactionId?: string;
      readonly validationCode?: number;
    } = {},
  ) {
    super(code, message, options.cause === undefined ? undefined : { cause: options.cause });
    this.details = options.details ?? [];
    if (options.transactionId !== undefined) this.transactionId = options.transactionId;
    if (options.validationCode !== undefined) this.validationCode = options.validationCode;
  }
}
