import { type Channel } from '../ledger/port';
import {
  type Alarm,
  type Block,
  type BlockDetail,
  type CertificateSummary,
  type ChannelSummary,
  type Nodes,
  type Reader,
  type Sigma,
  type SigmaDetail,
} from './schemas';

/** Where in a list of σ, newest first, a page ended: σ before this one follow. */
export interface SigmaPlace {
  readonly block: number;
  readonly transaction: number;
  readonly index: number;
}

/** Part of a list of σ; `place` says where to go on, even where the part is empty. */
export interface SigmaPart {
  readonly items: readonly Sigma[];
  readonly place: SigmaPlace | null;
}

/** What a gateway knows of the consortium and lets members' people see: nothing of it names a vehicle or a customer. */
export interface ConsortiumView {
  channels(): Promise<readonly ChannelSummary[]>;
  /** Newest first. @param before number of a block to begin below */
  blocks(channel: Channel, before: number | null, limit: number): Promise<readonly Block[]>;
  block(channel: Channel, number: number): Promise<BlockDetail | null>;
  /** Fabric's `common.Block`. */
  blockBytes(channel: Channel, number: number): Promise<Uint8Array | null>;
  /** Newest first; may be fewer than `limit`, or none, though more follow. */
  sigmas(before: SigmaPlace | null, limit: number): Promise<SigmaPart>;
  sigma(id: string): Promise<SigmaDetail | null>;
  sigmaBytes(id: string): Promise<Uint8Array | null>;
  /** By name. */
  readers(): Promise<readonly Reader[]>;
  /** As far as the gateway sees them: every node of a ledger on its machine, else those it may be reached by. */
  nodes(): Promise<Nodes>;
  /** In the order of their ids. */
  certificates(after: string | null, limit: number): Promise<readonly CertificateSummary[]>;
  alarms(): Promise<readonly Alarm[]>;
}
