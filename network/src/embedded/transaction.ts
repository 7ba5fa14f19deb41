import { common, ledger, peer } from '@hyperledger/fabric-protos';

import { parse, proposalHash, transactionId } from './proposal';

const Code = peer.TxValidationCode;
type ValidationCode = peer.TxValidationCodeMap[keyof peer.TxValidationCodeMap];
type KVRWSet = ledger.rwset.kvrwset.KVRWSet;

/** What makes a transaction invalid. */
export class InvalidTransaction extends Error {
  readonly code: ValidationCode;

  constructor(code: ValidationCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'InvalidTransaction';
    this.code = code;
  }
}

export interface TransactionHeader {
  readonly type: number;
  readonly channelId: string;
  readonly txId: string;
  readonly creator: Uint8Array;
  readonly nonce: Uint8Array;
  readonly channelHeader: common.ChannelHeader;
  readonly bytes: { readonly channel: Uint8Array; readonly signature: Uint8Array };
}

export interface Action {
  readonly chaincodeName: string;
  readonly responsePayload: Uint8Array;
  readonly endorsements: readonly peer.Endorsement[];
  readonly namespaces: readonly NamespaceChanges[];
  readonly event: peer.ChaincodeEvent | undefined;
}

export interface NamespaceChanges {
  readonly namespace: string;
  readonly set: KVRWSet;
}

/** The channel header of any envelope, a configuration's too; undefined where there is none. */
export function readChannelHeader(envelope: common.Envelope): common.ChannelHeader | undefined {
  try {
    const bytes = common.Payload.deserializeBinary(envelope.getPayload_asU8()).getHeader()?.getChannelHeader_asU8();
    return bytes && common.ChannelHeader.deserializeBinary(bytes);
  } catch {
    return undefined;
  }
}

/** @throws InvalidTransaction `BAD_PAYLOAD`, `BAD_COMMON_HEADER` */
export function readHeader(envelope: common.Envelope): { header: TransactionHeader; data: Uint8Array } {
  const payload = reading(Code.BAD_PAYLOAD, () => parse(common.Payload, envelope.getPayload_asU8(), 'Payload'));
  const header = reading(Code.BAD_COMMON_HEADER, () => checkedHeader(headerOf(payload)));
  return { header, data: payload.getData_asU8() };
}

/**
 * What an orderer reads of an envelope: it leaves epoch, nonce and creator to the committers.
 * @throws MalformedMessage, Error
 */
export function readOrderedHeader(envelope: common.Envelope): TransactionHeader {
  return headerOf(parse(common.Payload, envelope.getPayload_asU8(), 'Payload'));
}

function headerOf(payload: common.Payload): TransactionHeader {
  const header = payload.getHeader();
  if (!header) throw new Error('nil header');
  const bytes = { channel: header.getChannelHeader_asU8(), signature: header.getSignatureHeader_asU8() };
  const channelHeader = parse(common.ChannelHeader, bytes.channel, 'ChannelHeader');
  const signatureHeader = parse(common.SignatureHeader, bytes.signature, 'SignatureHeader');
  return {
    type: channelHeader.getType(),
    channelId: channelHeader.getChannelId(),
    txId: channelHeader.getTxId(),
    creator: signatureHeader.getCreator_asU8(),
    nonce: signatureHeader.getNonce_asU8(),
    channelHeader,
    bytes,
  };
}

function checkedHeader(header: TransactionHeader): TransactionHeader {
  const { channelHeader, creator, nonce } = header;
  if (channelHeader.getEpoch() !== 0) throw new Error('invalid Epoch in ChannelHeader');
  if (nonce.length === 0 || creator.length === 0) throw new Error('invalid nonce or creator specified in the header');
  return header;
}

/** @throws InvalidTransaction `BAD_PROPOSAL_TXID` */
export function checkTransactionId({ txId, nonce, creator }: TransactionHeader): void {
  if (txId !== transactionId(nonce, creator)) {
    throw new InvalidTransaction(Code.BAD_PROPOSAL_TXID, 'incorrectly computed txid');
  }
}

/**
 * The endorsed action, bound to the proposal by its hash.
 * @throws InvalidTransaction `INVALID_ENDORSER_TRANSACTION`
 */
export function readEndorsedAction(header: TransactionHeader, data: Uint8Array): peer.ChaincodeEndorsedAction {
  return reading(Code.INVALID_ENDORSER_TRANSACTION, () => {
    const actions = parse(peer.Transaction, data, 'Transaction').getActionsList();
    const [only] = actions;
    if (!only || actions.length !== 1) {
      throw new Error(`only one action per transaction is supported, tx contains ${actions.length}`);
    }
    const signatureHeader = parse(common.SignatureHeader, only.getHeader_asU8(), 'SignatureHeader');
    if (signatureHeader.getNonce_asU8().length === 0 || signatureHeader.getCreator_asU8().length === 0) {
      throw new Error('invalid nonce or creator specified in the action');
    }
    const actionPayload = parse(peer.ChaincodeActionPayload, only.getPayload_asU8(), 'ChaincodeActionPayload');
    const action = actionPayload.getAction();
    if (!action) throw new Error('nil action');
    const response = responsePayloadOf(action);
    const proposalPayload = actionPayload.getChaincodeProposalPayload_asU8();
    const hash = proposalHash(header.bytes.channel, only.getHeader_asU8(), proposalPayload);
    if (!hash.equals(response.getProposalHash_asU8())) throw new Error('proposal hash does not match');
    return action;
  });
}

/** @throws InvalidTransaction with the code Fabric gives each fault */
export function readAction(header: TransactionHeader, endorsed: peer.ChaincodeEndorsedAction): Action {
  const headerChaincode = reading(Code.BAD_HEADER_EXTENSION, () =>
    parse(peer.ChaincodeHeaderExtension, header.channelHeader.getExtension_asU8(), 'ChaincodeHeaderExtension'),
  ).getChaincodeId();
  const action = reading(Code.BAD_RESPONSE_PAYLOAD, () =>
    parse(peer.ChaincodeAction, responsePayloadOf(endorsed).getExtension_asU8(), 'ChaincodeAction'),
  );
  const namespaces = reading(Code.BAD_RWSET, () => readNamespaces(action.getResults_asU8()));
  const chaincodeName = checkedChaincodeName(headerChaincode, action.getChaincodeId());
  const event = readEvent(action.getEvents_asU8());
  if (event && event.getChaincodeId() !== chaincodeName) {
    throw new InvalidTransaction(Code.INVALID_OTHER_REASON, 'chaincode event chaincode id does not match');
  }
  return {
    chaincodeName,
    responsePayload: endorsed.getProposalResponsePayload_asU8(),
    endorsements: endorsed.getEndorsementsList(),
    namespaces,
    event,
  };
}

function checkedChaincodeName(proposed: peer.ChaincodeID | undefined, executed: peer.ChaincodeID | undefined): string {
  if (!proposed || !executed) throw new InvalidTransaction(Code.INVALID_OTHER_REASON, 'nil ChaincodeId');
  const name = proposed.getName();
  if (name === '' || name !== executed.getName() || executed.getVersion() === '') {
    throw new InvalidTransaction(Code.INVALID_CHAINCODE, 'inconsistent chaincode id or version');
  }
  return name;
}

function readEvent(bytes: Uint8Array): peer.ChaincodeEvent | undefined {
  if (bytes.length === 0) return undefined;
  return reading(Code.INVALID_OTHER_REASON, () => parse(peer.ChaincodeEvent, bytes, 'ChaincodeEvent'));
}

function responsePayloadOf(action: peer.ChaincodeEndorsedAction): peer.ProposalResponsePayload {
  return parse(peer.ProposalResponsePayload, action.getProposalResponsePayload_asU8(), 'ProposalResponsePayload');
}

function readNamespaces(results: Uint8Array): NamespaceChanges[] {
  const list = parse(ledger.rwset.TxReadWriteSet, results, 'TxReadWriteSet').getNsRwsetList();
  const namespaces = list.map((entry) => ({
    namespace: entry.getNamespace(),
    set: parse(ledger.rwset.kvrwset.KVRWSet, entry.getRwset_asU8(), 'KVRWSet'),
  }));
  if (new Set(namespaces.map(({ namespace }) => namespace)).size !== namespaces.length) {
    throw new InvalidTransaction(Code.ILLEGAL_WRITESET, 'duplicate namespace in the read-write set');
  }
  const foreign = list.some((entry) => entry.getCollectionHashedRwsetList().length > 0);
  if (foreign || namespaces.some(({ set }) => set.getMetadataWritesList().length > 0)) {
    throw new InvalidTransaction(Code.ILLEGAL_WRITESET, 'private data and state metadata are not supported');
  }
  return namespaces;
}

function reading<T>(code: ValidationCode, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof InvalidTransaction) throw error;
    throw new InvalidTransaction(code, (error as Error).message, { cause: error });
  }
}
