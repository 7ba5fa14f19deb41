/** What verification says, as plain data: it passes from the worker to the page. */

export type Result = 'holds' | 'fails' | 'unchecked';

/** One named check. `code` and `detail` say why it fails or was not made. */
export interface Check {
  readonly name: string;
  /** What it establishes, or would. */
  readonly meaning: string;
  readonly result: Result;
  readonly code?: string;
  readonly detail?: string;
}

/** Public parameters as they were given. */
export interface ParamsReport {
  /** What every hash of the scheme is bound to, lower-case hex. */
  readonly ctx: string;
  /** SHA-256 over the canonical document, organisations included, lower-case hex. */
  readonly fingerprint: string;
  readonly networkId: string;
  readonly certchain: string;
  readonly datachain: string;
  readonly organisations: readonly { readonly mspId: string; readonly role: string }[];
  /** Whether root certificates, genesis hashes and ordering came along, which blocks are judged by. */
  readonly hasTrust: boolean;
}

/** Everything σ says to everybody. Bytes are lower-case hex, times Unix seconds. */
export interface SigmaFacts {
  readonly version: number;
  readonly suite: number;
  readonly limitsVersion: number;
  readonly epoch: number;
  readonly senderClass: number;
  readonly notAfter: number;
  readonly ephemeral: string;
  readonly oneTimeKey: string;
  readonly certificate: string;
  readonly commitment: string;
  readonly entryCount: number;
  readonly entryLength: number;
}

export interface SigmaReport {
  readonly kind: 'sigma';
  readonly holds: boolean;
  /** Whatever the bytes are, they have one. */
  readonly id: string;
  readonly bytes: number;
  /** Absent where the bytes are no σ. */
  readonly facts?: SigmaFacts;
  readonly checks: readonly Check[];
  /** Time of the public verification alone. */
  readonly milliseconds: number;
}

/** A σ in a block: where it stands and whether it holds. */
export interface SigmaInBlock {
  readonly id: string;
  readonly transactionId: string;
  readonly bytes: Uint8Array;
  /** Place in its transaction's Merkle tree, how many stand there, and the length of its path. */
  readonly index: number;
  readonly count: number;
  readonly pathLength: number;
  readonly holds: boolean;
  readonly code?: string;
}

export interface BlockReport {
  readonly kind: 'block';
  readonly holds: boolean;
  /** Absent where params name no channel of this name. */
  readonly channel?: 'certchain' | 'datachain';
  readonly channelName: string;
  readonly number: number;
  readonly hash: string;
  readonly previousHash: string;
  readonly dataHash: string;
  readonly transactions: number;
  readonly invalidTransactions: number;
  readonly checks: readonly Check[];
  readonly sigmas: readonly SigmaInBlock[];
  /** Numbers of blocks of the channel without which something stays unchecked. */
  readonly missing: readonly number[];
  readonly milliseconds: number;
}

/** All made checks hold, and at least one was made. */
export const allHold = (checks: readonly Check[]): boolean =>
  checks.some(({ result }) => result === 'holds') && checks.every(({ result }) => result !== 'fails');
