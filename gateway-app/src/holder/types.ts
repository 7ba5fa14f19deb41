import { type HolderKey, type Receiver, type Signcrypted } from '@chargecast/signcryption';
import { type Logger } from '../common/log';
import { type Replica } from '../replica';
import { type Client } from '../rpc';
import { type Store } from '../store';

/** The processes that hold a record and keys of their own. */
export type HolderRole = 'ev' | 'cp' | 'css' | 'csc';

/** Makes a record count. Must be safe to call again for a record that is published already. */
export interface RecordPublisher {
  /**
   * @param unit pile or vehicle inside the process; empty or absent for the process itself
   * @throws CodedError with the code of whoever refused
   */
  publish(record: Uint8Array, signal: AbortSignal, unit?: string): Promise<void>;
}

/** What a holder needs of a replica of the chains. */
export type HolderReplica = Pick<Replica, 'params' | 'limits' | 'epochs' | 'record'>;

export interface HolderOptions {
  readonly role: HolderRole;
  /**
   * Of the process, as in its TLS certificate, and of the pile or vehicle inside it, if it is one: `cp1/pile3`. With the
   * role it is the real identity the KGC enrols.
   */
  readonly name: string;
  /** A sealed sub-store of its own. */
  readonly store: Store;
  readonly replica: HolderReplica;
  /** Connected with the process's certificate. */
  readonly kgc: Pick<Client<'Kgc'>, 'enrol' | 'issueCredentials'>;
  readonly publisher: RecordPublisher;
  readonly logger: Logger;
  /** One-time credentials asked for at once, and the number left at which the next batch is asked for. */
  readonly credentials?: { readonly batch: number; readonly low: number };
  /** Longest time to enrol and become counted, milliseconds. Default: two minutes. */
  readonly patience?: number;
  /** Gives up enrolling. */
  readonly signal?: AbortSignal;
  /** A record of an epoch counts that this process has not used before: who knew the holder by another f is told. */
  readonly entered?: (holder: Holder) => void;
}

/** An enrolled holder whose record counts. */
export interface Holder {
  readonly role: HolderRole;
  readonly name: string;
  /** f of the current epoch's record, 16 bytes. */
  readonly f: Uint8Array;
  /** The current epoch: the newest accepted one this holder is enrolled for. */
  readonly epoch: number;
  /** The accepted epochs this holder is enrolled for. */
  readonly epochs: readonly number[];
  /** Keys of the current epoch. */
  readonly key: HolderKey;
  /** Keys of an epoch still accepted; undefined for others. */
  keyOf(epoch: number): HolderKey | undefined;
  /**
   * Signcrypts in the receivers' epoch, under one fresh one-time credential of the class that may address them; the
   * credential is spent on disk before anything is signed with it.
   * @param ttl seconds the σ should live at least
   * @throws SigncryptionError as `signcrypt` does; CodedError E_NOT_ALLOWED, E_CREDENTIALS_OUT, E_EPOCH if this holder has
   * no record in that epoch or the epoch closes before σ would expire
   */
  seal(receivers: readonly Receiver[], ttl: number): Promise<Signcrypted>;
  /** Enrols for epochs accepted since, and forgets the keys of those closed. Also done once a minute by itself. */
  followEpochs(): Promise<void>;
  /** Unused one-time credentials of the current epoch. */
  credentialsLeft(): number;
  /** Stops background work; the store is the caller's to close. */
  stop(): Promise<void>;
}
