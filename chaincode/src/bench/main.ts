/** What the benchmarks deploy: the chaincode as it is, and beside it the contract it is compared with. */
import '../quiet';
import { CONTRACTS } from '../coded-chaincode';
import { runChaincode } from '../run';
import { PlainContract } from './plain-contract';

runChaincode([...CONTRACTS, PlainContract]);
