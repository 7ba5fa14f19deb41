import { createHash } from 'node:crypto';

import { common, peer } from '@hyperledger/fabric-protos';

/** A proposal taken apart; every part is present. Byte fields are as signed. */
export interface Proposal {
  readonly signed: peer.SignedProposal;
  readonly headerBytes: { readonly channel: Uint8Array; readonly signature: Uint8Array };
  readonly channelHeader: common.ChannelHeader;
  readonly channelId: string;
  readonly txId: string;
  readonly creator: Uint8Array;
  readonly nonce: Uint8Array;
  /** The chaincode the header names: whose endorsement it is. */
  readonly chaincodeName: string;
  readonly input: peer.ChaincodeInput;
  /** The proposal payload as it enters the transaction, without the transient data. */
  readonly publicPayload: Uint8Array;
  readonly hash: Buffer;
  readonly hasTransientData: boolean;
}

/** The bytes are not the message they should be. */
export class MalformedMessage extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'MalformedMessage';
  }
}

interface MessageType<T> {
  deserializeBinary(bytes: Uint8Array): T;
}

/** @throws MalformedMessage with Fabric's text */
export function parse<T>(type: MessageType<T>, bytes: Uint8Array, name: string): T {
  try {
    return type.deserializeBinary(bytes);
  } catch (error) {
    throw new MalformedMessage(`error unmarshalling ${name}: proto: cannot parse invalid wire-format data`, {
      cause: error,
    });
  }
}

/** Transaction id: hex SHA-256(nonce ‖ creator). */
export function transactionId(nonce: Uint8Array, creator: Uint8Array): string {
  return createHash('sha256').update(nonce).update(creator).digest('hex');
}

/** Proposal hash: SHA-256(channel header ‖ signature header ‖ proposal payload without transient data). */
export function proposalHash(channel: Uint8Array, signature: Uint8Array, publicPayload: Uint8Array): Buffer {
  return createHash('sha256').update(channel).update(signature).update(publicPayload).digest();
}

/** @throws MalformedMessage where a part is missing or not what it should be */
export function parseProposal(signed: peer.SignedProposal): Proposal {
  const proposal = parse(peer.Proposal, signed.getProposalBytes_asU8(), 'Proposal');
  const header = parse(common.Header, proposal.getHeader_asU8(), 'Header');
  const headerBytes = { channel: header.getChannelHeader_asU8(), signature: header.getSignatureHeader_asU8() };
  const channelHeader = parse(common.ChannelHeader, headerBytes.channel, 'ChannelHeader');
  const signatureHeader = parse(common.SignatureHeader, headerBytes.signature, 'SignatureHeader');
  const payload = parse(peer.ChaincodeProposalPayload, proposal.getPayload_asU8(), 'ChaincodeProposalPayload');
  const publicPayload = withoutTransientData(payload);
  return {
    signed,
    headerBytes,
    channelHeader,
    channelId: channelHeader.getChannelId(),
    txId: channelHeader.getTxId(),
    creator: signatureHeader.getCreator_asU8(),
    nonce: signatureHeader.getNonce_asU8(),
    chaincodeName: chaincodeNameOf(channelHeader),
    input: chaincodeInput(payload),
    publicPayload,
    hash: proposalHash(headerBytes.channel, headerBytes.signature, publicPayload),
    hasTransientData: payload.getTransientmapMap().getLength() > 0,
  };
}

function withoutTransientData(payload: peer.ChaincodeProposalPayload): Uint8Array {
  const rest = new peer.ChaincodeProposalPayload();
  rest.setInput(payload.getInput_asU8());
  return rest.serializeBinary();
}

function chaincodeNameOf(channelHeader: common.ChannelHeader): string {
  const extension = parse(peer.ChaincodeHeaderExtension, channelHeader.getExtension_asU8(), 'ChaincodeHeaderExtension');
  const id = extension.getChaincodeId();
  if (!id) throw new MalformedMessage('ChaincodeHeaderExtension.ChaincodeId is nil');
  if (id.getName() === '') throw new MalformedMessage('ChaincodeHeaderExtension.ChaincodeId.Name is empty');
  return id.getName();
}

function chaincodeInput(payload: peer.ChaincodeProposalPayload): peer.ChaincodeInput {
  const spec = parse(peer.ChaincodeInvocationSpec, payload.getInput_asU8(), 'ChaincodeInvocationSpec');
  const chaincodeSpec = spec.getChaincodeSpec();
  if (!chaincodeSpec) throw new MalformedMessage('chaincode invocation spec did not contain chaincode spec');
  const input = chaincodeSpec.getInput();
  if (!input) throw new MalformedMessage('chaincode input did not contain any input');
  return input;
}
