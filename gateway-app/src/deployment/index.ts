export { startChildRole, type ChildRole } from './child-role';
export { type Consortium, providerMspId, startConsortium, topologyOf } from './consortium';
export { Deployment, type DeploymentOptions, type RoleHandle, type RoleMode } from './deployment';
export { type ExistingNetwork, gatewayCount, readExistingNetwork } from './existing-network';
export { contractOf, type Fleet, fleetOf, type FleetPile, type FleetVehicle, vehicleName } from './fleet';
export { type Layout, layoutOf } from './layout';
export { type Manifest, readManifest, writeManifest } from './manifest';
export {
  addPerson,
  type IssuedPerson,
  listPeople,
  type PeoplePlaces,
  peoplePlaces,
  type PersonFiles,
  removePerson,
} from './people';
export { HOST } from './host';
export { restAddressOf } from './rest-address';
export { writeRoleConfigs } from './role-configs';
export { pileAddresses, type RolePlace, rolePlaces } from './role-places';
export { CHAINCODE_BUNDLE, ROOT } from './root';
