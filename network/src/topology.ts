import { validateTopology } from './topology-rules';

export { validateTopology };

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

export const DEFAULT_BASE_PORT = 17050;
export const PORTS_PER_ORGANISATION = 10;

const ORDERING: OrderingSettings = {
  maxMessageCount: 500,
  absoluteMaxBytes: 10 * 1024 * 1024,
  requestBatchMaxInterval: 100,
  requestForwardTimeout: 2_000,
  requestComplainTimeout: 4_000,
  requestAutoRemoveTimeout: 180_000,
  viewChangeResendInterval: 2_000,
  viewChangeTimeout: 10_000,
  leaderHeartbeatTimeout: 5_000,
  leaderHeartbeatCount: 10,
  collectTimeout: 1_000,
  requestPoolSize: 10_000,
  incomingMessageBufferSize: 200,
  reconnectMaxDelay: 3_000,
};

const TIMEOUTS: TimeoutSettings = {
  authenticationWindow: 60_000,
  endorsement: 30_000,
  broadcast: 30_000,
  chaincodeExecution: 30_000,
  peerReconnectThreshold: 5_000,
  start: 60_000,
  step: 60_000,
  stop: 10_000,
};

const CSS_IDENTITIES: readonly IdentitySpec[] = [
  { name: 'admin', ou: 'admin', role: 'admin' },
  { name: 'relay', ou: 'client', role: 'relay' },
];

const CLIENT_ORGANISATIONS: readonly ClientOrganisation[] = [
  {
    mspId: 'KGCMSP',
    name: 'kgc',
    domain: 'kgc.chargecast.test',
    role: 'kgc',
    identities: [
      { name: 'admin', ou: 'admin', role: 'admin' },
      { name: 'kgc', ou: 'client', role: 'kgc' },
    ],
  },
  ...[1, 2].map((index): ClientOrganisation => ({
    mspId: `ESP${index}MSP`,
    name: `esp${index}`,
    domain: `esp${index}.chargecast.test`,
    role: 'esp',
    identities: [
      { name: 'admin', ou: 'admin', role: 'admin' },
      { name: 'provider', ou: 'client', role: 'provider' },
    ],
  })),
  {
    mspId: 'ReadersMSP',
    name: 'readers',
    domain: 'readers.chargecast.test',
    role: 'readers',
    identities: [
      { name: 'admin', ou: 'admin', role: 'admin' },
      { name: 'auditor', ou: 'client', role: 'auditor' },
      { name: 'government', ou: 'client', role: 'government' },
      { name: 'owner', ou: 'client', role: 'owner' },
      { name: 'carmaker', ou: 'client', role: 'carmaker' },
    ],
  },
];

export interface TopologyOptions {
  /** CSS organisations, default 4. */
  readonly organisations?: number;
  readonly basePort?: number;
  readonly networkId?: string;
}

/**
 * The default consortium: four CSS organisations (l = 1), or more; seven tolerate l = 2, ten l = 3.
 * @throws NetworkError E_TOPOLOGY for fewer than four
 */
export function defaultTopology(options: TopologyOptions = {}): Topology {
  const count = options.organisations ?? 4;
  const basePort = options.basePort ?? DEFAULT_BASE_PORT;
  return validateTopology({
    networkId: options.networkId ?? 'chargecast',
    chaincode: 'chargecast',
    channels: { certchain: 'certchain', datachain: 'datachain' },
    organisations: Array.from({ length: count }, (_, index) => cssOrganisation(index + 1, basePort)),
    clientOrganisations: CLIENT_ORGANISATIONS,
    byzantineFaults: Math.max(1, toleratedFaults(count)),
    ordering: ORDERING,
    timeouts: TIMEOUTS,
  });
}

function cssOrganisation(number: number, basePort: number): CssOrganisation {
  const first = basePort + (number - 1) * PORTS_PER_ORGANISATION;
  return {
    mspId: `CSS${number}MSP`,
    name: `css${number}`,
    domain: `css${number}.chargecast.test`,
    host: '127.0.0.1',
    ports: {
      peer: first,
      peerOperations: first + 1,
      peerChaincode: first + 2,
      orderer: first + 3,
      ordererAdmin: first + 4,
      ordererOperations: first + 5,
      chaincode: first + 6,
    },
    identities: CSS_IDENTITIES,
  };
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
