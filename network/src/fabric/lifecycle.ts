import { allSettled } from '../all-settled';
import { NetworkError } from '../errors';
import { channelNames, endorsementQuorum, type Topology } from '../topology';
import { until } from '../until';
import { type ChaincodePackage } from './chaincode-package';
import { type ChaincodeDefinition, type PeerAdmin } from './peer-admin';

export async function install(admins: readonly PeerAdmin[], packageFile: string): Promise<void> {
  await allSettled(admins.map((admin) => admin.install(packageFile)));
}

/** Approves and commits on every channel whose committed definition is not already this package's. */
export async function define(
  topology: Topology,
  admins: readonly PeerAdmin[],
  { version, packageId }: ChaincodePackage,
): Promise<void> {
  const [first] = admins;
  if (!first) throw new NetworkError('E_TOPOLOGY', 'no CSS organisation could commit the chaincode');
  await allSettled(
    channelNames(topology).map(async (channel) => {
      const current = await first.committed(channel, topology.chaincode);
      if (current?.version === version) return;
      const sequence = (current?.sequence ?? 0) + 1;
      const definition: ChaincodeDefinition = { name: topology.chaincode, version, sequence };
      await allSettled(admins.map((admin) => admin.approve(channel, definition, packageId)));
      await first.commit(
        channel,
        definition,
        admins.map(({ address }) => address),
      );
    }),
  );
}

/** Until every peer would gather a majority's endorsements by itself: gossip has told it of the others. */
export async function waitEndorsable(topology: Topology, admins: readonly PeerAdmin[]): Promise<void> {
  const quorum = endorsementQuorum(topology);
  await allSettled(
    admins.flatMap((admin) =>
      channelNames(topology).map((channel) =>
        until(async () => ((await admin.endorsers(channel, topology.chaincode)).length >= quorum ? true : undefined), {
          deadline: topology.timeouts.step,
          interval: 250,
          onTimeout: (cause) =>
            new NetworkError('E_FABRIC_TIMEOUT', `the peer of ${admin.mspId} does not find ${quorum} endorsers`, {
              cause,
            }),
        }),
      ),
    ),
  );
}
