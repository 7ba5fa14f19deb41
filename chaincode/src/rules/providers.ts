/** Providers: admitted by a majority of the pinned organisations, their own left out. */
import {
  canonicalJson,
  decodeProviderEntry,
  keyRange,
  type Provider,
  type ProviderEntry,
  providerKey,
  type ProviderList,
  providerStatement,
  ProtocolError,
  suffices,
  tally,
} from '@chargecast/protocol';
import { fromHex, toHex } from '@chargecast/signcryption/bytes';
import { type Params } from '@chargecast/signcryption/params';
import { nodePrimitives } from '@chargecast/signcryption/primitives/node';
import { approvalsNeeded } from '@chargecast/signcryption/support';
import { type WorldState } from '../state';
import { readRevocation } from './revocation';

export async function readProvider(state: WorldState, id: string): Promise<ProviderEntry | undefined> {
  return state.json(providerKey(id), decodeProviderEntry);
}

const identityOf = ({ provider, mspId, key }: Provider): string => canonicalJson({ provider, mspId, key });

/** A name pinned in Params keeps the key pinned there: two keys under one name would make two providers of it. */
function ensureNameIsFree(params: Params, entry: Provider, previous: Provider | undefined): void {
  const pinned = params.organisations.find(({ mspId }) => mspId === entry.provider);
  if (previous || (pinned && toHex(pinned.publicKey) !== entry.key)) {
    throw new ProtocolError('E_PROVIDER_EXISTS', `the name ${entry.provider} is taken; register under another`);
  }
}

/** First-write-wins. Throws `E_PROVIDER_EXISTS`, `E_PROVIDER_REVOKED`, `E_APPROVALS`, `E_ARGUMENTS`. */
export async function putProvider(
  state: WorldState,
  params: Params,
  entry: ProviderEntry,
): Promise<'committed' | 'unchanged'> {
  const previous = await readProvider(state, entry.provider);
  if (previous && identityOf(previous) === identityOf(entry)) return 'unchanged';
  ensureNameIsFree(params, entry, previous);
  if (await readRevocation(state, 'provider', entry.provider)) {
    throw new ProtocolError('E_PROVIDER_REVOKED', `the name ${entry.provider} is revoked; register under another`);
  }
  if (!nodePrimitives.isGroupElement(fromHex(entry.key, 32))) {
    throw new ProtocolError('E_ARGUMENTS', 'key is no element of the prime-order group; generate a proper key pair');
  }
  const { voters, needed } = approvalsNeeded(params, entry.mspId);
  const count = tally(nodePrimitives, params, voters, needed, providerStatement(entry), entry.approvals);
  if (!suffices(count)) {
    throw new ProtocolError(
      'E_APPROVALS',
      `${count.given} of ${count.needed} approvals hold; ask further organisations to approve the provider`,
    );
  }
  await state.putJson(providerKey(entry.provider), entry);
  return 'committed';
}

/** Throws `E_PROVIDER_UNKNOWN`, `E_PROVIDER_REVOKED` (from the revocation's effective time on). */
export async function ensureProvider(state: WorldState, id: string, time: number): Promise<ProviderEntry> {
  const provider = await readProvider(state, id);
  if (!provider)
    throw new ProtocolError('E_PROVIDER_UNKNOWN', `no provider ${id} is registered; call putProvider first`);
  const revocation = await readRevocation(state, 'provider', id);
  if (revocation && revocation.body.effective <= time) {
    throw new ProtocolError('E_PROVIDER_REVOKED', `provider ${id} is revoked; the vehicle needs another provider`);
  }
  return provider;
}

const MAX_PROVIDERS = 10_000;

export async function listProviders(state: WorldState): Promise<ProviderList> {
  const entries = await state.all(keyRange('provider'), MAX_PROVIDERS, decodeProviderEntry);
  const list = [];
  for (const entry of entries) {
    const revoked = (await readRevocation(state, 'provider', entry.provider))?.body;
    list.push(revoked ? { ...entry, revoked } : entry);
  }
  return list;
}
