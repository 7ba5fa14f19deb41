import { type Contract, JSONSerializer } from 'fabric-contract-api';
import { type ChaincodeServerOpts, Shim } from 'fabric-shim';
import ChaincodeFromContract from 'fabric-shim/lib/contract-spi/chaincodefromcontract';

/** Runs a contract as a chaincode server in the clear; the ledger that starts it says where. */
export async function serve(contract: new () => Contract): Promise<void> {
  const { CHAINCODE_SERVER_ADDRESS: address = '', CORE_CHAINCODE_ID_NAME: ccid = '' } = process.env;
  const serializers = { transaction: 'json', serializers: { json: JSONSerializer } };
  const chaincode = new ChaincodeFromContract([contract], serializers, {}, contract.name, '1.0.0');
  // The shim's types demand tlsProps; the shim itself takes them as optional.
  await Shim.server(chaincode, { ccid, address } as ChaincodeServerOpts).start();
}
