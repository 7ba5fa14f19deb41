import { randomUUID } from 'node:crypto';

import { type Context, Contract } from 'fabric-contract-api';

import { serve } from './serve';

/** What the scenarios expect of their chaincode `errors`: every way to fail. */
class Errors extends Contract {
  async exists({ stub }: Context, key: string): Promise<string> {
    return String((await stub.getState(key)).length > 0);
  }

  async crash(): Promise<void> {
    process.exit(1);
  }

  /** Writes what no other endorser writes. */
  async nondet({ stub }: Context): Promise<void> {
    await stub.putState('nondeterministic', Buffer.from(randomUUID()));
  }

  /** @param organisations JSON array of the MSP ids whose peers refuse */
  async orgsFail({ stub }: Context, organisations: string): Promise<void> {
    const own = stub.getMspID();
    if ((JSON.parse(organisations) as string[]).includes(own)) throw new Error(`${own} refuses to endorse this`);
    await stub.putState('endorsed', Buffer.from('yes'));
  }
}

void serve(Errors);
