import { randomBytes } from 'node:crypto';

import {
  type Credential,
  encodeMessages,
  type HolderKey,
  type KgcKeys,
  type Limits,
  type Params,
  type Receiver,
  type RecordKeys,
  Secret,
} from '@chargecast/signcryption';
import { prepareCredentials } from '@chargecast/signcryption/credential';
import { nativePrimitives } from '@chargecast/signcryption/primitives/native';
import { sign } from '@chargecast/signcryption/signature';
import { signcrypt } from '@chargecast/signcryption/signcrypt';
import { credentialParts } from '@chargecast/signcryption/verify';

export interface Forgery {
  readonly params: Params;
  readonly limits: Limits;
  readonly sender: HolderKey;
  readonly credential: Credential;
  readonly receivers: readonly Receiver[];
  /** Clock the forger pretends, Unix seconds. */
  readonly now?: number;
  readonly ttl?: number;
}

const systemNow = (): number => Math.floor(Date.now() / 1000);
const random = (length: number): Uint8Array => Uint8Array.from(randomBytes(length));

/** σ as the scheme makes it, by a sender that keeps no record of what it spent and sets its own clock. */
export async function forge({ now = systemNow(), ttl = 1800, ...input }: Forgery): Promise<Uint8Array> {
  const env = { primitives: nativePrimitives, random, now: () => now };
  const spent = { add: () => true };
  const { sigma } = await signcrypt(env, { ...input, ttl, spent, hedge: new Secret(random(32)) });
  return sigma;
}

/** A credential that the KGC, or whoever holds `keys`, mints for itself. */
export function mint(params: Params, keys: KgcKeys, sender: HolderKey, senderClass: number): Credential {
  const env = { primitives: nativePrimitives, random, now: systemNow };
  const batch = { senderClass, count: 1, firstCounter: randomBytes(4).readUInt32LE() };
  const { request, secrets } = prepareCredentials(env, params, sender, batch);
  const oneTimeKey = (request.leaves[0] as { oneTimeKey: Uint8Array }).oneTimeKey;
  const { epoch } = sender.record;
  const parts = credentialParts({ epoch, senderClass, oneTimeKey });
  const certificate = sign(env, keys.masterSecret, 'cred', params.ctx, ...parts);
  return { epoch, senderClass, oneTimeKey, y: secrets[0] as Secret, certificate };
}

/** One receiver with a message of the forger's choice. */
export function receiver(keys: RecordKeys, plaintext: Uint8Array, bind?: Uint8Array): Receiver {
  const message = encodeMessages({ commandId: random(16), messages: [plaintext] });
  return bind === undefined ? { keys, message } : { keys, message, bind };
}

export function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[bit >>> 3] = (copy[bit >>> 3] as number) ^ (1 << (bit & 7));
  return copy;
}
