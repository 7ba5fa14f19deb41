import {
  type ClientOrganisation,
  type ClientOrganisationRole,
  type CssOrganisation,
  type IdentitySpec,
  type LedgerRole,
  type OrderingSettings,
  type TimeoutSettings,
  type Topology,
  toleratedFaults,
} from './topology';
import { validateTopology } from './topology-rules';

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

const CLIENT_ORGANISATIONS: readonly ClientOrganisation[] = [
  clientOrganisation('KGCMSP', 'kgc', 'kgc', ['kgc']),
  clientOrganisation('ESP1MSP', 'esp1', 'esp', ['provider']),
  clientOrganisation('ESP2MSP', 'esp2', 'esp', ['provider']),
  clientOrganisation('ReadersMSP', 'readers', 'readers', ['auditor', 'government', 'owner', 'carmaker']),
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
    domain: domainOf(`css${number}`),
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
    identities: identitiesOf(['relay']),
  };
}

function clientOrganisation(
  mspId: string,
  name: string,
  role: ClientOrganisationRole,
  clients: readonly LedgerRole[],
): ClientOrganisation {
  return { mspId, name, domain: domainOf(name), role, identities: identitiesOf(clients) };
}

function domainOf(name: string): string {
  return `${name}.chargecast.test`;
}

/** An administrator, and a client for each role, by its name. */
function identitiesOf(clients: readonly LedgerRole[]): IdentitySpec[] {
  return [
    { name: 'admin', ou: 'admin', role: 'admin' },
    ...clients.map((role): IdentitySpec => ({ name: role, ou: 'client', role })),
  ];
}
