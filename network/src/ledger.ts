import { type LedgerKind } from './profile';
import { type Topology } from './topology';

/** One line of what is happening, for a terminal or a log; `detail` is never secret. */
export interface Progress {
  readonly step: string;
  readonly detail?: string;
  /** Milliseconds since the work began. */
  readonly elapsed: number;
}

export type OnProgress = (progress: Progress) => void;

export type NodeState = 'running' | 'unhealthy' | 'stopped';

export interface NodeStatus {
  readonly name: string;
  readonly kind: 'peer' | 'orderer' | 'chaincode' | 'ledger';
  readonly mspId: string;
  readonly state: NodeState;
  readonly pid?: number;
  readonly endpoint: string;
  /** Block height per channel, where the node reports it. */
  readonly heights?: Readonly<Record<string, number>>;
  /** Channels whose consensus this node leads, as of its last block. */
  readonly leaderOf?: readonly string[];
}

export interface LedgerStatus {
  readonly kind: LedgerKind;
  readonly networkId: string;
  /** Every node is up and healthy. */
  readonly healthy: boolean;
  readonly nodes: readonly NodeStatus[];
}

/** A ledger that answers on its endpoints. Stopping it keeps its data. */
export interface RunningLedger {
  readonly kind: LedgerKind;
  /** The connection profile applications read. */
  readonly profileFile: string;
  status(): Promise<LedgerStatus>;
  stop(): Promise<void>;
}

export interface StartLedgerOptions {
  /** `auto`: Fabric where its programs are found, the embedded ledger otherwise. */
  readonly ledger: LedgerKind | 'auto';
  readonly stateDir: string;
  readonly topology: Topology;
  /** The self-contained chaincode file, started with `node`. */
  readonly chaincodeBundle: string;
  readonly onProgress?: OnProgress;
}
