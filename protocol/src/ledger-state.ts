/** Values of the world state that are not plain canonical JSON, and the JSON ones that readers decode. */
import { concat, fromHex, toHex, u32 } from '@chargecast/signcryption/bytes';
import { ProtocolError } from './errors';
import { array, decodeJson, hex, object, type Decoder } from './json';
import { MAX_SIGMAS } from './sigma-list';

/** The value under `sigma:<id>`: where it stands. Its bytes are in the submission's argument, in that transaction. */
export interface SigmaState {
  /** 32 bytes, hex. */
  readonly transactionId: string;
  /** Place in its submission's Merkle tree. */
  readonly index: number;
}

const LAYOUT = 2;
const BYTES = 1 + 32 + 4;

/** u8 layout (2) ‖ transaction id (32) ‖ u32le index. */
export function encodeSigmaState({ transactionId, index }: SigmaState): Uint8Array {
  return concat(Uint8Array.of(LAYOUT), fromHex(transactionId, 32), u32(index));
}

/** Throws `E_DECODE` for another layout. */
export function decodeSigmaState(value: Uint8Array): SigmaState {
  if (value.length !== BYTES || value[0] !== LAYOUT) {
    throw new ProtocolError('E_DECODE', 'this is no σ state of a known layout; update the reader');
  }
  return {
    transactionId: toHex(value.subarray(1, 33)),
    index: new DataView(value.buffer, value.byteOffset).getUint32(33, true),
  };
}

/** The value under `batch:<transaction id>`, canonical JSON; also the payload of the event. */
export interface BatchState {
  /** Merkle root of the committed σ ids, 64 bytes hex. */
  readonly root: string;
  readonly ids: readonly string[];
}

export const decodeBatchState: Decoder<BatchState> = object<BatchState>({
  root: hex(64),
  ids: array(hex(32), MAX_SIGMAS, 1),
});

export const readBatchState = (value: Uint8Array): BatchState =>
  decodeJson(Buffer.from(value).toString('utf8'), decodeBatchState, 'batch');
