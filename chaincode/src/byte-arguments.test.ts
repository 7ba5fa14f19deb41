import { EventEmitter } from 'node:events';
import { peer } from '@hyperledger/fabric-protos';
import { type ChaincodeHandler } from 'fabric-shim/lib/server';
import { bytesArgument, keepBytes, releaseBytes } from './byte-arguments';

const { TRANSACTION, INIT } = peer.ChaincodeMessage.Type;
const SUBMIT = 'broadcast:submit';
/** No UTF-8. */
const BYTES = Uint8Array.of(0xff, 0, 0xc3, 0x28);

let emitter: EventEmitter;
beforeEach(() => {
  emitter = new EventEmitter();
  keepBytes(emitter);
});

const stub = (txId = 'tx', channel = 'datachain'): Parameters<typeof bytesArgument>[0] => ({
  handler: { _stream: emitter } as unknown as ChaincodeHandler,
  getTxID: () => txId,
  getChannelID: () => channel,
});

function inputOf(...args: (string | Uint8Array)[]): peer.ChaincodeInput {
  const input = new peer.ChaincodeInput();
  input.setArgsList(args.map((arg) => Buffer.from(arg as Uint8Array)));
  input.getDecorationsMap().set('by', Buffer.from('the peer'));
  input.setIsInit(true);
  return input;
}

/** @returns the input as the shim, which listens later, finds it */
function sent(input: Uint8Array, type = TRANSACTION as number): Uint8Array {
  const message = new peer.ChaincodeMessage();
  message.setType(type as typeof TRANSACTION);
  message.setTxid('tx');
  message.setChannelId('datachain');
  message.setPayload(input);
  emitter.emit('data', message);
  return message.getPayload_asU8();
}

test('the bytes of a submission are kept for its transaction, and the rest of its input is as it was', () => {
  const left = sent(inputOf(SUBMIT, BYTES).serializeBinary());
  expect(peer.ChaincodeInput.deserializeBinary(left).toObject()).toEqual(inputOf(SUBMIT, '').toObject());
  expect([...(bytesArgument(stub()) ?? [])]).toEqual([...BYTES]);
  expect(bytesArgument(stub('another'))).toBeUndefined();
  expect(bytesArgument(stub('tx', 'certchain'))).toBeUndefined();
  releaseBytes(stub());
  expect(bytesArgument(stub())).toBeUndefined();
});

test.each<[string, Uint8Array, number]>([
  ['another transaction', inputOf('broadcast:getSigma', BYTES).serializeBinary(), TRANSACTION],
  ['too few arguments', inputOf(SUBMIT).serializeBinary(), TRANSACTION],
  ['too many arguments', inputOf(SUBMIT, BYTES, BYTES).serializeBinary(), TRANSACTION],
  ['no arguments', inputOf().serializeBinary(), TRANSACTION],
  ['what is no input', Uint8Array.of(0xff, 0xff), TRANSACTION],
  ['another message', inputOf(SUBMIT, BYTES).serializeBinary(), INIT],
])('%s is left to the shim', (_, input, type) => {
  expect([...sent(input, type)]).toEqual([...input]);
  expect(bytesArgument(stub())).toBeUndefined();
});

test('a stub without a stream, as where the chaincode dials its peer, has its argument itself', () => {
  expect(bytesArgument({ getTxID: () => 'tx', getChannelID: () => 'datachain' })).toBeUndefined();
});
