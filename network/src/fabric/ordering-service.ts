import { connect } from 'node:net';

import { common, msp } from '@hyperledger/fabric-protos';

import { NetworkError } from '../errors';
import { ordererGroup } from './channel-configuration';

const CONNECT_TIMEOUT = 3_000;

/** Where a channel's transactions can be sent, `host:port`, and the root certificates of those who listen there (PEM). */
export interface OrderingService {
  readonly endpoints: readonly string[];
  readonly tlsRootsPem: string;
}

export function orderingService(config: common.Config): OrderingService {
  const organisations = [...ordererGroup(config).getGroupsMap().entries()].map(([, group]) => group);
  const own = organisations.flatMap((group) => addresses(group, 'Endpoints'));
  const channel = config.getChannelGroup();
  return {
    endpoints: own.length > 0 || !channel ? own : addresses(channel, 'OrdererAddresses'),
    tlsRootsPem: organisations.flatMap(tlsRoots).join('\n'),
  };
}

function addresses(group: common.ConfigGroup, name: string): string[] {
  const value = group.getValuesMap().get(name)?.getValue_asU8() ?? new Uint8Array();
  return common.OrdererAddresses.deserializeBinary(value).getAddressesList();
}

function tlsRoots(organisation: common.ConfigGroup): string[] {
  const value = organisation.getValuesMap().get('MSP')?.getValue_asU8() ?? new Uint8Array();
  const config = msp.FabricMSPConfig.deserializeBinary(msp.MSPConfig.deserializeBinary(value).getConfig_asU8());
  return [...config.getTlsRootCertsList_asU8(), ...config.getTlsIntermediateCertsList_asU8()].map((pem) =>
    Buffer.from(pem).toString('utf8'),
  );
}

/**
 * The first orderer that takes a connection, `host:port`.
 * @throws NetworkError `E_FABRIC_ORDERER` if none does
 */
export async function reachableOrderer(channel: string, { endpoints }: OrderingService): Promise<string> {
  for (const endpoint of endpoints) if (await accepts(endpoint)) return endpoint;
  throw new NetworkError(
    'E_FABRIC_ORDERER',
    `none of the orderers of ${channel} can be reached (${endpoints.join(', ')}): check their names and addresses from this machine`,
  );
}

function accepts(endpoint: string): Promise<boolean> {
  const split = endpoint.lastIndexOf(':');
  return new Promise((resolve) => {
    const socket = connect({
      host: endpoint.slice(0, split).replace(/^\[|\]$/g, ''),
      port: Number(endpoint.slice(split + 1)),
    });
    const answer = (connected: boolean): void => {
      socket.destroy();
      resolve(connected);
    };
    socket.setTimeout(CONNECT_TIMEOUT, () => answer(false));
    socket.once('connect', () => answer(true)).once('error', () => answer(false));
  });
}
