/** Limits and epochs: versioned, under the KGC's signature and a majority's. */
import {
  type AcceptedEpoch,
  type Authority,
  canonicalJson,
  decodeEpochsItem,
  decodeLimitsItem,
  type Decoder,
  type Epochs,
  type EpochsItem,
  governanceKey,
  governanceStatement,
  holds,
  itemLimits,
  type Json,
  type LimitsItem,
  ProtocolError,
  type Statement,
  suffices,
  type Tally,
  tally,
  type VersionedItem,
} from '@chargecast/protocol';
import { type Limits } from '@chargecast/signcryption/limits';
import { type Params } from '@chargecast/signcryption/params';
import { nodePrimitives } from '@chargecast/signcryption/primitives/node';
import { approvalsNeeded } from '@chargecast/signcryption/support';
import { type WorldState } from '../state';

export interface Governance {
  readonly limits: LimitsItem | undefined;
  readonly epochs: EpochsItem | undefined;
}

/** What a submission is judged by. */
export interface RulesInForce {
  readonly limits: Limits;
  readonly epochs: Epochs;
}

export async function readGovernance(state: WorldState): Promise<Governance> {
  return {
    limits: await state.standing(governanceKey('limits'), decodeLimitsItem),
    epochs: await state.standing(governanceKey('epochs'), decodeEpochsItem),
  };
}

export async function readRulesInForce(state: WorldState): Promise<RulesInForce> {
  const { limits, epochs } = await readGovernance(state);
  if (!limits || !epochs) {
    throw new ProtocolError('E_NOT_INITIALISED', 'limits or epochs are missing; mirror their governance items first');
  }
  return { limits: parsedLimits(limits), epochs: epochs.body };
}

/** By the item, which is decoded anew only when its text has changed. */
const parsed = new WeakMap<LimitsItem, Limits>();

function parsedLimits(item: LimitsItem): Limits {
  const limits = parsed.get(item) ?? itemLimits(item);
  parsed.set(item, limits);
  return limits;
}

/** How many pinned organisations other than the KGC stand behind a statement. */
export function organisationTally(params: Params, statement: Statement, authority: readonly Authority[]): Tally {
  const { voters, needed } = approvalsNeeded(params, undefined);
  const signatures = authority.flatMap(({ by, name, signature }) =>
    by === 'organisation' && name !== undefined ? [{ mspId: name, signature }] : [],
  );
  return tally(nodePrimitives, params, voters, needed, statement, signatures);
}

/** Whether one of the authority's signatures of this kind holds under the key. */
export function signedBy(
  params: Params,
  statement: Statement,
  authority: readonly Authority[],
  by: Authority['by'],
  publicKey: Uint8Array,
  name?: string,
): boolean {
  return authority.some(
    (given) =>
      given.by === by && given.name === name && holds(nodePrimitives, params, publicKey, statement, given.signature),
  );
}

export function ensureVersionedAuthority(params: Params, item: VersionedItem): void {
  const statement = governanceStatement(item);
  const count = organisationTally(params, statement, item.authority);
  const kgc = signedBy(params, statement, item.authority, 'kgc', params.masterPublicKey);
  if (!kgc || !suffices(count)) {
    throw new ProtocolError(
      'E_AUTHORITY',
      `${item.kind} need the KGC’s signature (${kgc ? 'given' : 'missing'}) and ${count.needed} organisations’ ` +
        `(${count.given} hold); gather the missing ones`,
    );
  }
}

function ensureNextVersion(previous: VersionedItem | undefined, item: VersionedItem): void {
  const next = (previous?.version ?? 0) + 1;
  if (item.version !== next) {
    throw new ProtocolError('E_VERSION', `the next version of ${item.kind} is ${next}, not ${item.version}`);
  }
}

/** Epochs only grow: none returns once left out, none closes later than announced. */
function ensureEpochsGrow(previous: Epochs, next: Epochs): void {
  const before = new Map<number, AcceptedEpoch>(previous.accepted.map((entry) => [entry.epoch, entry]));
  for (const { epoch, closeAt } of next.accepted) {
    const known = before.get(epoch);
    const returns = !known && epoch <= previous.current;
    const prolonged = known?.closeAt !== undefined && (closeAt === undefined || closeAt > known.closeAt);
    if (returns || prolonged) {
      throw new ProtocolError('E_EPOCH', `epoch ${epoch} is closed or closing; an epoch is not opened again`);
    }
  }
  if (next.current < previous.current) {
    throw new ProtocolError('E_EPOCH', `the current epoch is ${previous.current} and only grows`);
  }
}

const same = (a: VersionedItem, b: VersionedItem): boolean =>
  a.version === b.version && canonicalJson(a.body as Json) === canonicalJson(b.body as Json);

const DECODERS: Readonly<Record<VersionedItem['kind'], Decoder<VersionedItem>>> = {
  limits: decodeLimitsItem,
  epochs: decodeEpochsItem,
};

/** Puts the next version in force. Throws `E_VERSION`, `E_AUTHORITY`, `E_EPOCH`. */
export async function putVersioned(
  state: WorldState,
  params: Params,
  item: VersionedItem,
): Promise<'committed' | 'unchanged'> {
  const key = governanceKey(item.kind);
  const previous = await state.json(key, DECODERS[item.kind]);
  if (previous && same(previous, item)) return 'unchanged';
  ensureNextVersion(previous, item);
  ensureVersionedAuthority(params, item);
  if (previous?.kind === 'epochs' && item.kind === 'epochs') ensureEpochsGrow(previous.body, item.body);
  await state.putJson(key, item);
  return 'committed';
}
