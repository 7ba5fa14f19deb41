import { common, msp } from '@hyperledger/fabric-protos';

import { makeBlock } from './blocks';
import { type OrganisationOptions } from './options';
import { type AccessPolicy, type ChannelPolicies } from './policies';

const { MSPRole, MSPPrincipal } = msp;
type Role = msp.MSPRole.MSPRoleTypeMap[keyof msp.MSPRole.MSPRoleTypeMap];

const VALID = 0;

/**
 * Block 0 of a channel: a channel configuration in Fabric's form, from which anyone who reads the chain takes the
 * members' certificate authorities and the policies its transactions were validated by.
 */
export function genesisBlock(
  channel: string,
  policies: ChannelPolicies,
  organisations: readonly OrganisationOptions[],
): common.Block {
  const members = organisations.filter(({ mspId }) => policies.isMember(mspId));
  const config = new common.Config();
  config.setChannelGroup(channelGroup(policies, members));
  const envelope = new common.ConfigEnvelope();
  envelope.setConfig(config);
  return makeBlock(0, new Uint8Array(), [configEnvelope(channel, envelope.serializeBinary())], [VALID]);
}

function configEnvelope(channel: string, data: Uint8Array): Uint8Array {
  const channelHeader = new common.ChannelHeader();
  channelHeader.setType(common.HeaderType.CONFIG);
  channelHeader.setChannelId(channel);
  const header = new common.Header();
  header.setChannelHeader(channelHeader.serializeBinary());
  header.setSignatureHeader(new common.SignatureHeader().serializeBinary());
  const payload = new common.Payload();
  payload.setHeader(header);
  payload.setData(data);
  const envelope = new common.Envelope();
  envelope.setPayload(payload.serializeBinary());
  return envelope.serializeBinary();
}

function channelGroup(policies: ChannelPolicies, members: readonly OrganisationOptions[]): common.ConfigGroup {
  const application = new common.ConfigGroup();
  for (const member of members) application.getGroupsMap().set(member.mspId, organisationGroup(policies, member));
  for (const name of ['Readers', 'Writers'] as const) setPolicy(application, name, anyOf(name));
  setPolicy(
    application,
    'Endorsement',
    signaturePolicy(policies.endorsement.quorum, policies.endorsers, [MSPRole.MSPRoleType.PEER]),
  );
  const group = new common.ConfigGroup();
  group.getGroupsMap().set('Application', application);
  return group;
}

function organisationGroup(policies: ChannelPolicies, organisation: OrganisationOptions): common.ConfigGroup {
  const { mspId } = organisation;
  const { MEMBER } = MSPRole.MSPRoleType;
  const group = new common.ConfigGroup();
  const value = new common.ConfigValue();
  value.setValue(mspConfig(organisation));
  value.setModPolicy('Admins');
  group.getValuesMap().set('MSP', value);
  setPolicy(group, 'Readers', signaturePolicy(1, [mspId], [MEMBER]));
  if (policies.mayWrite(mspId)) setPolicy(group, 'Writers', signaturePolicy(1, [mspId], [MEMBER]));
  return group;
}

function setPolicy(group: common.ConfigGroup, name: string, policy: common.Policy): void {
  const entry = new common.ConfigPolicy();
  entry.setPolicy(policy);
  entry.setModPolicy('Admins');
  group.getPoliciesMap().set(name, entry);
}

function anyOf(name: AccessPolicy): common.Policy {
  const rule = new common.ImplicitMetaPolicy();
  rule.setSubPolicy(name);
  rule.setRule(common.ImplicitMetaPolicy.Rule.ANY);
  return policy(common.Policy.PolicyType.IMPLICIT_META, rule.serializeBinary());
}

/** `quorum` signatures of the principals organisation × role. */
function signaturePolicy(quorum: number, mspIds: readonly string[], roles: readonly Role[]): common.Policy {
  const principals = mspIds.flatMap((mspId) => roles.map((role) => principal(mspId, role)));
  const nOutOf = new common.SignaturePolicy.NOutOf();
  nOutOf.setN(quorum);
  nOutOf.setRulesList(
    principals.map((_, index) => {
      const rule = new common.SignaturePolicy();
      rule.setSignedBy(index);
      return rule;
    }),
  );
  const rule = new common.SignaturePolicy();
  rule.setNOutOf(nOutOf);
  const envelope = new common.SignaturePolicyEnvelope();
  envelope.setRule(rule);
  envelope.setIdentitiesList(principals);
  return policy(common.Policy.PolicyType.SIGNATURE, envelope.serializeBinary());
}

function principal(mspId: string, role: Role): msp.MSPPrincipal {
  const mspRole = new MSPRole();
  mspRole.setMspIdentifier(mspId);
  mspRole.setRole(role);
  const message = new MSPPrincipal();
  message.setPrincipalClassification(MSPPrincipal.Classification.ROLE);
  message.setPrincipal(mspRole.serializeBinary());
  return message;
}

function policy(type: number, value: Uint8Array): common.Policy {
  const message = new common.Policy();
  message.setType(type);
  message.setValue(value);
  return message;
}

function mspConfig(organisation: OrganisationOptions): Uint8Array {
  const { mspId, rootCertificatesPem, intermediateCertificatesPem = [] } = organisation;
  const units = new msp.FabricNodeOUs();
  units.setEnable(true);
  units.setClientOuIdentifier(organisationalUnit('client'));
  units.setPeerOuIdentifier(organisationalUnit('peer'));
  units.setAdminOuIdentifier(organisationalUnit('admin'));
  units.setOrdererOuIdentifier(organisationalUnit('orderer'));
  const fabric = new msp.FabricMSPConfig();
  fabric.setName(mspId);
  fabric.setRootCertsList(rootCertificatesPem.map((pem) => Buffer.from(pem)));
  fabric.setIntermediateCertsList(intermediateCertificatesPem.map((pem) => Buffer.from(pem)));
  fabric.setFabricNodeOus(units);
  const config = new msp.MSPConfig();
  config.setConfig(fabric.serializeBinary());
  return config.serializeBinary();
}

function organisationalUnit(name: string): msp.FabricOUIdentifier {
  const unit = new msp.FabricOUIdentifier();
  unit.setOrganizationalUnitIdentifier(name);
  return unit;
}
