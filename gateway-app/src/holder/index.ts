export { Announcements } from './announcement';
export { type Centre, Centres } from './centres';
export {
  decodeCredentialRequest,
  decodeIssuedBatch,
  encodeCredentialRequest,
  encodeIssuedBatch,
} from './credential-codec';
export { fittingParts } from './fitting';
export { openHolder } from './holder';
export { findSender, type OpenedMessage, openSealed } from './open-sealed';
export { decodePayload, encodePayload } from './payload';
export { approvedByGateways, countersignedByProvider, type GatewayClient } from './publication';
export { holderRoleCode, isOfProcess, realIdentity, splitName } from './real-identity';
export { insist, isPassing, isPassingCode, type Patience } from './retry';
export { type Holder, type HolderOptions, type HolderReplica, type HolderRole, type RecordPublisher } from './types';
export { assembleRole, prepareProcess, type RoleProcess, type Undo } from './role-process';
