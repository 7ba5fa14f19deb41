import { createHash, createPrivateKey } from 'node:crypto';

import { common, gateway, peer } from '@hyperledger/fabric-protos';
import { type Gateway, type Proposal } from '@hyperledger/fabric-gateway';

import { sign } from '../embedded/ecdsa';

/** A change to a transaction's parts, in place. */
export type Alteration = (payload: common.Payload, transaction: peer.ChaincodeActionPayload) => void;

export interface Headers {
  readonly channel: common.ChannelHeader;
  readonly signature: common.SignatureHeader;
}

/** `proposal` with other headers, signed again with `keyPem`. */
export function alteredProposal(
  connection: Gateway,
  proposal: Proposal,
  keyPem: string,
  alter: (headers: Headers) => void,
): Proposal {
  const proposed = gateway.ProposedTransaction.deserializeBinary(proposal.getBytes());
  const signed = proposed.getProposal() as peer.SignedProposal;
  const inner = peer.Proposal.deserializeBinary(signed.getProposalBytes_asU8());
  const header = common.Header.deserializeBinary(inner.getHeader_asU8());
  const headers = {
    channel: common.ChannelHeader.deserializeBinary(header.getChannelHeader_asU8()),
    signature: common.SignatureHeader.deserializeBinary(header.getSignatureHeader_asU8()),
  };
  alter(headers);
  header.setChannelHeader(headers.channel.serializeBinary());
  header.setSignatureHeader(headers.signature.serializeBinary());
  inner.setHeader(header.serializeBinary());
  signed.setProposalBytes(inner.serializeBinary());
  proposed.setTransactionId(headers.channel.getTxId());
  proposed.setProposal(signed);
  const signature = sign(createPrivateKey(keyPem), inner.serializeBinary());
  return connection.newSignedProposal(proposed.serializeBinary(), signature);
}

/** A prepared transaction of the gateway client's, its envelope changed by `alter` and signed again. */
export function alteredTransaction(
  bytes: Uint8Array,
  keyPem: string,
  alter: Alteration,
): { readonly bytes: Uint8Array; readonly signature: Buffer } {
  const prepared = gateway.PreparedTransaction.deserializeBinary(bytes);
  const envelope = prepared.getEnvelope() as common.Envelope;
  const payload = common.Payload.deserializeBinary(envelope.getPayload_asU8());
  const transaction = peer.Transaction.deserializeBinary(payload.getData_asU8());
  const [action] = transaction.getActionsList() as [peer.TransactionAction];
  const actionPayload = peer.ChaincodeActionPayload.deserializeBinary(action.getPayload_asU8());
  alter(payload, actionPayload);
  action.setPayload(actionPayload.serializeBinary());
  payload.setData(transaction.serializeBinary());
  envelope.setPayload(payload.serializeBinary());
  // The client asks for the status of the id it finds here.
  const channel = common.ChannelHeader.deserializeBinary(
    payload.getHeader()?.getChannelHeader_asU8() ?? new Uint8Array(),
  );
  prepared.setTransactionId(channel.getTxId());
  const signature = sign(createPrivateKey(keyPem), payload.serializeBinary());
  return { bytes: prepared.serializeBinary(), signature };
}

export function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
