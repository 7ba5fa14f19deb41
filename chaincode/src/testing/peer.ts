/** A peer's side of the stream to a chaincode server, for the tests of the chaincode as a process. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import * as grpc from '@grpc/grpc-js';
import { common, msp, peer } from '@hyperledger/fabric-protos';
import { Timestamp } from 'google-protobuf/google/protobuf/timestamp_pb';
import { type TestIdentity } from './identities';

type Message = peer.ChaincodeMessage;
export interface Stream {
  on(event: 'data', listener: (message: Message) => void): unknown;
  write(message: Message): unknown;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export function message(
  type: Parameters<Message['setType']>[0],
  payload?: Uint8Array,
  proposal?: peer.SignedProposal,
): Message {
  const built = new peer.ChaincodeMessage();
  built.setType(type);
  built.setTxid('ab'.repeat(32));
  built.setChannelId('certchain');
  if (payload) built.setPayload(payload);
  if (proposal) built.setProposal(proposal);
  return built;
}

/** @param time Unix seconds */
export function signedProposal({ mspId, certificate }: TestIdentity, time: number): peer.SignedProposal {
  const creator = new msp.SerializedIdentity();
  creator.setMspid(mspId);
  creator.setIdBytes(Buffer.from(certificate));
  const signatureHeader = new common.SignatureHeader();
  signatureHeader.setCreator(creator.serializeBinary());
  const timestamp = new Timestamp();
  timestamp.setSeconds(time);
  const channelHeader = new common.ChannelHeader();
  channelHeader.setTimestamp(timestamp);
  const header = new common.Header();
  header.setChannelHeader(channelHeader.serializeBinary());
  header.setSignatureHeader(signatureHeader.serializeBinary());
  const input = new peer.ChaincodeProposalPayload();
  input.setInput(Buffer.from('x'));
  const proposal = new peer.Proposal();
  proposal.setHeader(header.serializeBinary());
  proposal.setPayload(input.serializeBinary());
  const signed = new peer.SignedProposal();
  signed.setProposalBytes(proposal.serializeBinary());
  return signed;
}

export async function dial(port: number): Promise<{ client: peer.ChaincodeClient; stream: Stream }> {
  const client = new peer.ChaincodeClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  await new Promise<void>((resolve, reject) =>
    client.waitForReady(Date.now() + 20_000, (error) => (error ? reject(error) : resolve())),
  );
  const stream = client.connect();
  stream.on('error', () => undefined);
  return { client, stream };
}
