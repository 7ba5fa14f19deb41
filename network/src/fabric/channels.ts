import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { allSettled } from '../all-settled';
import { NetworkError } from '../errors';
import { exists, writePrivateFile } from '../pki/files';
import { type NetworkMaterial } from '../pki/organisation';
import { channelNames, type Topology } from '../topology';
import { CHANNEL_PROFILE, channelConfig, cssMaterial } from './channel-config';
import { type Layout } from './layout';
import { joinOrderer } from './participation';
import { type PeerAdmin } from './peer-admin';
import { inheritedEnvironment } from './processes';
import { type FabricPrograms } from './programs';

const run = promisify(execFile);

/** Makes each channel's genesis block; a block once made is kept, since the channel is founded on its bytes. */
export async function makeGenesisBlocks(
  topology: Topology,
  material: NetworkMaterial,
  layout: Layout,
  programs: FabricPrograms,
): Promise<void> {
  await allSettled(
    channelNames(topology).map(async (channel) => {
      const { configDirectory, genesisBlock } = layout.channel(channel);
      if (await exists(genesisBlock)) return;
      const config = `${JSON.stringify(channelConfig(topology, material), null, 2)}\n`;
      await writePrivateFile(join(configDirectory, 'configtx.yaml'), config);
      await configtxgen(programs.configtxgen, { channel, configDirectory, output: genesisBlock });
    }),
  );
}

async function configtxgen(
  program: string,
  { channel, configDirectory, output }: { channel: string; configDirectory: string; output: string },
): Promise<void> {
  const args = ['-profile', CHANNEL_PROFILE, '-channelID', channel, '-configPath', configDirectory];
  try {
    await run(program, [...args, '-outputBlock', output], { timeout: 30_000, env: inheritedEnvironment() });
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    const reason = /(?:PANI|FATA)[^>]*> (.*)/.exec(stderr)?.[1] ?? stderr.trim().split('\n').slice(-3).join(' ');
    throw new NetworkError('E_FABRIC_CONFIG', `configtxgen refuses the configuration of ${channel}: ${reason}`, {
      cause: error,
    });
  }
}

export async function joinOrderers(topology: Topology, material: NetworkMaterial, layout: Layout): Promise<void> {
  const blocks = await Promise.all(
    channelNames(topology).map(
      async (channel) => [channel, await readFile(layout.channel(channel).genesisBlock)] as const,
    ),
  );
  await allSettled(
    topology.organisations.map(async (organisation) => {
      const { tls } = cssMaterial(material, organisation).orderer;
      for (const [channel, block] of blocks) {
        await joinOrderer({ port: organisation.ports.ordererAdmin, tls }, channel, block);
      }
    }),
  );
}

/** @param joined per peer, in the admins' order, the channels it is already a member of */
export async function joinPeers(
  topology: Topology,
  layout: Layout,
  admins: readonly PeerAdmin[],
  joined: readonly (readonly string[])[],
): Promise<void> {
  await allSettled(
    admins.map(async (admin, index) => {
      for (const channel of channelNames(topology)) {
        if (!joined[index]?.includes(channel)) await admin.join(layout.channel(channel).genesisBlock);
      }
    }),
  );
}
