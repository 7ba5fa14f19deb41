import { type CssMaterial, type NetworkMaterial, type OrganisationMaterial } from '../pki/organisation';
import { type CssOrganisation, endorsementQuorum, type OrderingSettings, type Topology } from '../topology';

/** The profile `configtxgen -profile` is asked for. */
export const CHANNEL_PROFILE = 'Channel';

interface Policy {
  readonly Type: 'Signature' | 'ImplicitMeta';
  readonly Rule: string;
}

type Policies = Record<string, Policy>;

const signature = (Rule: string): Policy => ({ Type: 'Signature', Rule });
const meta = (Rule: string): Policy => ({ Type: 'ImplicitMeta', Rule });

/**
 * The content of `configtx.yaml` (JSON is YAML). Who endorses, orders and governs are the CSS organisations, named in
 * signature policies: an implicit MAJORITY would count the client-only organisations too.
 */
export function channelConfig(topology: Topology, material: NetworkMaterial): object {
  return {
    Profiles: {
      [CHANNEL_PROFILE]: {
        Capabilities: { V3_0: true },
        Policies: {
          Readers: meta('ANY Readers'),
          Writers: meta('ANY Writers'),
          Admins: meta('MAJORITY Admins'),
        },
        Orderer: ordererSection(topology, material),
        Application: {
          Organizations: [
            ...topology.organisations.map((organisation) =>
              cssSection(organisation, cssMaterial(material, organisation)),
            ),
            ...topology.clientOrganisations.map(({ mspId }) => clientSection(mspId, clientMaterial(material, mspId))),
          ],
          Policies: {
            Readers: meta('ANY Readers'),
            Writers: meta('ANY Writers'),
            Admins: signature(majorityOf(topology, 'admin')),
            Endorsement: signature(majorityOf(topology, 'peer')),
            LifecycleEndorsement: signature(majorityOf(topology, 'peer')),
          },
          Capabilities: { V2_5: true },
        },
      },
    },
  };
}

function majorityOf(topology: Topology, role: 'peer' | 'admin'): string {
  const principals = topology.organisations.map(({ mspId }) => `'${mspId}.${role}'`);
  return `OutOf(${endorsementQuorum(topology)}, ${principals.join(', ')})`;
}

function ordererSection(topology: Topology, material: NetworkMaterial): object {
  const { ordering } = topology;
  return {
    OrdererType: 'BFT',
    // With SmartBFT the batch time-out and PreferredMaxBytes do not act; Fabric still demands them.
    BatchTimeout: duration(ordering.requestBatchMaxInterval),
    BatchSize: {
      MaxMessageCount: ordering.maxMessageCount,
      AbsoluteMaxBytes: ordering.absoluteMaxBytes,
      PreferredMaxBytes: ordering.absoluteMaxBytes,
    },
    SmartBFT: smartBftOptions(ordering),
    ConsenterMapping: topology.organisations.map((organisation, index) => {
      const { orderer } = cssMaterial(material, organisation);
      return {
        ID: index + 1,
        Host: organisation.host,
        Port: organisation.ports.consensus ?? organisation.ports.orderer,
        MSPID: organisation.mspId,
        Identity: orderer.certPath,
        ClientTLSCert: orderer.tls.certPath,
        ServerTLSCert: orderer.tls.certPath,
      };
    }),
    Organizations: topology.organisations.map((organisation) =>
      cssSection(organisation, cssMaterial(material, organisation)),
    ),
    Capabilities: { V2_0: true },
    Policies: {
      Readers: meta('ANY Readers'),
      Writers: meta('ANY Writers'),
      Admins: meta('MAJORITY Admins'),
      // configtxgen replaces this by the Byzantine quorum of the consenters' signatures.
      BlockValidation: meta('ANY Writers'),
    },
  };
}

function smartBftOptions(ordering: OrderingSettings): object {
  return {
    RequestBatchMaxInterval: duration(ordering.requestBatchMaxInterval),
    RequestForwardTimeout: duration(ordering.requestForwardTimeout),
    RequestComplainTimeout: duration(ordering.requestComplainTimeout),
    RequestAutoRemoveTimeout: duration(ordering.requestAutoRemoveTimeout),
    ViewChangeResendInterval: duration(ordering.viewChangeResendInterval),
    ViewChangeTimeout: duration(ordering.viewChangeTimeout),
    LeaderHeartbeatTimeout: duration(ordering.leaderHeartbeatTimeout),
    LeaderHeartbeatCount: ordering.leaderHeartbeatCount,
    CollectTimeout: duration(ordering.collectTimeout),
    IncomingMessageBufferSize: ordering.incomingMessageBufferSize,
    RequestPoolSize: ordering.requestPoolSize,
  };
}

function cssSection(organisation: CssOrganisation, { mspDirectory }: CssMaterial): object {
  const { mspId, host, ports } = organisation;
  return {
    Name: mspId,
    ID: mspId,
    MSPDir: mspDirectory,
    Policies: { ...memberPolicies(mspId), Endorsement: signature(`OR('${mspId}.peer')`) },
    OrdererEndpoints: [`${host}:${ports.orderer}`],
    AnchorPeers: [{ Host: host, Port: ports.peer }],
  };
}

function clientSection(mspId: string, { mspDirectory }: OrganisationMaterial): object {
  return { Name: mspId, ID: mspId, MSPDir: mspDirectory, Policies: memberPolicies(mspId) };
}

function memberPolicies(mspId: string): Policies {
  return {
    Readers: signature(`OR('${mspId}.member')`),
    Writers: signature(`OR('${mspId}.member')`),
    Admins: signature(`OR('${mspId}.admin')`),
  };
}

export function cssMaterial({ css }: NetworkMaterial, { mspId }: CssOrganisation): CssMaterial {
  return css.get(mspId) as CssMaterial;
}

function clientMaterial({ clients }: NetworkMaterial, mspId: string): OrganisationMaterial {
  return clients.get(mspId) as OrganisationMaterial;
}

/** Go's notation for a number of milliseconds. */
export function duration(milliseconds: number): string {
  return `${milliseconds}ms`;
}
