export { NetworkError, type NetworkErrorCode } from './errors';
export * from './fabric';
export { type ExistingNetwork, importProfile, type OrganisationSource } from './import-profile';
export * from './ledger';
export * from './pki';
export { freePorts, type FreePortsOptions, type PortRange } from './free-ports';
export { assertPortsFree, isPortFree } from './ports';
export { isSameProcess } from './process-identity';
export {
  type ConnectionProfile,
  type LedgerKind,
  type OrganisationRole,
  parseProfile,
  profileIdentities,
  type ProfileGateway,
  type ProfileIdentity,
  type ProfileOrganisation,
  readProfile,
  writeProfile,
} from './profile';
export { chooseLedger, existingLedger, startLedger } from './start-ledger';
export * from './default-topology';
export * from './topology';
export { validateTopology } from './topology-rules';
