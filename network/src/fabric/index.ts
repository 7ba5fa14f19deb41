export {
  fabricDeploy,
  fabricDown,
  type FabricDownOptions,
  fabricStatus,
  fabricUp,
  type FabricUpOptions,
  killNode,
  nodeLogFile,
  nodeLogs,
  runningFabric,
  startNode,
  type StartNodeOptions,
} from './network';
export { FABRIC_INSTALLATION_PAGE, type FabricPrograms, findFabric, probeFabric } from './programs';
