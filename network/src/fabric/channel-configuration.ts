import { common } from '@hyperledger/fabric-protos';

import { NetworkError } from '../errors';

/**
 * The configuration in a channel's configuration block.
 * @throws NetworkError `E_FABRIC_CONFIG` if it is none
 */
export function configurationOf(block: Uint8Array): common.Config {
  try {
    const [data] = common.Block.deserializeBinary(block).getData()?.getDataList_asU8() ?? [];
    const payload = common.Payload.deserializeBinary(
      common.Envelope.deserializeBinary(data ?? new Uint8Array()).getPayload_asU8(),
    );
    const config = common.ConfigEnvelope.deserializeBinary(payload.getData_asU8()).getConfig();
    if (config?.getChannelGroup()) return config;
  } catch (error) {
    throw new NetworkError('E_FABRIC_CONFIG', 'what the peer gave is not a configuration block', { cause: error });
  }
  throw new NetworkError('E_FABRIC_CONFIG', 'what the peer gave is not a configuration block');
}

/** @throws NetworkError `E_FABRIC_CONFIG` if the channel has no ordering section */
export function ordererGroup(config: common.Config): common.ConfigGroup {
  const group = config.getChannelGroup()?.getGroupsMap().get('Orderer');
  if (group) return group;
  throw new NetworkError('E_FABRIC_CONFIG', 'the channel’s configuration has no ordering section');
}
