import { Context, Contract, Info, Returns, Transaction } from 'fabric-contract-api';

/** A contract as Fabric's samples have it: one value under one key, nothing verified. */
@Info({ title: 'plain', description: 'What a benchmark compares with' })
export class PlainContract extends Contract {
  constructor() {
    super('plain');
  }

  /** The value as an argument, as samples pass it. */
  @Transaction()
  @Returns('string')
  async put(ctx: Context, key: string, value: string): Promise<string> {
    await ctx.stub.putState(key, Buffer.from(value));
    return key;
  }

  /** The value in the transient map under `value`, so that it stands in the block once. */
  @Transaction()
  @Returns('string')
  async putTransient(ctx: Context, key: string): Promise<string> {
    const value = ctx.stub.getTransient().get('value');
    if (!value) throw new Error('E_ARGUMENTS: the transient map lacks value');
    await ctx.stub.putState(key, value);
    return key;
  }
}
