export {
  type ChannelDeployment,
  type InstalledPackage,
  memberDeploy,
  type MemberDeployment,
  type MemberDeployOptions,
} from './member-deployment';
export {
  fabricDeploy,
  fabricDown,
  type FabricDownOptions,
  fabricStatus,
  fabricUp,
  type FabricUpOptions,
  runningFabric,
} from './network';
export {
  killNode,
  nodeLogFile,
  nodeLogs,
  slowNode,
  type SlowNodeOptions,
  startNode,
  type StartNodeOptions,
} from './node-commands';
export { FABRIC_INSTALLATION_PAGE, type FabricPrograms, findFabric, probeFabric } from './programs';
export { rotateNode, type RotateOptions } from './rotate-node';
