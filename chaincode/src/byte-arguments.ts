/**
 * Arguments that are bytes, kept from the shim. It makes text of every argument, wanted or not, and for bytes that are no
 * text that takes longer than verifying the σ they are (fabric-protos: peer/chaincode.proto, ChaincodeInput).
 */
import { BROADCAST } from '@chargecast/protocol';
import { type ChaincodeHandler, type ChaincodeMessage, type ChaincodeStream } from 'fabric-shim/lib/server';
import { type Field, field, readFields, varintField } from './protobuf';

const TRANSACTION = 5;
const ARGS = 1;
/** Transactions of one argument that is bytes. */
const TAKE_BYTES: ReadonlySet<string> = new Set([`${BROADCAST.contract}:${BROADCAST.submit}`]);

interface TransactionStub {
  readonly handler?: ChaincodeHandler;
  getChannelID(): string;
  getTxID(): string;
}

const kept = new WeakMap<ChaincodeStream, Map<string, Uint8Array>>();

const keyOf = (channel: string, txId: string): string => `${channel} ${txId}`;

/** Takes bytes out of the messages of a stream before the shim, which must listen later, sees them. */
export function keepBytes(stream: ChaincodeStream): void {
  const ofStream = new Map<string, Uint8Array>();
  kept.set(stream, ofStream);
  stream.on('data', (message: ChaincodeMessage) => {
    const fields = message.getType() === TRANSACTION ? readInput(message) : [];
    const [name, bytes, ...more] = fields.filter(({ number }) => number === ARGS);
    if (!name || !bytes || more.length > 0 || !TAKE_BYTES.has(Buffer.from(name.value as Uint8Array).toString())) return;
    ofStream.set(keyOf(message.getChannelId(), message.getTxid()), bytes.value as Uint8Array);
    const left = fields.map((each) => (each === bytes ? { number: ARGS, value: new Uint8Array(0) } : each));
    message.setPayload(Buffer.concat(left.flatMap(encode)));
  });
}

function readInput(message: ChaincodeMessage): Field[] {
  try {
    return readFields(message.getPayload_asU8());
  } catch {
    // The shim tells the peer so.
    return [];
  }
}

const encode = ({ number, value }: Field): Uint8Array[] =>
  typeof value === 'number' ? [varintField(number, value)] : field(number, value);

/** @returns undefined where nothing was kept: the stub has the argument itself then */
export function bytesArgument(stub: TransactionStub): Uint8Array | undefined {
  return stub.handler && kept.get(stub.handler._stream)?.get(keyOf(stub.getChannelID(), stub.getTxID()));
}

export function releaseBytes(stub: TransactionStub): void {
  if (stub.handler) kept.get(stub.handler._stream)?.delete(keyOf(stub.getChannelID(), stub.getTxID()));
}
