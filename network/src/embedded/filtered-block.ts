import { common, peer } from '@hyperledger/fabric-protos';

import { envelopesOf, validationCodes, type ValidationCode } from './blocks';
import { readAction, readChannelHeader, readEndorsedAction, readHeader } from './transaction';

/** A block without contents: ids, types, validation codes, and events without their payload. */
export function filteredBlock(block: common.Block): peer.FilteredBlock {
  const filtered = new peer.FilteredBlock();
  filtered.setNumber(block.getHeader()?.getNumber() ?? 0);
  const codes = validationCodes(block);
  for (const [index, bytes] of envelopesOf(block).entries()) {
    const { channelId, transaction } = filteredTransaction(bytes, codes[index] as ValidationCode) ?? {};
    if (!transaction || channelId === undefined) continue;
    filtered.setChannelId(channelId);
    filtered.addFilteredTransactions(transaction);
  }
  return filtered;
}

function filteredTransaction(
  bytes: Uint8Array,
  code: ValidationCode,
): { channelId: string; transaction: peer.FilteredTransaction } | undefined {
  const channelHeader = readChannelHeader(common.Envelope.deserializeBinary(bytes));
  if (!channelHeader) return undefined;
  const transaction = new peer.FilteredTransaction();
  transaction.setTxid(channelHeader.getTxId());
  transaction.setType(channelHeader.getType() as common.HeaderTypeMap[keyof common.HeaderTypeMap]);
  transaction.setTxValidationCode(code);
  if (channelHeader.getType() === common.HeaderType.ENDORSER_TRANSACTION) {
    transaction.setTransactionActions(filteredActions(bytes));
  }
  return { channelId: channelHeader.getChannelId(), transaction };
}

function filteredActions(bytes: Uint8Array): peer.FilteredTransactionActions {
  const actions = new peer.FilteredTransactionActions();
  const event = eventOf(bytes);
  if (!event || event.getChaincodeId() === '') return actions;
  const bare = new peer.ChaincodeEvent();
  bare.setTxId(event.getTxId());
  bare.setChaincodeId(event.getChaincodeId());
  bare.setEventName(event.getEventName());
  const action = new peer.FilteredChaincodeAction();
  action.setChaincodeEvent(bare);
  actions.addChaincodeActions(action);
  return actions;
}

/** An invalid transaction may hold anything, an event or none. */
function eventOf(bytes: Uint8Array): peer.ChaincodeEvent | undefined {
  try {
    const { header, data } = readHeader(common.Envelope.deserializeBinary(bytes));
    return readAction(header, readEndorsedAction(header, data)).event;
  } catch {
    return undefined;
  }
}
