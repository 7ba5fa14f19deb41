import { type ChaincodeEvent, checkpointers, type Network } from '@hyperledger/fabric-gateway';
import { type common, type peer } from '@hyperledger/fabric-protos';

import { blockHash, dataHash, envelopesOf, validationCodes } from '../../embedded/blocks';
import { type Json } from '../outcome';
import { scene } from '../script';
import { type Session, textOf } from '../session';

/** Blocks and transactions of the scene, by what the first step committed. */
const begun = new WeakMap<Session, { readonly block: bigint; readonly transactionId: string }>();

function start(session: Session): { readonly block: bigint; readonly transactionId: string } {
  const known = begun.get(session);
  if (!known) throw new RangeError('the scene begins with its first step');
  return known;
}

async function network(session: Session): Promise<Network> {
  return (await session.relay()).gateway.getNetwork(session.channel);
}

async function commitEvent(session: Session, payload: string): Promise<{ block: bigint; transactionId: string }> {
  return session.commit(await session.endorse('put', [payload, payload]));
}

const shown = (session: Session, events: readonly ChaincodeEvent[]): Json =>
  events.map(({ blockNumber, chaincodeName, eventName, payload }) => ({
    block: Number(blockNumber - start(session).block),
    chaincodeName,
    eventName,
    payload: textOf(payload),
  }));

/** From `options` on, as many events as asked for. */
async function events(
  session: Session,
  count: number,
  options: Parameters<Network['getChaincodeEvents']>[1],
): Promise<Json> {
  const stream = await (await network(session)).getChaincodeEvents(session.members.profile.chaincode, options);
  return shown(session, await session.take(stream, count));
}

const whole = (session: Session, block: common.Block): Json => ({
  number: (block.getHeader()?.getNumber() ?? 0) - Number(start(session).block),
  transactions: envelopesOf(block).length,
  codes: [...validationCodes(block)],
  dataHash:
    Buffer.compare(dataHash(envelopesOf(block)), block.getHeader()?.getDataHash_asU8() ?? Buffer.alloc(0)) === 0,
});

const filtered = (session: Session, block: peer.FilteredBlock): Json => ({
  number: block.getNumber() - Number(start(session).block),
  channel: block.getChannelId(),
  transactions: block.getFilteredTransactionsList().map((transaction) => ({
    type: transaction.getType(),
    code: transaction.getTxValidationCode(),
    events: (transaction.getTransactionActions()?.getChaincodeActionsList() ?? []).map((action) => {
      const event = action.getChaincodeEvent();
      return { name: event?.getEventName() ?? null, payload: textOf(event?.getPayload_asU8() ?? new Uint8Array()) };
    }),
  })),
});

export const eventStreams = scene('events', {
  'three events in three blocks': async (s) => {
    begun.set(s, await commitEvent(s, 'e1'));
    await commitEvent(s, 'e2');
    await commitEvent(s, 'e3');
    return null;
  },
  'replayed from a block': (s) => events(s, 3, { startBlock: start(s).block }),
  'replayed after a transaction': (s) =>
    events(s, 2, {
      checkpoint: { getBlockNumber: () => start(s).block, getTransactionId: () => start(s).transactionId },
    }),
  'a checkpoint of a block': (s) =>
    events(s, 2, {
      startBlock: 0n,
      checkpoint: { getBlockNumber: () => start(s).block + 1n, getTransactionId: () => undefined },
    }),
  'a checkpoint set by the reader': async (s) => {
    const checkpointer = checkpointers.inMemory();
    const source = await network(s);
    const { chaincode } = s.members.profile;
    const [first] = await s.take(await source.getChaincodeEvents(chaincode, { startBlock: start(s).block }), 1);
    await checkpointer.checkpointChaincodeEvent(first as ChaincodeEvent);
    return events(s, 2, { checkpoint: checkpointer });
  },
  'from now on': async (s) => {
    const stream = await (await network(s)).getChaincodeEvents(s.members.profile.chaincode);
    const taking = s.take(stream, 2);
    await s.submit('quietPut', 'silent', 'no event');
    await commitEvent(s, 'e4');
    await commitEvent(s, 'e5');
    return (await taking).map(({ eventName, payload }) => `${eventName} ${textOf(payload)}`);
  },
  'none of an invalid transaction': async (s) => {
    const { block } = await commitEvent(s, 'e6');
    const half = await s.endorse('put', { arguments: ['e7', 'e7'], endorsingOrganizations: ['CSS1MSP'] });
    await s.commit(half);
    await commitEvent(s, 'e8');
    const stream = await (await network(s)).getChaincodeEvents(s.members.profile.chaincode, { startBlock: block });
    return (await s.take(stream, 2)).map(({ payload }) => textOf(payload));
  },
  'a chaincode nobody knows has none': async (s) => {
    const stream = await (await network(s)).getChaincodeEvents('missing', { startBlock: 0n });
    const timer = setTimeout(() => stream.close(), 500);
    let count = 0;
    for await (const event of stream) count += event.eventName.length;
    clearTimeout(timer);
    return count;
  },
  'whole blocks from a block': async (s) => {
    const blocks = await (await network(s)).getBlockEvents({ startBlock: start(s).block });
    return (await s.take(blocks, 3)).map((block) => whole(s, block));
  },
  'filtered blocks from a block': async (s) => {
    const blocks = await (await network(s)).getFilteredBlockEvents({ startBlock: start(s).block });
    return (await s.take(blocks, 3)).map((block) => filtered(s, block));
  },
  'blocks with private data from a block': async (s) => {
    const blocks = await (await network(s)).getBlockAndPrivateDataEvents({ startBlock: start(s).block });
    return (await s.take(blocks, 2)).map((both) => ({
      block: whole(s, both.getBlock() as common.Block),
      privateData: both.getPrivateDataMapMap().getLength(),
    }));
  },
  'a checkpoint of a block’s reader': async (s) => {
    const checkpointer = checkpointers.inMemory();
    await checkpointer.checkpointBlock(start(s).block);
    const blocks = await (await network(s)).getBlockEvents({ checkpoint: checkpointer });
    return (await s.take(blocks, 1)).map((block) => whole(s, block));
  },
  'each header holds the hash of the one before': async (s) => {
    const blocks = await s.take(await (await network(s)).getBlockEvents({ startBlock: 0n }), 6);
    return blocks.map((block, index) => {
      const previous = blocks[index - 1]?.getHeader();
      const expected = previous ? blockHash(previous) : Buffer.alloc(0);
      return expected.equals(block.getHeader()?.getPreviousHash_asU8() ?? Buffer.of(0));
    });
  },
});
