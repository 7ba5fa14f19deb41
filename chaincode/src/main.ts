import './quiet';
import { runChaincode } from './run';

runChaincode();
