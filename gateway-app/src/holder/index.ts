export {
  decodeCredentialRequest,
  decodeIssuedBatch,
  encodeCredentialRequest,
  encodeIssuedBatch,
} from './credential-codec';
export { openHolder } from './holder';
export { findSender, type OpenedMessage, openSealed } from './open-sealed';
export { decodePayload, encodePayload } from './payload';
export { approvedByGateways, countersignedByProvider, type GatewayClient } from './publication';
export { holderRoleCode, realIdentity } from './real-identity';
export { insist, isPassing, type Patience } from './retry';
export { type Holder, type HolderOptions, type HolderReplica, type HolderRole, type RecordPublisher } from './types';
