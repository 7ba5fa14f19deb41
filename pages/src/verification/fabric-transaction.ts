import { concat } from '@chargecast/signcryption/bytes';
import { sha256 } from '@noble/hashes/sha2.js';

import { Message } from './protobuf';

export interface FabricTransaction {
  /** Fabric's TxValidationCode; 0 is valid. */
  readonly validationCode: number;
  /** `unreadable`: what validation has refused need not be a transaction. */
  readonly kind: 'endorser' | 'config' | 'unreadable';
  readonly transactionId: string;
  readonly channel: string;
  /** Unix seconds. */
  readonly timestamp: number;
  readonly chaincode: string;
  /** What endorsers sign, followed by their identity. */
  readonly responsePayload: Uint8Array;
  readonly endorsements: readonly Endorsement[];
  /** SHA-256 over the headers and the proposal as they stand in this envelope, and as the endorsers saw them. */
  readonly proposalHash: Uint8Array;
  readonly endorsedHash: Uint8Array;
  /** Name and arguments of the call, under the endorsements by `proposalHash`. */
  readonly input: readonly Uint8Array[];
  /** To the chaincode's own namespace, by key. */
  readonly writes: ReadonlyMap<string, Uint8Array>;
  /** `common.Config` of a configuration transaction. */
  readonly config?: Message;
}

export interface Endorsement {
  readonly mspId: string;
  /** PEM. */
  readonly certificate: string;
  /** ECDSA, DER. */
  readonly signature: Uint8Array;
  /** `msp.SerializedIdentity` as signed. */
  readonly endorser: Uint8Array;
}

const CONFIG = 1;
const ENDORSER_TRANSACTION = 3;

/** @throws InputError E_BLOCK_MALFORMED if it cannot be read though it was validated as good */
export function readTransaction(envelope: Uint8Array, validationCode: number): FabricTransaction {
  try {
    return { validationCode, ...readContent(envelope) };
  } catch (error) {
    if (validationCode === 0) throw error;
    return { validationCode, ...NOTHING, kind: 'unreadable' };
  }
}

type Content = Omit<FabricTransaction, 'validationCode'>;

const EMPTY = new Uint8Array(0);
const NOTHING: Omit<Content, 'kind'> = {
  transactionId: '',
  channel: '',
  timestamp: 0,
  chaincode: '',
  responsePayload: EMPTY,
  endorsements: [],
  proposalHash: EMPTY,
  endorsedHash: EMPTY,
  input: [],
  writes: new Map(),
};

function readContent(envelope: Uint8Array): Content {
  const payload = new Message(envelope).message(1);
  const header = payload.message(1);
  const channelHeader = header.message(1);
  const type = channelHeader.number(1);
  const base = {
    ...NOTHING,
    transactionId: channelHeader.text(5),
    channel: channelHeader.text(4),
    timestamp: channelHeader.message(3).number(1),
  };
  if (type === CONFIG) return { ...base, kind: 'config', config: payload.message(2).message(1) };
  if (type !== ENDORSER_TRANSACTION) return { ...base, kind: 'unreadable' };
  return { ...base, kind: 'endorser', ...readAction(payload.message(2), header) };
}

/** Fabric orders transactions of exactly one action. */
function readAction(
  transaction: Message,
  header: Message,
): Pick<
  Content,
  'chaincode' | 'responsePayload' | 'endorsements' | 'proposalHash' | 'endorsedHash' | 'input' | 'writes'
> {
  const actionPayload = transaction.message(1).message(2);
  const endorsed = actionPayload.message(2);
  const responsePayload = endorsed.bytes(1);
  const response = new Message(responsePayload);
  const action = response.message(2);
  const chaincode = action.message(4).text(2);
  return {
    chaincode,
    responsePayload,
    endorsements: endorsed.all(2).map(readEndorsement),
    proposalHash: sha256(concat(header.bytes(1), header.bytes(2), actionPayload.bytes(1))),
    endorsedHash: response.bytes(1),
    // ChaincodeProposalPayload.input: ChaincodeInvocationSpec.chaincode_spec.input.args
    input: actionPayload.message(1).message(1).message(1).message(3).all(1),
    writes: readWrites(action.message(1), chaincode),
  };
}

function readEndorsement(bytes: Uint8Array): Endorsement {
  const endorsement = new Message(bytes);
  const endorser = endorsement.bytes(1);
  const identity = new Message(endorser);
  return { mspId: identity.text(1), certificate: identity.text(2), signature: endorsement.bytes(2), endorser };
}

function readWrites(results: Message, namespace: string): Map<string, Uint8Array> {
  const own = results
    .all(2)
    .map((bytes) => new Message(bytes))
    .filter((set) => set.text(1) === namespace);
  const writes = own.flatMap((set) => set.message(2).all(3)).map((bytes) => new Message(bytes));
  return new Map(writes.map((write) => [write.text(1), write.bytes(3)]));
}
