import { decodeJson } from '@chargecast/protocol/json';
import { batchKey, sigmaKey, spentKey } from '@chargecast/protocol/keys';
import { decodeBatchState, decodeSigmaState } from '@chargecast/protocol/ledger-state';
import { decodeSigmaList } from '@chargecast/protocol/sigma-list';
import { equal, fromHex, toHex } from '@chargecast/signcryption/bytes';
import { merkleRoot, proveInclusion, SIGMA_TREE, verifyInclusion } from '@chargecast/signcryption/merkle';
import { portablePrimitives } from '@chargecast/signcryption/primitives/portable';
import { sigmaId } from '@chargecast/signcryption/verify';
import { decodeSigma } from '@chargecast/signcryption/wire';

import { type FabricTransaction } from './fabric-transaction';

/** A σ where the ledger keeps it. */
export interface CommittedSigma {
  readonly id: string;
  readonly transactionId: string;
  readonly bytes: Uint8Array;
  /** Place in its submission's Merkle tree, how many stand there, and the length of its path. */
  readonly index: number;
  readonly count: number;
  readonly pathLength: number;
}

/**
 * The σ of one transaction: each under its own id and one-time key, at its place in the Merkle tree whose root was written.
 * @throws Error that says what does not fit
 */
export function readBatch({ transactionId, input, writes }: FabricTransaction): CommittedSigma[] {
  const batch = writes.get(batchKey(transactionId));
  if (!batch) return [];
  const { root: rootHex, ids } = decodeJson(new TextDecoder().decode(batch), decodeBatchState, 'batch');
  const root = fromHex(rootHex, 64);
  const items = ids.map((id) => fromHex(id, 32));
  if (!equal(merkleRoot(portablePrimitives, SIGMA_TREE, items), root)) {
    throw new Error(`the root written by transaction ${transactionId} is not that of its σ`);
  }
  const sigmas = decodeSigmaList(input[1] ?? new Uint8Array(0));
  if (sigmas.length !== ids.length) throw new Error(`transaction ${transactionId} carries other σ than it lists`);
  return ids.map((id, index) => {
    const proof = proveInclusion(portablePrimitives, SIGMA_TREE, items, index);
    verifyInclusion(portablePrimitives, SIGMA_TREE, root, items[index] as Uint8Array, proof);
    const bytes = sigmas[index] as Uint8Array;
    ensurePlaced(writes, bytes, id, index, transactionId);
    return { id, transactionId, bytes, index, count: ids.length, pathLength: proof.path.length };
  });
}

function ensurePlaced(
  writes: ReadonlyMap<string, Uint8Array>,
  sigma: Uint8Array,
  id: string,
  index: number,
  transactionId: string,
): void {
  const state = writes.get(sigmaKey(id));
  if (!state) throw new Error(`σ ${id} is listed but not written`);
  const place = decodeSigmaState(state);
  const nullified = writes.get(spentKey(toHex(decodeSigma(sigma).header.oneTimeKey)));
  const fits =
    place.index === index &&
    place.transactionId === transactionId &&
    toHex(sigmaId(portablePrimitives, sigma)) === id &&
    nullified !== undefined &&
    toHex(nullified) === id;
  if (!fits) throw new Error(`σ ${id} stands under another id, place or one-time key`);
}
