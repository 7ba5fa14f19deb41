import { type Context, Contract } from 'fabric-contract-api';

import { serve } from './serve';

/** What the scenarios expect of their chaincode `basic`. */
class Basic extends Contract {
  async echo(_: Context, text: string): Promise<string> {
    return text;
  }

  /** The transient data as a JSON object of texts. */
  async echoTransient({ stub }: Context): Promise<string> {
    const entries = [...stub.getTransient()].map(([name, value]) => [name, textOf(value)]);
    return JSON.stringify(Object.fromEntries(entries));
  }

  async put({ stub }: Context, key: string, value: string): Promise<string> {
    await stub.putState(key, Buffer.from(value));
    return value;
  }

  async get({ stub }: Context, key: string): Promise<string> {
    return textOf(await stub.getState(key));
  }

  async errorMessage(_: Context, message: string): Promise<void> {
    throw new Error(message);
  }

  async event({ stub }: Context, name: string, payload: string): Promise<void> {
    stub.setEvent(name, Buffer.from(payload));
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

void serve(Basic);
