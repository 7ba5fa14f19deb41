import {
  beginEnrolment,
  decodeRecord,
  encodeRecord,
  finishEnrolment,
  fromHex,
  type HolderKey,
  type Params,
  type PendingEnrolment,
  restoreHolderKey,
  Secret,
  SigncryptionError,
  toHex,
} from '@chargecast/signcryption';
import { randomBytes } from 'node:crypto';
import { getJson, type Store, toJson } from '../store';
import { holderRoleCode, realIdentity, splitName } from './real-identity';
import { insist, type Patience } from './retry';
import { type HolderOptions } from './types';

interface StoredPending {
  readonly X: string;
  readonly x: string;
  readonly pop: string;
}

interface StoredKey {
  readonly record: string;
  readonly q: string;
}

type IdentityOptions = Pick<HolderOptions, 'role' | 'name' | 'store' | 'kgc'> & { readonly params: Params };

/**
 * The holder's key of one epoch: from its store, or enrolled with the KGC. The request is stored before it is sent, so
 * that a lost answer is asked for again and no second record comes to be.
 */
export async function identityOf(options: IdentityOptions, epoch: number, patience: Patience): Promise<HolderKey> {
  const { store, params } = options;
  const stored = await getJson<StoredKey>(store, keyName(epoch));
  if (stored !== undefined) {
    return restoreHolderKey(params, decodeRecord(fromHex(stored.record)), new Secret(fromHex(stored.q, 32)));
  }
  for (;;) {
    const pending = await pendingEnrolment(options, epoch);
    const { X, pop } = pending.request;
    const { unit } = splitName(options.name);
    const answer = await insist(() => options.kgc.enrol({ epoch, x: X, pop, unit }), patience);
    try {
      const { role } = pending.request;
      const d = new Secret(Uint8Array.from(answer.d));
      const R = Uint8Array.from(answer.r);
      const key = finishEnrolment(params, pending, { f: Uint8Array.from(answer.f), role, epoch, X, R, d });
      const kept: StoredKey = { record: toHex(encodeRecord(key.record)), q: toHex(key.q.reveal()) };
      await store.batch().put(store, keyName(epoch), toJson(kept)).del(store, pendingName(epoch)).commit();
      return key;
    } catch (error) {
      if (!(error instanceof SigncryptionError) || error.code !== 'E_REDRAW') throw error;
      await store.del(pendingName(epoch));
    }
  }
}

/** Forgets q of a closed epoch. */
export async function eraseIdentity(store: Store, epoch: number): Promise<void> {
  await store.batch().del(store, keyName(epoch)).del(store, pendingName(epoch)).commit();
}

/** Epochs this store holds a key of. */
export async function storedEpochs(store: Store): Promise<number[]> {
  const epochs: number[] = [];
  for await (const { key } of store.entries({ prefix: 'key.' })) epochs.push(Number(key.slice('key.'.length)));
  return epochs;
}

/** 32 secret bytes of this device under a name, drawn once. */
export async function deviceSecret(store: Store, name: 'seed' | 'hedge'): Promise<Secret> {
  const stored = await store.get(name);
  if (stored !== undefined) return new Secret(stored);
  const drawn = Uint8Array.from(randomBytes(32));
  await store.put(name, drawn);
  return new Secret(drawn);
}

async function pendingEnrolment(options: IdentityOptions, epoch: number): Promise<PendingEnrolment> {
  const { store, params } = options;
  const role = holderRoleCode(options.role);
  const who = { realId: realIdentity(options.role, options.name), role, epoch };
  const stored = await getJson<StoredPending>(store, pendingName(epoch));
  if (stored !== undefined) {
    const request = { ...who, X: fromHex(stored.X, 32), pop: fromHex(stored.pop, 64) };
    return { request, x: new Secret(fromHex(stored.x, 32)) };
  }
  const pending = beginEnrolment(params, who, await deviceSecret(store, 'seed'));
  const { X, pop } = pending.request;
  const kept: StoredPending = { X: toHex(X), x: toHex(pending.x.reveal()), pop: toHex(pop) };
  await store.put(pendingName(epoch), toJson(kept));
  return pending;
}

const keyName = (epoch: number): string => `key.${epoch}`;
const pendingName = (epoch: number): string => `pending.${epoch}`;
