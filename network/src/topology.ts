/**
 * The one description of a network. Certificates, channel configuration, node environments, endpoints and the
 * connection profile are all derived from a value of this type; nothing else names an organisation or a port.
 * Durations are milliseconds, sizes bytes.
 */
export interface Topology {
  readonly networkId: string;
  readonly chaincode: string;
  readonly channels: { readonly certchain: string; readonly datachain: string };
  /** Consortium members: each runs a peer, a SmartBFT orderer (consenter) and its own chaincode server. */
  readonly organisations: readonly CssOrganisation[];
  /** Members that submit and read but neither endorse nor order. */
  readonly clientOrganisations: readonly ClientOrganisation[];
  /** l of n ≥ 3l + 1: how many orderers may fail or lie. */
  readonly byzantineFaults: number;
  readonly ordering: OrderingSettings;
  readonly timeouts: TimeoutSettings;
}

export interface CssOrganisation {
  readonly mspId: string;
  /** Lower-case name used in folders and node names, e.g. `css1`. */
  readonly name: string;
  /** DNS domain the node names stand in; also TLS host name override. */
  readonly domain: string;
  /** Address its nodes listen on and are reached at. */
  readonly host: string;
  readonly ports: CssPorts;
  readonly identities: readonly IdentitySpec[];
}

export interface ClientOrganisation {
  readonly mspId: string;
  readonly name: string;
  readonly domain: string;
  readonly role: ClientOrganisationRole;
  readonly identities: readonly IdentitySpec[];
}

export type ClientOrganisationRole = 'kgc' | 'esp' | 'readers';

export interface CssPorts {
  readonly peer: number;
  readonly peerOperations: number;
  readonly peerChaincode: number;
  readonly orderer: number;
  /** Where the other orderers reach this one if not at `orderer`: a forwarded port, which is not opened here. */
  readonly consensus?: number;
  readonly ordererAdmin: number;
  readonly ordererOperations: number;
  readonly chaincode: number;
}

/** Value of the certificate attribute `chargecast.role`. A charging service company has none: it never transacts. */
export type LedgerRole = 'relay' | 'kgc' | 'provider' | 'auditor' | 'government' | 'owner' | 'carmaker' | 'admin';

export interface IdentitySpec {
  readonly name: string;
  readonly ou: 'client' | 'admin';
  readonly role: LedgerRole;
}

export interface OrderingSettings {
  /** Block cutting: with SmartBFT only these two and `requestBatchMaxInterval` act. */
  readonly maxMessageCount: number;
  readonly absoluteMaxBytes: number;
  readonly requestBatchMaxInterval: number;
  /** A lost leader is noticed after the earlier of the heartbeat and forward + complain time-outs. */
  readonly requestForwardTimeout: number;
  readonly requestComplainTimeout: number;
  readonly requestAutoRemoveTimeout: number;
  readonly viewChangeResendInterval: number;
  readonly viewChangeTimeout: number;
  readonly leaderHeartbeatTimeout: number;
  readonly leaderHeartbeatCount: number;
  readonly collectTimeout: number;
  readonly requestPoolSize: number;
  readonly incomingMessageBufferSize: number;
  /** Cap of the orderers' own reconnect back-off. */
  readonly reconnectMaxDelay: number;
}

export interface TimeoutSettings {
  /** How far a proposal's timestamp may lie from the peer's clock. */
  readonly authenticationWindow: number;
  readonly endorsement: number;
  readonly broadcast: number;
  readonly chaincodeExecution: number;
  /** Peer's block deliverer: longest pause between attempts to reach an orderer. */
  readonly peerReconnectThreshold: number;
  /** Until every process of the network has to report itself healthy. */
  readonly start: number;
  /** For a channel join, an approval or a commit to take effect. */
  readonly step: number;
  /** Between SIGTERM and SIGKILL. */
  readonly stop: number;
}

/** The largest l with n ≥ 3l + 1. */
export function toleratedFaults(orderers: number): number {
  return Math.floor((orderers - 1) / 3);
}

/** Endorsements a transaction needs: more than half of the CSS organisations. */
export function endorsementQuorum(topology: Topology): number {
  return Math.floor(topology.organisations.length / 2) + 1;
}

/** Orderer signatures a block needs: ⌈(n + l + 1) / 2⌉, the Byzantine quorum of SmartBFT (3 of 4). */
export function blockQuorum(orderers: number): number {
  return Math.ceil((orderers + toleratedFaults(orderers) + 1) / 2);
}

export function channelNames(topology: Topology): readonly string[] {
  return [topology.channels.certchain, topology.channels.datachain];
}

export function peerName(organisation: CssOrganisation): string {
  return `peer.${organisation.domain}`;
}

export function ordererName(organisation: CssOrganisation): string {
  return `orderer.${organisation.domain}`;
}

export function chaincodeHostName(organisation: CssOrganisation): string {
  return `chaincode.${organisation.domain}`;
}
