import { createPrivateKey } from 'node:crypto';

import { status } from '@grpc/grpc-js';
import { common, orderer, peer } from '@hyperledger/fabric-protos';
import {
  checkpointers,
  type ChaincodeEvent,
  type CloseableAsyncIterable,
  type Contract,
  type Gateway,
  GatewayError,
  type Network,
} from '@hyperledger/fabric-gateway';
import { Timestamp } from 'google-protobuf/google/protobuf/timestamp_pb';

import { EmbeddedFixture } from '../testing/embedded';
import { blockHash, dataHash, envelopesOf, validationCodes } from './blocks';
import { sign } from './ecdsa';
import { type EmbeddedLedger, startEmbeddedLedger } from './embedded-ledger';
import { serializeIdentity } from './identities';

let fixture: EmbeddedFixture;
let ledger: EmbeddedLedger;
let gateway: Gateway;
let network: Network;
let contract: Contract;

beforeAll(async () => {
  fixture = await EmbeddedFixture.make();
  ledger = await startEmbeddedLedger(await fixture.options('events', { chaincodeProcesses: 'shared' }));
  gateway = await fixture.connect(ledger.gateways, 'CSS1MSP', 'relay');
  network = gateway.getNetwork('datachain');
  contract = network.getContract('chargecast');
});

afterAll(async () => {
  await ledger?.stop();
  await fixture?.dispose();
});

async function take<T>(stream: CloseableAsyncIterable<T>, count: number): Promise<T[]> {
  const taken: T[] = [];
  try {
    for await (const item of stream) {
      taken.push(item);
      if (taken.length === count) break;
    }
  } finally {
    stream.close();
  }
  return taken;
}

async function put(key: string): Promise<{ txId: string; block: bigint }> {
  const proposal = contract.newProposal('put', { arguments: [key, key] });
  const committed = await (await (await proposal.endorse()).submit()).getStatus();
  expect(committed.successful).toBe(true);
  return { txId: proposal.getTransactionId(), block: committed.blockNumber };
}

const payloads = (events: readonly ChaincodeEvent[]): string[] =>
  events.map(({ payload }) => Buffer.from(payload).toString());

describe('chaincode events', () => {
  test('from now on, in order, with block and transaction', async () => {
    const events = await network.getChaincodeEvents('chargecast');
    const taking = take(events, 2);
    await contract.submitTransaction('quietPut', 'silent', 'no event');
    const [first, second] = [await put('live1'), await put('live2')];
    expect(await taking).toMatchObject([
      { eventName: 'put', transactionId: first.txId, blockNumber: first.block, chaincodeName: 'chargecast' },
      { eventName: 'put', transactionId: second.txId, blockNumber: second.block },
    ]);
  });

  test('replayed from a block', async () => {
    const first = await put('replay1');
    await put('replay2');
    const events = await network.getChaincodeEvents('chargecast', { startBlock: first.block });
    expect(payloads(await take(events, 2))).toEqual(['replay1', 'replay2']);
  });

  test('after a checkpoint, nothing twice and nothing lost', async () => {
    const start = await put('check1');
    await put('check2');
    await put('check3');
    const checkpointer = checkpointers.inMemory();
    const [first] = await take(await network.getChaincodeEvents('chargecast', { startBlock: start.block }), 1);
    await checkpointer.checkpointChaincodeEvent(first as ChaincodeEvent);
    const rest = await network.getChaincodeEvents('chargecast', { checkpoint: checkpointer, startBlock: 0n });
    expect(payloads(await take(rest, 2))).toEqual(['check2', 'check3']);
  });

  test('within a block, those after the checkpointed transaction', async () => {
    const transactions = await Promise.all(
      ['same1', 'same2', 'same3'].map((key) => contract.newProposal('put', { arguments: [key, key] }).endorse()),
    );
    const commits = await Promise.all(transactions.map((transaction) => transaction.submit()));
    const statuses = await Promise.all(commits.map((commit) => commit.getStatus()));
    const startBlock = statuses.map(({ blockNumber }) => blockNumber).reduce((a, b) => (a < b ? a : b));
    const all = await take(await network.getChaincodeEvents('chargecast', { startBlock }), 3);
    const checkpointer = checkpointers.inMemory();
    await checkpointer.checkpointChaincodeEvent(all[0] as ChaincodeEvent);
    const rest = await take(await network.getChaincodeEvents('chargecast', { checkpoint: checkpointer }), 2);
    expect(payloads(rest)).toEqual(payloads(all.slice(1)));
  });

  test('the whole history from block 0', async () => {
    await put('last of the history');
    const events = await network.getChaincodeEvents('chargecast', { startBlock: 0n });
    for await (const event of events) if (Buffer.from(event.payload).toString() === 'last of the history') break;
    events.close();
  });

  test('of another chaincode there are none', async () => {
    const others = await network.getChaincodeEvents('other', { startBlock: 0n });
    const seen: ChaincodeEvent[] = [];
    const reading = (async () => {
      for await (const event of others) seen.push(event);
    })();
    await put('not for them');
    others.close();
    await expect(reading).rejects.toMatchObject({ code: status.CANCELLED });
    expect(seen).toEqual([]);
  });

  test('fifty followers at once', async () => {
    const followers = await Promise.all(Array.from({ length: 50 }, () => network.getChaincodeEvents('chargecast')));
    const taking = followers.map((events) => take(events, 2));
    // A follower is registered when its stream's first request has come; an event read back proves it for all.
    const { block } = await put('crowd1');
    await put('crowd2');
    await put('crowd3');
    for (const events of await Promise.all(taking)) {
      expect(events).toHaveLength(2);
      expect(events[0]?.blockNumber).toBeGreaterThanOrEqual(block);
    }
  });

  test('somebody without a known certificate gets none', async () => {
    const connection = await fixture.connect(ledger.gateways, 'CSS1MSP', 'relay', {
      identity: { mspId: 'CSS1MSP', credentials: Buffer.from(fixture.organisation('CSS2MSP').caCertificatePem) },
    });
    const events = await connection.getNetwork('datachain').getChaincodeEvents('chargecast');
    const error: unknown = await take(events, 1).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(GatewayError);
    expect((error as GatewayError).code).toBe(status.PERMISSION_DENIED);
  });
});

describe('blocks', () => {
  test('form a chain from block 0, each hash and data hash as Fabric computes them', async () => {
    await put('chained');
    const height = ledger.status().heights.datachain ?? 0;
    const blocks = await take(await network.getBlockEvents({ startBlock: 0n }), height);
    let previous: Uint8Array = new Uint8Array();
    for (const [number, block] of blocks.entries()) {
      const header = block.getHeader() as common.BlockHeader;
      expect(header.getNumber()).toBe(number);
      expect(Buffer.from(header.getPreviousHash_asU8())).toEqual(Buffer.from(previous));
      expect(Buffer.from(header.getDataHash_asU8())).toEqual(dataHash(envelopesOf(block)));
      expect(validationCodes(block)).toHaveLength(envelopesOf(block).length);
      previous = blockHash(header);
    }
  });

  test('block 0 carries the channel’s members and their authorities', async () => {
    const [genesis] = await take(await network.getBlockEvents({ startBlock: 0n }), 1);
    const [bytes] = envelopesOf(genesis as common.Block);
    const payload = common.Payload.deserializeBinary(
      common.Envelope.deserializeBinary(bytes as Uint8Array).getPayload_asU8(),
    );
    const application = common.ConfigEnvelope.deserializeBinary(payload.getData_asU8())
      .getConfig()
      ?.getChannelGroup()
      ?.getGroupsMap()
      .get('Application');
    const members = [...(application?.getGroupsMap().keys() as unknown as Iterable<string>)].sort();
    expect(members).toEqual(['CSS1MSP', 'CSS2MSP', 'CSS3MSP', 'CSS4MSP', 'ESP1MSP', 'ESP2MSP', 'KGCMSP', 'ReadersMSP']);
    const pem = Buffer.from(fixture.organisation('KGCMSP').caCertificatePem);
    expect(Buffer.from(application?.serializeBinary() ?? []).includes(pem)).toBe(true);
  });

  test('filtered: ids, codes and events without payload', async () => {
    const { txId, block } = await put('filtered');
    const [filtered] = await take(await network.getFilteredBlockEvents({ startBlock: block }), 1);
    expect(filtered?.getChannelId()).toBe('datachain');
    const transaction = filtered?.getFilteredTransactionsList().find((candidate) => candidate.getTxid() === txId);
    expect(transaction?.getTxValidationCode()).toBe(peer.TxValidationCode.VALID);
    const event = transaction?.getTransactionActions()?.getChaincodeActionsList()[0]?.getChaincodeEvent();
    expect(event?.getEventName()).toBe('put');
    expect(event?.getPayload_asU8()).toHaveLength(0);
  });

  test('with private data: the same blocks, and there are none', async () => {
    const { block } = await put('private');
    const [both] = await take(await network.getBlockAndPrivateDataEvents({ startBlock: block }), 1);
    expect(both?.getBlock()?.getHeader()?.getNumber()).toBe(Number(block));
    expect(both?.getPrivateDataMapMap().getLength()).toBe(0);
  });
});

describe('Deliver', () => {
  type Position = (position: orderer.SeekPosition) => void;
  const oldest: Position = (position) => position.setOldest(new orderer.SeekOldest());
  const newest: Position = (position) => position.setNewest(new orderer.SeekNewest());
  const nextCommit: Position = (position) => position.setNextCommit(new orderer.SeekNextCommit());
  const at =
    (number: number): Position =>
    (position) => {
      const specified = new orderer.SeekSpecified();
      specified.setNumber(number);
      position.setSpecified(specified);
    };

  interface Seek {
    readonly start?: Position;
    readonly stop?: Position;
    readonly channel?: string;
    readonly failIfNotReady?: boolean;
    readonly headersOnly?: boolean;
    readonly age?: number;
    readonly signedBy?: string;
  }

  async function seekEnvelope(seek: Seek): Promise<common.Envelope> {
    const info = new orderer.SeekInfo();
    for (const [set, position] of [
      [(value: orderer.SeekPosition) => info.setStart(value), seek.start],
      [(value: orderer.SeekPosition) => info.setStop(value), seek.stop],
    ] as const) {
      if (!position) continue;
      const message = new orderer.SeekPosition();
      position(message);
      set(message);
    }
    if (seek.failIfNotReady) info.setBehavior(orderer.SeekInfo.SeekBehavior.FAIL_IF_NOT_READY);
    if (seek.headersOnly) info.setContentType(orderer.SeekInfo.SeekContentType.HEADER_WITH_SIG);
    const { identity } = await fixture.identity('ReadersMSP', 'auditor');
    const { keyPem } = await fixture.identity(seek.signedBy ?? 'ReadersMSP', seek.signedBy ? 'admin' : 'auditor');
    const channelHeader = new common.ChannelHeader();
    channelHeader.setType(common.HeaderType.DELIVER_SEEK_INFO);
    channelHeader.setChannelId(seek.channel ?? 'datachain');
    channelHeader.setTimestamp(Timestamp.fromDate(new Date(Date.now() - (seek.age ?? 0))));
    const signatureHeader = new common.SignatureHeader();
    signatureHeader.setCreator(serializeIdentity('ReadersMSP', Buffer.from(identity.credentials).toString()));
    const header = new common.Header();
    header.setChannelHeader(channelHeader.serializeBinary());
    header.setSignatureHeader(signatureHeader.serializeBinary());
    const payload = new common.Payload();
    payload.setHeader(header);
    payload.setData(info.serializeBinary());
    const envelope = new common.Envelope();
    envelope.setPayload(payload.serializeBinary());
    envelope.setSignature(sign(createPrivateKey(keyPem), envelope.getPayload_asU8()));
    return envelope;
  }

  /** Answers up to and with the status message. */
  async function deliver(...seeks: Seek[]): Promise<{ blocks: common.Block[]; statuses: number[] }> {
    const { address, credentials, options } = fixture.endpoint(ledger.gateways, 'CSS2MSP');
    const client = new peer.DeliverClient(address, credentials, options);
    try {
      const stream = client.deliver();
      for (const seek of seeks) stream.write(await seekEnvelope(seek));
      stream.end();
      const blocks: common.Block[] = [];
      const statuses: number[] = [];
      for await (const response of stream as AsyncIterable<peer.DeliverResponse>) {
        const block = response.getBlock();
        if (block) blocks.push(block);
        else statuses.push(response.getStatus());
      }
      return { blocks, statuses };
    } finally {
      client.close();
    }
  }

  const numbers = (blocks: readonly common.Block[]): (number | undefined)[] =>
    blocks.map((block) => block.getHeader()?.getNumber());

  const { SUCCESS, NOT_FOUND, FORBIDDEN, BAD_REQUEST } = common.Status;

  beforeAll(async () => {
    await put('deliver1');
    await put('deliver2');
  });

  test('a range of blocks, then success', async () => {
    const { blocks, statuses } = await deliver({ start: at(1), stop: at(2) });
    expect(numbers(blocks)).toEqual([1, 2]);
    expect(statuses).toEqual([SUCCESS]);
  });

  test('several requests on one stream', async () => {
    const { blocks, statuses } = await deliver({ start: oldest, stop: at(0) }, { start: at(2), stop: at(2) });
    expect(numbers(blocks)).toEqual([0, 2]);
    expect(statuses).toEqual([SUCCESS, SUCCESS]);
  });

  test('oldest to newest is the whole chain; newest alone is its last block', async () => {
    const height = ledger.status().heights.datachain ?? 0;
    expect(numbers((await deliver({ start: oldest, stop: newest })).blocks)).toEqual([...Array(height).keys()]);
    expect(numbers((await deliver({ start: newest, stop: newest })).blocks)).toEqual([height - 1]);
  });

  test('from the next block on', async () => {
    const height = ledger.status().heights.datachain ?? 0;
    const last = height + 4;
    const next = deliver({ start: nextCommit, stop: at(last) });
    for (let block = height; block <= last; block++) await put(`next${block}`);
    const seen = numbers((await next).blocks);
    // Nothing says when the ledger took the request: the first block is whichever came next.
    const [first = 0] = seen;
    expect(first).toBeGreaterThanOrEqual(height);
    expect(seen).toEqual(Array.from({ length: last - first + 1 }, (_, i) => first + i));
  });

  test('headers alone', async () => {
    const [block] = (await deliver({ start: at(1), stop: at(1), headersOnly: true })).blocks;
    expect(block?.getData()).toBeUndefined();
    expect(block?.getHeader()?.getNumber()).toBe(1);
  });

  test.each([
    [
      'a block that is not there yet, not waited for',
      { start: at(0), stop: at(9999), failIfNotReady: true },
      NOT_FOUND,
    ],
    ['a start beyond the next block', { start: at(9999), stop: at(9999) }, NOT_FOUND],
    ['a stop before the start', { start: at(2), stop: at(1) }, BAD_REQUEST],
    ['no start', { stop: newest }, BAD_REQUEST],
    ['an unknown channel', { start: oldest, stop: newest, channel: 'nowhere' }, NOT_FOUND],
    ['an old request', { start: oldest, stop: newest, age: 61_000 }, BAD_REQUEST],
    ['another’s signature', { start: oldest, stop: newest, signedBy: 'KGCMSP' }, FORBIDDEN],
  ])('%s', async (_, seek, expected) => {
    const { statuses } = await deliver(seek);
    expect(statuses).toEqual([expected]);
  });
});
