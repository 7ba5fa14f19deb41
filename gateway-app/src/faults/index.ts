export { type FaultOptions, type FaultResult, measureFaults } from './network-faults';
