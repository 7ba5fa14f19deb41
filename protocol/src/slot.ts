import { fromHex, u64 } from '@chargecast/signcryption/bytes';
import { decodeOrganisationSignatures, type OrganisationSignature, type Statement } from './authority';
import { hex, integer, object, type Decoder } from './json';

export const SLOT_SECONDS = 900;
/** Receivers do not act, and the chaincode does not commit, when the newest head is older than this many slots. */
export const MAX_SLOT_AGE = 2;

/** The head of a 15-minute slot: the certification chain as the gateways' majority saw it. */
export interface SlotHead {
  /** Unix seconds div 900. */
  readonly number: number;
  readonly epoch: number;
  /** Merkle root of the records, 64 bytes hex. */
  readonly recordsRoot: string;
  /** Merkle root of the revocations, 64 bytes hex. */
  readonly revocationsRoot: string;
  /** Height of the certification chain the roots were taken at. */
  readonly certchainBlock: number;
}

export interface SignedSlotHead extends SlotHead {
  readonly signatures: readonly OrganisationSignature[];
}

const ROOT_BYTES = 64;
const members = {
  number: integer(0),
  epoch: integer(1),
  recordsRoot: hex(ROOT_BYTES),
  revocationsRoot: hex(ROOT_BYTES),
  certchainBlock: integer(0),
};

export const decodeSignedSlotHead: Decoder<SignedSlotHead> = object<SignedSlotHead>({
  ...members,
  signatures: decodeOrganisationSignatures,
});

export const slotNumber = (unixSeconds: number): number => Math.floor(unixSeconds / SLOT_SECONDS);

export function slotStatement(head: SlotHead): Statement {
  return {
    tag: 'slot',
    parts: [
      u64(head.number),
      u64(head.epoch),
      fromHex(head.recordsRoot, ROOT_BYTES),
      fromHex(head.revocationsRoot, ROOT_BYTES),
      u64(head.certchainBlock),
    ],
  };
}
