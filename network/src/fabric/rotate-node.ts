import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { NetworkError } from '../errors';
import { writePrivateFile } from '../pki/files';
import { materialiseNetwork } from '../pki/organisation';
import { adoptRenewal, prepareRenewal } from '../pki/renewal';
import { withStateLock } from '../state-lock';
import { channelNames } from '../topology';
import { until } from '../until';
import { configurationOf } from './channel-configuration';
import { type ConsenterCertificates, consenterUpdate } from './consenter-update';
import { type FabricNode, layoutOf, nodeNamed, nodesOf } from './layout';
import { startNode } from './node-commands';
import { Nodes } from './nodes';
import { type PeerAdmin } from './peer-admin';
import { type NetworkContext, peerAdmins } from './peer-admins';
import { findFabric } from './programs';
import { requireState } from './state';

export interface RotateOptions {
  readonly onProgress?: (step: string) => void;
}

/**
 * Gives a node new keys and certificates of its organisation's own authorities and restarts it with them. An orderer's
 * are first taken into both channels' configurations, signed by a majority of the administrators. An interrupted rotation
 * is completed by another call.
 * @throws NetworkError `E_FABRIC_NODE_UNKNOWN`, `E_FABRIC_STATE` (too few nodes run), `E_FABRIC_TOOL`, `E_FABRIC_TIMEOUT`
 */
export async function rotateNode(stateDir: string, name: string, { onProgress }: RotateOptions = {}): Promise<void> {
  const layout = layoutOf(stateDir);
  // Before the lock, which would make the folder.
  await requireState(layout);
  await withStateLock(layout.lockFile, async () => {
    const { topology } = await requireState(layout);
    const node = nodeNamed(topology, name);
    const { kind, organisation } = node;
    const material = await materialiseNetwork(topology, layout.root);
    const context: NetworkContext = { topology, layout, programs: await findFabric(), material };
    const table = new Nodes(topology, layout);
    const { certPath, tlsCertPath } = await prepareRenewal(organisation, layout.root, kind);
    if (kind === 'orderer') {
      const [identity, tls] = await Promise.all([readFile(certPath as string), readFile(tlsCertPath)]);
      await reconfigure(context, table, node, { mspId: organisation.mspId, identity, tls }, onProgress);
    }
    onProgress?.(`${node.name} restarts`);
    await table.stop([node]);
    await adoptRenewal(organisation, layout.root, kind);
    // The peer keeps the certificate it shows to its chaincode server in what it built of the package.
    if (kind === 'peer')
      await rm(join(layout.node(node).data, 'externalbuilder', 'builds'), { recursive: true, force: true });
    await startNode(stateDir, node.name);
  });
}

async function reconfigure(
  context: NetworkContext,
  table: Nodes,
  node: FabricNode,
  certificates: ConsenterCertificates,
  onProgress: RotateOptions['onProgress'],
): Promise<void> {
  const admins = await signers(context, table, node);
  const work = await mkdtemp(join(tmpdir(), 'chargecast-rotate-'));
  try {
    for (const channel of channelNames(context.topology)) {
      onProgress?.(`${channel} takes the new certificates`);
      await updateChannel(channel, admins, certificates, { work, deadline: context.topology.timeouts.step });
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  // It ceases to be a consenter under its old certificate; with the blocks that say so it begins anew as one.
  if ((await table.running([node]))[0]) await table.waitCaughtUp(node);
}

/** A majority of the administrators whose peers run, sending to an orderer that runs and stays. */
async function signers(context: NetworkContext, table: Nodes, node: FabricNode): Promise<readonly PeerAdmin[]> {
  const nodes = nodesOf(context.topology);
  const running = await table.running(nodes);
  const serving = nodes.filter((_, index) => running[index]);
  const ordering = serving.find(({ kind, name }) => kind === 'orderer' && name !== node.name);
  const mspIds = serving.filter(({ kind }) => kind === 'peer').map(({ organisation }) => organisation.mspId);
  const needed = Math.floor(context.topology.organisations.length / 2) + 1;
  if (!ordering || mspIds.length < needed) {
    throw new NetworkError(
      'E_FABRIC_STATE',
      `a configuration update needs ${needed} peers and another orderer running: start the network first`,
    );
  }
  return peerAdmins(context, ordering.organisation)
    .filter(({ mspId }) => mspIds.includes(mspId))
    .slice(0, needed);
}

async function updateChannel(
  channel: string,
  admins: readonly PeerAdmin[],
  certificates: ConsenterCertificates,
  { work, deadline }: { work: string; deadline: number },
): Promise<void> {
  const [submitter, ...others] = admins as [PeerAdmin, ...PeerAdmin[]];
  const pending = async (): Promise<Buffer | undefined> => {
    const block = join(work, `${channel}.block`);
    await submitter.fetchConfiguration(channel, block);
    return consenterUpdate(channel, configurationOf(await readFile(block)), certificates);
  };
  const update = await pending();
  if (!update) return;
  const file = join(work, `${channel}.update`);
  await writePrivateFile(file, update);
  for (const admin of others) await admin.signUpdate(file);
  await submitter.submitUpdate(channel, file);
  await until(async () => ((await pending()) === undefined ? true : undefined), {
    deadline,
    interval: 500,
    onTimeout: (cause) =>
      new NetworkError(
        'E_FABRIC_TIMEOUT',
        `${channel} has not taken the new certificates: look at the orderers’ logs`,
        {
          cause,
        },
      ),
  });
}
