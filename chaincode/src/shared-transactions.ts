/** Transactions both contracts offer, each as its own class method: decorators' metadata is not inherited well. */
import {
  type CredentialsRevocation,
  type Decoder,
  decodeGovernanceItem,
  decodeJson,
  GOVERNANCE_EVENT,
  canonicalJson,
  type GovernanceItem,
  type GovernanceReply,
  governanceKey,
  isRevocation,
  type Json,
  type MirrorReply,
  oneOf,
  ProtocolError,
  REVOCATION_EVENT,
  type RevocationItem,
  type VersionedKind,
} from '@chargecast/protocol';
import { type LedgerContext } from './ledger-contract';
import { putVersioned, readGovernance } from './rules/governance';
import { ensureLength } from './rules/initialise';
import { putCredentialsRevocation, putRevocation, revocationEvent, type RevocationKeys } from './rules/revocation';
import { readSlot } from './rules/slots';

/** Every result is canonical JSON: all organisations answer with the same bytes. */
export const reply = (value: object): string => canonicalJson(value as Json);

export function announce(ctx: LedgerContext, event: string, payload: string): void {
  ctx.stub.setEvent(event, Buffer.from(payload, 'utf8'));
}

const MAX_ITEM_CHARACTERS = 256 * 1024;

/** A JSON argument, bounded and checked. Throws `E_TOO_LARGE`, `E_DECODE`. */
export function readArgument<T>(source: string, decoder: Decoder<T>, at: string, max = MAX_ITEM_CHARACTERS): T {
  ensureLength(source, max, at);
  return decodeJson(source, decoder, at);
}

/** Writes a revocation and announces it. */
export async function revoke(ctx: LedgerContext, item: RevocationItem, keys: RevocationKeys): Promise<MirrorReply> {
  const status = await putRevocation(ctx.state, ctx.params, item, keys);
  if (status === 'committed') announce(ctx, REVOCATION_EVENT, revocationEvent(item));
  return { kind: item.kind, status };
}

async function revokeCredentials(ctx: LedgerContext, item: CredentialsRevocation): Promise<MirrorReply> {
  const { kind, body } = item;
  const subjects = await putCredentialsRevocation(ctx.state, ctx.params, item);
  if (subjects.length > 0) announce(ctx, REVOCATION_EVENT, reply({ kind, ...body, subjects }));
  return { kind, status: subjects.length > 0 ? 'committed' : 'unchanged' };
}

/** @param keysOf who may revoke besides a majority, on this channel */
export async function mirrorGovernance(
  ctx: LedgerContext,
  itemJson: string,
  keysOf: (item: RevocationItem) => Promise<RevocationKeys>,
): Promise<string> {
  const item: GovernanceItem = readArgument(itemJson, decodeGovernanceItem, 'item');
  if (item.kind === 'revokedCredentials') return reply(await revokeCredentials(ctx, item));
  if (isRevocation(item)) return reply(await revoke(ctx, item, await keysOf(item)));
  const status = await putVersioned(ctx.state, ctx.params, item);
  if (status === 'committed') announce(ctx, GOVERNANCE_EVENT, reply({ kind: item.kind, version: item.version }));
  return reply({ kind: item.kind, status } satisfies MirrorReply);
}

export async function governance(ctx: LedgerContext): Promise<string> {
  const { limits, epochs } = await readGovernance(ctx.state);
  return reply({
    limits: limits?.body ?? null,
    epochs: epochs?.body ?? null,
    slot: (await readSlot(ctx.state)) ?? null,
    versions: { limits: limits?.version ?? 0, epochs: epochs?.version ?? 0 },
  } satisfies GovernanceReply);
}

const versionedKind: Decoder<VersionedKind> = oneOf('limits', 'epochs');

/** The item in force with its signatures, as it can be carried to the other channel. */
export async function governanceItem(ctx: LedgerContext, kind: string): Promise<string> {
  const item = await ctx.state.text(governanceKey(versionedKind(kind, 'kind')));
  if (item === undefined) throw new ProtocolError('E_NOT_FOUND', `no ${kind} are in force yet; mirror them first`);
  return item;
}
