import { type Context, Contract } from 'fabric-contract-api';
import { KeyEndorsementPolicy } from 'fabric-shim';

import { serve } from './serve';

/** What the scenarios expect of their chaincode `private`: chosen endorsers, key-level policies, private data. */
class Private extends Contract {
  async getPeerOrg({ stub }: Context): Promise<string> {
    return stub.getMspID();
  }

  /** Succeeds at organisations the transient data name. */
  async checkEndorsingOrg({ stub }: Context): Promise<string> {
    const own = stub.getMspID();
    if (!stub.getTransient().has(own)) throw new Error(`${own} was not to be asked`);
    return 'success';
  }

  async WritePrivateData({ stub }: Context): Promise<void> {
    const transient = stub.getTransient();
    const value = (name: string): Uint8Array => {
      const found = transient.get(name);
      if (!found) throw new Error(`the transient data lack ${name}`);
      return found;
    };
    for (const collection of textOf(value('collection')).split(',')) {
      await stub.putPrivateData(collection, textOf(value('key')), value('value'));
    }
  }

  async ReadPrivateData({ stub }: Context, collection: string, key: string): Promise<string> {
    return textOf(await stub.getPrivateData(collection, key));
  }

  async GetState({ stub }: Context, key: string): Promise<string> {
    return textOf(await stub.getState(key));
  }

  async ChangeState({ stub }: Context, key: string, value: string): Promise<void> {
    await stub.putState(key, Buffer.from(value));
  }

  async SetStateWithEndorser({ stub }: Context, key: string, value: string, mspId: string): Promise<void> {
    await stub.putState(key, Buffer.from(value));
    await stub.setStateValidationParameter(key, peersOf(mspId));
  }

  async SetStateEndorsers({ stub }: Context, key: string, first: string, second: string): Promise<void> {
    await stub.setStateValidationParameter(key, peersOf(first, second));
  }
}

/** The policy that a peer of each of these organisations endorses. */
function peersOf(...mspIds: string[]): Uint8Array {
  const policy = new KeyEndorsementPolicy();
  policy.addOrgs('PEER', ...mspIds);
  return policy.getPolicy();
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

void serve(Private);
