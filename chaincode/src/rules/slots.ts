/** Slot heads: a majority of the gateways moves the slot on, and with it kills every endorsement held back. */
import {
  decodeSignedSlotHead,
  type Epochs,
  gateways,
  majority,
  MAX_SLOT_AGE,
  ProtocolError,
  type SignedSlotHead,
  SLOT_KEY,
  slotNumber,
  slotStatement,
  suffices,
  tally,
} from '@chargecast/protocol';
import { type Params } from '@chargecast/signcryption/params';
import { nodePrimitives } from '@chargecast/signcryption/primitives/node';
import { type WorldState } from '../state';

export async function readSlot(state: WorldState): Promise<SignedSlotHead | undefined> {
  return state.standing(SLOT_KEY, decodeSignedSlotHead);
}

/** Reads the slot, so that the submission dies when it moves on. Throws `E_SLOT_STALE`. */
export async function ensureSlotFresh(state: WorldState, time: number): Promise<void> {
  const head = await readSlot(state);
  if (!head || slotNumber(time) - head.number > MAX_SLOT_AGE) {
    throw new ProtocolError(
      'E_SLOT_STALE',
      `the slot head is older than ${MAX_SLOT_AGE} slots; advance the slot first`,
    );
  }
}

function refuse(reason: string): never {
  throw new ProtocolError('E_SLOT', reason);
}

/** Throws `E_SLOT` (time, order, epoch), `E_AUTHORITY`. */
export async function advanceSlot(
  state: WorldState,
  params: Params,
  epochs: Epochs,
  time: number,
  head: SignedSlotHead,
): Promise<void> {
  const now = slotNumber(time);
  const previous = await readSlot(state);
  if (Math.abs(head.number - now) > 1) refuse(`slot ${head.number} is not now; the clock says ${now}`);
  if (previous && head.number <= previous.number) refuse(`slot ${previous.number} stands already; sign a later one`);
  if (previous && head.certchainBlock < previous.certchainBlock) {
    refuse(`the roots are older than those of block ${previous.certchainBlock}; sign newer ones`);
  }
  if (head.epoch !== epochs.current) refuse(`the current epoch is ${epochs.current}; sign a head that names it`);
  const voters = gateways(params);
  const count = tally(nodePrimitives, params, voters, majority(voters.length), slotStatement(head), head.signatures);
  if (!suffices(count)) {
    throw new ProtocolError(
      'E_AUTHORITY',
      `${count.given} of ${count.needed} gateways’ signatures hold; gather the missing ones`,
    );
  }
  await state.putJson(SLOT_KEY, head);
}
