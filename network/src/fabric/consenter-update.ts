import { common, msp } from '@hyperledger/fabric-protos';

import { NetworkError } from '../errors';
import { ordererGroup } from './channel-configuration';

/** An orderer's new certificates, PEM. */
export interface ConsenterCertificates {
  readonly mspId: string;
  readonly identity: Buffer;
  readonly tls: Buffer;
}

const MAPPING = 'Orderers';
const POLICY = 'BlockValidation';

/**
 * The configuration update by which a channel takes the new certificates of an organisation's orderer: in the consenter
 * mapping, and in the policy for block signatures, which names the consenters' certificates too and which SmartBFT
 * refuses if it does not match the mapping.
 * @returns the unsigned envelope; undefined where the channel has the certificates already
 * @throws NetworkError `E_FABRIC_CONFIG` if the organisation has no orderer in the channel
 */
export function consenterUpdate(
  channel: string,
  config: common.Config,
  certificates: ConsenterCertificates,
): Buffer | undefined {
  const orderer = ordererGroup(config);
  const mapping = orderer.getValuesMap().get(MAPPING);
  const policy = orderer.getPoliciesMap().get(POLICY);
  const orderers = common.Orderers.deserializeBinary(mapping?.getValue_asU8() ?? new Uint8Array());
  const own = orderers.getConsenterMappingList().find((consenter) => consenter.getMspId() === certificates.mspId);
  if (!mapping || !policy || !own) {
    throw new NetworkError('E_FABRIC_CONFIG', `${certificates.mspId} has no SmartBFT orderer in ${channel}`);
  }
  const { identity, tls } = certificates;
  const present = [own.getIdentity_asU8(), own.getClientTlsCert_asU8(), own.getServerTlsCert_asU8()];
  if ([identity, tls, tls].every((wanted, index) => wanted.equals(present[index] as Uint8Array))) return undefined;
  own.setIdentity(identity);
  own.setClientTlsCert(tls);
  own.setServerTlsCert(tls);

  const written = group(orderer.getVersion());
  written.getValuesMap().set(MAPPING, nextValue(mapping, orderers));
  written.getPoliciesMap().set(POLICY, nextPolicy(policy, orderers));
  const root = config.getChannelGroup()?.getVersion() ?? 0;
  const update = new common.ConfigUpdate();
  update.setChannelId(channel);
  update.setReadSet(group(root, group(orderer.getVersion())));
  update.setWriteSet(group(root, written));
  return updateEnvelope(channel, update);
}

function group(version: number, orderer?: common.ConfigGroup): common.ConfigGroup {
  const made = new common.ConfigGroup();
  made.setVersion(version);
  if (orderer) made.getGroupsMap().set('Orderer', orderer);
  return made;
}

function nextValue(current: common.ConfigValue, orderers: common.Orderers): common.ConfigValue {
  const value = new common.ConfigValue();
  value.setVersion(current.getVersion() + 1);
  value.setModPolicy(current.getModPolicy());
  value.setValue(orderers.serializeBinary());
  return value;
}

/** The same rule over the consenters' present certificates. */
function nextPolicy(current: common.ConfigPolicy, orderers: common.Orderers): common.ConfigPolicy {
  const rule = common.SignaturePolicyEnvelope.deserializeBinary(
    current.getPolicy()?.getValue_asU8() ?? new Uint8Array(),
  );
  rule.setIdentitiesList(orderers.getConsenterMappingList().map(principalOf));
  const policy = new common.Policy();
  policy.setType(common.Policy.PolicyType.SIGNATURE);
  policy.setValue(rule.serializeBinary());
  const next = new common.ConfigPolicy();
  next.setVersion(current.getVersion() + 1);
  next.setModPolicy(current.getModPolicy());
  next.setPolicy(policy);
  return next;
}

function principalOf(consenter: common.Consenter): msp.MSPPrincipal {
  const identity = new msp.SerializedIdentity();
  identity.setMspid(consenter.getMspId());
  identity.setIdBytes(consenter.getIdentity_asU8());
  const principal = new msp.MSPPrincipal();
  principal.setPrincipalClassification(msp.MSPPrincipal.Classification.IDENTITY);
  principal.setPrincipal(identity.serializeBinary());
  return principal;
}

function updateEnvelope(channel: string, update: common.ConfigUpdate): Buffer {
  const content = new common.ConfigUpdateEnvelope();
  content.setConfigUpdate(update.serializeBinary());
  const channelHeader = new common.ChannelHeader();
  channelHeader.setType(common.HeaderType.CONFIG_UPDATE);
  channelHeader.setChannelId(channel);
  const header = new common.Header();
  header.setChannelHeader(channelHeader.serializeBinary());
  const payload = new common.Payload();
  payload.setHeader(header);
  payload.setData(content.serializeBinary());
  const envelope = new common.Envelope();
  envelope.setPayload(payload.serializeBinary());
  return Buffer.from(envelope.serializeBinary());
}
