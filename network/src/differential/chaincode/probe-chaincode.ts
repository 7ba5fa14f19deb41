import { readFileSync } from 'node:fs';

import {
  type ChaincodeInterface,
  type ChaincodeResponse,
  type ChaincodeServerOpts,
  type ChaincodeStub,
  Shim,
} from 'fabric-shim';

type Transaction = (stub: ChaincodeStub, args: readonly string[]) => Promise<string | ChaincodeResponse>;

const lies = process.env.LIE === '1';

async function keysOf(iterator: AsyncIterable<{ key: string; value: Uint8Array }>): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key, value } of iterator) keys.push(`${key}=${Buffer.from(value).toString()}`);
  return keys;
}

/** What an organisation's own server is started with tells whose it is. */
function runsAt(mspId: string): boolean {
  return (process.env.CHAINCODE_TLS_CERT_FILE ?? '').includes(`/${mspId}/`);
}

/** Everything the ledgers' tests ask of a chaincode, the things the embedded ledger refuses among it. */
const TRANSACTIONS: Readonly<Record<string, Transaction>> = {
  async put(stub, [key = '', value = '']) {
    await stub.putState(key, Buffer.from(lies ? `${value}, says the liar` : value));
    stub.setEvent('put', Buffer.from(key));
    return value;
  },
  async quietPut(stub, [key = '', value = '']) {
    await stub.putState(key, Buffer.from(value));
    return '';
  },
  async get(stub, [key = '']) {
    return Buffer.from(await stub.getState(key)).toString();
  },
  async increment(stub, [key = '']) {
    const next = Number(Buffer.from(await stub.getState(key)).toString() || '0') + 1;
    await stub.putState(key, Buffer.from(String(next)));
    return String(next);
  },
  async delete(stub, [key = '']) {
    await stub.deleteState(key);
    return '';
  },
  async putThenGet(stub, [key = '', value = '']) {
    await stub.putState(key, Buffer.from(value));
    return Buffer.from(await stub.getState(key)).toString();
  },
  async range(stub, [start = '', end = '']) {
    return JSON.stringify(await keysOf(stub.getStateByRange(start, end)));
  },
  async firstOfRange(stub, [start = '', end = '', target = '']) {
    const iterator = await stub.getStateByRange(start, end);
    const { value } = (await iterator.next()) as { value: { key: string } };
    await iterator.close();
    await stub.putState(target, Buffer.from(value.key));
    return value.key;
  },
  async countRange(stub, [start = '', end = '', target = '']) {
    const { length } = await keysOf(stub.getStateByRange(start, end));
    await stub.putState(target, Buffer.from(String(length)));
    return String(length);
  },
  async fill(stub, [prefix = '', count = '0']) {
    for (let index = 0; index < Number(count); index++) {
      await stub.putState(`${prefix}${String(index).padStart(4, '0')}`, Buffer.from(String(index)));
    }
    return count;
  },
  async page(stub, [start = '', end = '', size = '1', bookmark = '']) {
    const { iterator, metadata } = await stub.getStateByRangeWithPagination(start, end, Number(size), bookmark);
    const keys: string[] = [];
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) keys.push(next.value.key);
    await iterator.close();
    return JSON.stringify({ keys, bookmark: metadata.bookmark, count: metadata.fetchedRecordsCount });
  },
  async pageThenPut(stub, [start = '', end = '']) {
    await stub.getStateByRangeWithPagination(start, end, 2, '');
    await stub.putState('after-page', Buffer.from('x'));
    return '';
  },
  async composite(stub, [type = '', ...attributes]) {
    await stub.putState(stub.createCompositeKey(type, [...attributes]), Buffer.from(attributes.join('/')));
    return '';
  },
  async byPartialKey(stub, [type = '', ...attributes]) {
    return JSON.stringify((await keysOf(stub.getStateByPartialCompositeKey(type, [...attributes]))).length);
  },
  async transientSize(stub, [key = '']) {
    const size = String(stub.getTransient().get('secret')?.length ?? 0);
    await stub.putState(key, Buffer.from(size));
    return size;
  },
  async creator(stub) {
    return stub.getCreator().mspid;
  },
  async timestamp(stub) {
    return String(Number(stub.getTxTimestamp().seconds));
  },
  /** Each organisation's server has its own address: the endorsers never agree. */
  async disagree(stub, [key = '']) {
    await stub.putState(key, Buffer.from(process.env.CHAINCODE_SERVER_ADDRESS ?? ''));
    return '';
  },
  /** The servers of the organisation named lie, the others do not. */
  async lieAt(stub, [mspId = '', key = '', value = '']) {
    await stub.putState(key, Buffer.from(runsAt(mspId) ? `${value}, says the liar` : value));
    return '';
  },
  /** The organisation among those given whose server this is. */
  async servedBy(_, mspIds) {
    return mspIds.find(runsAt) ?? '';
  },
  async putMany(stub, [count = '0', ...keys]) {
    for (const key of keys) await stub.putState(key, Buffer.from(count));
    return count;
  },
  /** Reads one key, writes another. */
  async copy(stub, [from = '', to = '']) {
    const value = await stub.getState(from);
    await stub.putState(to, Buffer.concat([value, Buffer.from('+')]));
    return Buffer.from(value).toString();
  },
  async twoEvents(stub, [first = '', second = '']) {
    stub.setEvent('first', Buffer.from(first));
    stub.setEvent('second', Buffer.from(second));
    return '';
  },
  async bulk(stub, [key = '', size = '0']) {
    await stub.putState(key, Buffer.alloc(Number(size), 1));
    return size;
  },
  async reply(_, [status = '200', message = '', payload = '']) {
    return { status: Number(status), message, payload: Buffer.from(payload) };
  },
  async fail(_, [message = '']) {
    throw new Error(message);
  },
  async crash() {
    process.exit(3);
  },
  async slow(_, [milliseconds = '0']) {
    await new Promise((resolve) => setTimeout(resolve, Number(milliseconds)));
    return '';
  },
  async history(stub, [key = '']) {
    await stub.getHistoryForKey(key);
    return '';
  },
  async richQuery(stub) {
    await stub.getQueryResult('{"selector":{}}');
    return '';
  },
  async privateData(stub, [key = '']) {
    await stub.getPrivateData('collection', key);
    return '';
  },
  async putPrivateData(stub, [key = '']) {
    await stub.putPrivateData('collection', key, Buffer.from('x'));
    return '';
  },
  async deletePrivateData(stub, [key = '']) {
    await stub.deletePrivateData('collection', key);
    return '';
  },
  async purgePrivateData(stub, [key = '']) {
    await stub.purgePrivateData('collection', key);
    return '';
  },
  async privateDataHash(stub, [key = '']) {
    await stub.getPrivateDataHash('collection', key);
    return '';
  },
  async privateRange(stub, [start = '', end = '']) {
    return JSON.stringify(await keysOf(stub.getPrivateDataByRange('collection', start, end)));
  },
  async endorsementPolicy(stub, [key = '']) {
    await stub.setStateValidationParameter(key, Buffer.from('policy'));
    return '';
  },
  async readEndorsementPolicy(stub, [key = '']) {
    return String((await stub.getStateValidationParameter(key))?.length ?? 0);
  },
  async callOther(stub, [name = 'other', channel = '']) {
    const { status, payload } = await stub.invokeChaincode(name, ['get', 'a'], channel);
    return `${status} ${Buffer.from(payload ?? []).toString()}`;
  },
};

class LedgerChaincode implements ChaincodeInterface {
  async Init(): Promise<ChaincodeResponse> {
    return Shim.success();
  }

  async Invoke(stub: ChaincodeStub): Promise<ChaincodeResponse> {
    const { fcn, params } = stub.getFunctionAndParameters();
    try {
      const transaction = TRANSACTIONS[fcn];
      if (!transaction) throw new Error(`no transaction ${fcn}`);
      const result = await transaction(stub, params);
      return typeof result === 'string' ? Shim.success(Buffer.from(result)) : result;
    } catch (error) {
      return Shim.error((error as Error).message);
    }
  }
}

function tlsProps(): { key: Buffer; cert: Buffer; clientCACerts?: Buffer } | undefined {
  const { CHAINCODE_TLS_KEY_FILE, CHAINCODE_TLS_CERT_FILE, CHAINCODE_TLS_CLIENT_CACERT_FILE } = process.env;
  if (CHAINCODE_TLS_KEY_FILE === undefined || CHAINCODE_TLS_CERT_FILE === undefined) return undefined;
  return {
    key: readFileSync(CHAINCODE_TLS_KEY_FILE),
    cert: readFileSync(CHAINCODE_TLS_CERT_FILE),
    ...(CHAINCODE_TLS_CLIENT_CACERT_FILE && { clientCACerts: readFileSync(CHAINCODE_TLS_CLIENT_CACERT_FILE) }),
  };
}

const tls = tlsProps();
// The declarations make TLS obligatory; the server itself does not.
const options = {
  ccid: process.env.CORE_CHAINCODE_ID_NAME ?? '',
  address: process.env.CHAINCODE_SERVER_ADDRESS ?? '',
  ...(tls && { tlsProps: tls }),
} as ChaincodeServerOpts;
void Shim.server(new LedgerChaincode(), options).start();
