import { common, ledger, msp, peer } from '@hyperledger/fabric-protos';
import { createHash } from 'node:crypto';

import { type Endorsement, LedgerError, type LedgerTransaction, type LedgerWrite } from './port';

const VALID = peer.TxValidationCode.VALID as number;
const EMPTY = new Uint8Array(0);

/** What a transaction says beside its place in the block. */
type Content = Omit<LedgerTransaction, 'index' | 'validationCode' | 'valid' | 'envelope'>;

/**
 * Reads a `common.Envelope` as it stands in a block.
 * @throws LedgerError E_BLOCK_MALFORMED if it cannot be read though it was validated as good; one that validation
 * refused comes back as `unreadable`
 */
export function parseEnvelope(envelope: Uint8Array, index: number, validationCode: number): LedgerTransaction {
  const place = { index, validationCode, envelope };
  try {
    const content = readContent(envelope);
    return { ...place, ...content, valid: validationCode === VALID && content.kind === 'endorser' };
  } catch (error) {
    if (validationCode === VALID) {
      throw new LedgerError(
        'E_BLOCK_MALFORMED',
        `transaction ${index} of a block cannot be read: distrust its source`,
        {
          cause: error,
        },
      );
    }
    return { ...place, ...without('unreadable'), valid: false };
  }
}

function without(kind: 'config' | 'unreadable'): Content {
  return {
    kind,
    transactionId: '',
    channel: '',
    timestamp: 0,
    creatorMspId: '',
    chaincode: '',
    endorsements: [],
    responsePayload: EMPTY,
    proposalHash: EMPTY,
    endorsedHash: EMPTY,
    input: [],
    writes: [],
  };
}

/** The channel configuration in an envelope that holds one. */
export function readConfig(envelope: Uint8Array): common.Config | undefined {
  const payload = common.Payload.deserializeBinary(common.Envelope.deserializeBinary(envelope).getPayload_asU8());
  const header = common.ChannelHeader.deserializeBinary(payload.getHeader()?.getChannelHeader_asU8() ?? EMPTY);
  if (header.getType() !== (common.HeaderType.CONFIG as number)) return undefined;
  return common.ConfigEnvelope.deserializeBinary(payload.getData_asU8()).getConfig();
}

function readContent(envelope: Uint8Array): Content {
  const payload = common.Payload.deserializeBinary(common.Envelope.deserializeBinary(envelope).getPayload_asU8());
  const header = present(payload.getHeader(), 'header');
  const channelHeader = common.ChannelHeader.deserializeBinary(header.getChannelHeader_asU8());
  const signatureHeader = common.SignatureHeader.deserializeBinary(header.getSignatureHeader_asU8());
  const creator = msp.SerializedIdentity.deserializeBinary(signatureHeader.getCreator_asU8());
  const base = {
    transactionId: channelHeader.getTxId(),
    channel: channelHeader.getChannelId(),
    timestamp: channelHeader.getTimestamp()?.getSeconds() ?? 0,
    creatorMspId: creator.getMspid(),
  };
  if (channelHeader.getType() !== (common.HeaderType.ENDORSER_TRANSACTION as number)) {
    return { ...without('config'), ...base };
  }
  return { ...base, kind: 'endorser', ...readAction(payload.getData_asU8(), header) };
}

type ActionContent = Pick<
  Content,
  'chaincode' | 'endorsements' | 'responsePayload' | 'proposalHash' | 'endorsedHash' | 'input' | 'writes' | 'event'
>;

/** Fabric orders transactions of exactly one action. */
function readAction(data: Uint8Array, header: common.Header): ActionContent {
  const [action, ...more] = peer.Transaction.deserializeBinary(data).getActionsList();
  if (!action || more.length > 0) throw new RangeError('a transaction must have one action');
  const actionPayload = peer.ChaincodeActionPayload.deserializeBinary(action.getPayload_asU8());
  const endorsed = present(actionPayload.getAction(), 'endorsed action');
  const responsePayload = endorsed.getProposalResponsePayload_asU8();
  const response = peer.ProposalResponsePayload.deserializeBinary(responsePayload);
  const chaincodeAction = peer.ChaincodeAction.deserializeBinary(response.getExtension_asU8());
  const event = readEvent(chaincodeAction.getEvents_asU8());
  const proposalPayload = actionPayload.getChaincodeProposalPayload_asU8();
  return {
    chaincode: chaincodeAction.getChaincodeId()?.getName() ?? '',
    endorsements: endorsed.getEndorsementsList().map(readEndorsement),
    responsePayload,
    proposalHash: createHash('sha256')
      .update(header.getChannelHeader_asU8())
      .update(header.getSignatureHeader_asU8())
      .update(proposalPayload)
      .digest(),
    endorsedHash: response.getProposalHash_asU8(),
    input: readInput(proposalPayload),
    writes: readWrites(chaincodeAction.getResults_asU8()),
    ...(event && { event }),
  };
}

function readInput(proposalPayload: Uint8Array): Uint8Array[] {
  const { ChaincodeInvocationSpec, ChaincodeProposalPayload } = peer;
  const spec = ChaincodeInvocationSpec.deserializeBinary(
    ChaincodeProposalPayload.deserializeBinary(proposalPayload).getInput_asU8(),
  );
  return spec.getChaincodeSpec()?.getInput()?.getArgsList_asU8() ?? [];
}

function readEndorsement(endorsement: peer.Endorsement): Endorsement {
  const endorser = endorsement.getEndorser_asU8();
  const identity = msp.SerializedIdentity.deserializeBinary(endorser);
  return {
    mspId: identity.getMspid(),
    certificate: identity.getIdBytes_asU8(),
    signature: endorsement.getSignature_asU8(),
    endorser,
  };
}

function readWrites(results: Uint8Array): LedgerWrite[] {
  return ledger.rwset.TxReadWriteSet.deserializeBinary(results)
    .getNsRwsetList()
    .flatMap((set) => {
      const namespace = set.getNamespace();
      const writes = ledger.rwset.kvrwset.KVRWSet.deserializeBinary(set.getRwset_asU8()).getWritesList();
      return writes.map((write) => ({
        namespace,
        key: write.getKey(),
        value: write.getValue_asU8(),
        isDelete: write.getIsDelete(),
      }));
    });
}

function readEvent(bytes: Uint8Array): { name: string; payload: Uint8Array } | undefined {
  if (bytes.length === 0) return undefined;
  const event = peer.ChaincodeEvent.deserializeBinary(bytes);
  return { name: event.getEventName(), payload: event.getPayload_asU8() };
}

function present<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new RangeError(`the ${name} is missing`);
  return value;
}
