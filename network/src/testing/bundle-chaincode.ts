export { bundleProbeChaincode as bundleLedgerChaincode } from '../differential/chaincode/bundle';
