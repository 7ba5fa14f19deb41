import { readFileSync } from 'node:fs';

import { type ChaincodeInterface, type ChaincodeResponse, ChaincodeStub, ClientIdentity, Shim } from 'fabric-shim';

type Transaction = (stub: ChaincodeStub, args: string[]) => Promise<string>;

/** The plain things a ledger must be able to do, and one that must fail; the network's own tests deploy it. */
const TRANSACTIONS: Readonly<Record<string, Transaction>> = {
  async put(stub, [key = '', value = '']) {
    await stub.putState(key, Buffer.from(value));
    stub.setEvent('put', Buffer.from(key));
    return '';
  },
  async get(stub, [key = '']) {
    return Buffer.from(await stub.getState(key)).toString();
  },
  async role(stub) {
    return new ClientIdentity(stub).getAttributeValue('chargecast.role') ?? 'none';
  },
  /** Each organisation's server has its own address: the endorsers can never agree. */
  async disagree(stub, [key = '']) {
    await stub.putState(key, Buffer.from(process.env.CHAINCODE_SERVER_ADDRESS ?? ''));
    return '';
  },
};

class PlainChaincode implements ChaincodeInterface {
  async Init(): Promise<ChaincodeResponse> {
    return Shim.success();
  }

  async Invoke(stub: ChaincodeStub): Promise<ChaincodeResponse> {
    const { fcn, params } = stub.getFunctionAndParameters();
    const transaction = TRANSACTIONS[fcn];
    if (!transaction) return Shim.error(Buffer.from(`no transaction ${fcn}`));
    return Shim.success(Buffer.from(await transaction(stub, params)));
  }
}

const variable = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
};

void Shim.server(new PlainChaincode(), {
  ccid: variable('CORE_CHAINCODE_ID_NAME'),
  address: variable('CHAINCODE_SERVER_ADDRESS'),
  tlsProps: {
    key: readFileSync(variable('CHAINCODE_TLS_KEY_FILE')),
    cert: readFileSync(variable('CHAINCODE_TLS_CERT_FILE')),
    clientCACerts: readFileSync(variable('CHAINCODE_TLS_CLIENT_CACERT_FILE')),
  },
}).start();
