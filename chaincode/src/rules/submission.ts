/** One submission of σ: examine, look up the nullifiers, decide in order; all of them stand, or nothing is written. */
import {
  batchKey,
  type BatchState,
  decodeSigmaList,
  decodeSigmaState,
  encodeSigmaState,
  type InclusionReply,
  type Outcome,
  ProtocolError,
  readBatchState,
  revokedKey,
  SIGMAS_EVENT,
  sigmaKey,
  spentKey,
  type SubmitReply,
} from '@chargecast/protocol';
import { fromHex, toHex } from '@chargecast/signcryption/bytes';
import { merkleRoot, proveInclusion, SIGMA_TREE } from '@chargecast/signcryption/merkle';
import { nodePrimitives } from '@chargecast/signcryption/primitives/node';
import { type LedgerContext } from '../ledger-contract';
import { announce, reply } from '../shared-transactions';
import { type WorldState } from '../state';
import { readRulesInForce } from './governance';
import { readRevocation } from './revocation';
import { type Candidate, claimedKey, decide, examine, type KeyHistory, refused } from './sigmas';

export async function submitSigmas(ctx: LedgerContext, sigmas: readonly Uint8Array[]): Promise<SubmitReply> {
  const { state, params, time } = ctx;
  const rules = await readRulesInForce(state);
  const taken = new Set<string>();
  const committed: Candidate[] = [];
  const outcomes: ({ id: string } & Outcome)[] = [];
  for (const sigma of sigmas) {
    const examined = examine(params, rules, time, sigma);
    if ('refusal' in examined) {
      outcomes.push({ id: examined.id, ...examined.refusal });
      continue;
    }
    const outcome = decide(examined, await readHistory(state, examined.oneTimeKey), taken, time);
    outcomes.push({ id: examined.id, ...outcome });
    if (outcome.status === 'committed') {
      taken.add(examined.oneTimeKey);
      committed.push(examined);
    }
  }
  // The argument is in the block whatever is written: were some of it left out, refused bytes would stand there.
  if (committed.length < sigmas.length) return { outcomes: outcomes.map(heldBack) };
  return { root: await write(ctx, committed), outcomes };
}

function heldBack(outcome: { id: string } & Outcome): { id: string } & Outcome {
  if (outcome.status === 'refused') return outcome;
  const mixed = 'this σ may stand, others of its submission may not: submit it again without them';
  return { id: outcome.id, ...refused(new ProtocolError('E_SUBMISSION_MIXED', mixed)) };
}

/** What a submission asks of the history, told before anything is verified so that all of it is asked for at once. */
export function historyKeysOf(argument: Uint8Array | undefined): string[] {
  return claimedSigmas(argument).flatMap((sigma) => {
    const key = claimedKey(sigma);
    return key === undefined ? [] : [spentKey(key), revokedKey('credential', key)];
  });
}

function claimedSigmas(argument: Uint8Array | undefined): Uint8Array[] {
  try {
    return argument ? decodeSigmaList(argument) : [];
  } catch {
    // The contract refuses it, with its code, when it is called.
    return [];
  }
}

/** One read for the nullifier, one for the revocation. */
async function readHistory(state: WorldState, oneTimeKey: string): Promise<KeyHistory> {
  return {
    spent: await state.has(spentKey(oneTimeKey)),
    revocation: await readRevocation(state, 'credential', oneTimeKey),
  };
}

async function write(ctx: LedgerContext, committed: readonly Candidate[]): Promise<string> {
  const { state } = ctx;
  const transactionId = ctx.stub.getTxID();
  const ids = committed.map(({ id }) => id);
  const leaves = committed.map(({ verified }) => verified.id);
  const root = toHex(merkleRoot(nodePrimitives, SIGMA_TREE, leaves));
  for (const [index, { id, oneTimeKey }] of committed.entries()) {
    await state.putBytes(spentKey(oneTimeKey), leaves[index] as Uint8Array);
    await state.putBytes(sigmaKey(id), encodeSigmaState({ transactionId, index }));
  }
  const batch: BatchState = { root, ids };
  await state.putJson(batchKey(transactionId), batch);
  announce(ctx, SIGMAS_EVENT, reply(batch));
  return root;
}

/** The σ's place under its submission's root. Throws `E_NOT_FOUND`. */
export async function proveSigma(state: WorldState, id: string): Promise<InclusionReply> {
  const value = await state.bytes(sigmaKey(id));
  if (!value) throw new ProtocolError('E_NOT_FOUND', 'no σ with this id is committed');
  const { transactionId, index } = decodeSigmaState(value);
  const batch = await state.bytes(batchKey(transactionId));
  if (!batch) throw new ProtocolError('E_NOT_FOUND', 'the submission of this σ is not on the chain');
  const { root, ids } = readBatchState(batch);
  const items = ids.map((item) => fromHex(item, 32));
  const { count, path } = proveInclusion(nodePrimitives, SIGMA_TREE, items, index);
  return { root, index, count, path: path.map(toHex) };
}
