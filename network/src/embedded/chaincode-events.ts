import { common, type gateway, peer } from '@hyperledger/fabric-protos';

import { envelopesOf, validationCodes } from './blocks';
import { readAction, readChannelHeader, readEndorsedAction, readHeader } from './transaction';

const known = new WeakMap<common.Block, readonly peer.ChaincodeEvent[]>();

/** Events of a block's valid transactions, in their order. */
export function chaincodeEvents(block: common.Block): readonly peer.ChaincodeEvent[] {
  let events = known.get(block);
  if (!events) {
    events = readEvents(block);
    known.set(block, events);
  }
  return events;
}

/**
 * Chooses what a subscriber gets of each block: events of one chaincode, and after `afterTransactionId`, if given, only
 * those that follow it in its block or later.
 */
export class EventFilter {
  readonly #chaincode: string;
  #after: string;

  constructor(request: gateway.ChaincodeEventsRequest) {
    this.#chaincode = request.getChaincodeId();
    this.#after = request.getAfterTransactionId();
  }

  select(events: readonly peer.ChaincodeEvent[]): peer.ChaincodeEvent[] {
    return events.filter((event) => {
      if (this.#after !== '') {
        if (event.getTxId() === this.#after) this.#after = '';
        return false;
      }
      return event.getChaincodeId() === this.#chaincode;
    });
  }
}

function readEvents(block: common.Block): readonly peer.ChaincodeEvent[] {
  const codes = validationCodes(block);
  return envelopesOf(block).flatMap((bytes, index) => {
    const envelope = common.Envelope.deserializeBinary(bytes);
    const isTransaction = readChannelHeader(envelope)?.getType() === common.HeaderType.ENDORSER_TRANSACTION;
    if (!isTransaction || codes[index] !== peer.TxValidationCode.VALID) return [];
    const { header, data } = readHeader(envelope);
    const { event } = readAction(header, readEndorsedAction(header, data));
    return event && event.getEventName() !== '' && event.getTxId() !== '' ? [event] : [];
  });
}
