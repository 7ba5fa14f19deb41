/** Builds σ as an attacker would, for vectors and tests: every ingredient can be replaced, every signature is real. */
import { headerDigest } from '../agreement';
import { compareAt, concat, u32 } from '../bytes';
import { type Credential } from '../credential';
import { type Env } from '../env';
import { derive, hash } from '../hash';
import { type HolderKey } from '../holder';
import { type Limits } from '../limits';
import { type Params } from '../params';
import { type RecordFields, type RecordKeys } from '../record';
import { commitSender, sealSender, type SenderProof } from '../sender';
import { sign } from '../signature';
import { bodyDigest } from '../verify';
import { encodeHeader, encodeSigma, type Header } from '../wire';

export interface Ground {
  readonly env: Env;
  readonly params: Params;
  readonly limits: Limits;
}

export interface ForgedEntry {
  readonly keys: RecordKeys;
  readonly bind?: Uint8Array;
  readonly message: Uint8Array;
  /** Written instead of the receiver's f. */
  readonly f?: Uint8Array;
  readonly K_S?: Uint8Array;
  /** Instead of the real length of the message. */
  readonly length?: number;
  /** Behind the message instead of zeros. */
  readonly filler?: number;
}

export interface Forgery {
  readonly credential: Credential;
  /** Whom com names. */
  readonly sender: RecordFields;
  /** Whose q makes σ_in, unless `proof` does. */
  readonly signer?: HolderKey;
  readonly entries: readonly ForgedEntry[];
  /** Makes f_S ‖ σ_in once τ is known; by default the sender's own. */
  readonly proof?: (tau: Uint8Array) => SenderProof;
  readonly K_S?: Uint8Array;
  readonly header?: Partial<Header>;
  readonly entryLength?: number;
}

export const INNER_KEY = new Uint8Array(32).fill(77);

export const innerProof = (ground: Ground, sender: HolderKey, tau: Uint8Array): SenderProof => ({
  f: sender.record.f,
  signature: sign(ground.env, sender.q, 'in', ground.params.ctx, tau, sender.record.f),
});

export function forge(ground: Ground, forgery: Forgery): Uint8Array {
  const { env, params, limits } = ground;
  const { primitives } = env;
  const { credential, sender, entries, K_S = INNER_KEY, entryLength = 228 } = forgery;
  const k = Uint8Array.from(env.random(32));
  k[0] = (k[0] as number) & 0xf8;
  k[31] = ((k[31] as number) & 0x7f) | 0x40;
  const U = new Uint8Array(32);
  primitives.x25519Base(U, k);
  const header: Header = {
    version: 1,
    suite: params.suite,
    ctx: params.ctx,
    limitsVersion: limits.version,
    epoch: credential.epoch,
    senderClass: credential.senderClass,
    notAfter: env.now() + 1800,
    ephemeral: U,
    oneTimeKey: credential.oneTimeKey,
    certificate: credential.certificate,
    commitment: commitSender(primitives, K_S, sender, credential.oneTimeKey),
    entryCount: entries.length,
    entryLength,
    ...forgery.header,
  };
  const headerBytes = encodeHeader(header);
  const hh = headerDigest(primitives, headerBytes);
  const sealed = entries.map((entry) => sealForged(ground, k, hh, entry, entryLength, K_S));
  sealed.sort((a, b) => compareAt(a, 0, b, 0, 32));
  const body = concat(...sealed);
  const tau = bodyDigest(primitives, headerBytes, body);
  const proof = forgery.proof?.(tau) ?? innerProof(ground, forgery.signer as HolderKey, tau);
  return signOuter(ground, credential, header, body, sealSender(primitives, K_S, hh, tau, proof));
}

/** σ from parts, signed by the credential's y. */
export function signOuter(
  ground: Ground,
  credential: Credential,
  header: Header,
  body: Uint8Array,
  sealedSender: Uint8Array,
): Uint8Array {
  const { env, params } = ground;
  const tau = bodyDigest(env.primitives, encodeHeader(header), body);
  const digest = hash(env.primitives, 'cs', sealedSender);
  const signature = sign(env, credential.y, 'out', params.ctx, tau, digest);
  return encodeSigma({ header, body, sealedSender, signature });
}

function sealForged(
  { env }: Ground,
  k: Uint8Array,
  hh: Uint8Array,
  entry: ForgedEntry,
  entryLength: number,
  defaultKey: Uint8Array,
): Uint8Array {
  const { primitives } = env;
  const { keys, bind, message, f = keys.record.f, K_S = defaultKey, length = message.length, filler = 0 } = entry;
  const z = new Uint8Array(32);
  primitives.x25519(z, k, keys.u);
  const derived = derive(primitives, z, 'entry', [hh, keys.record.f, keys.Q, bind ?? new Uint8Array(0)]);
  const padding = new Uint8Array(entryLength - 100 - message.length).fill(filler);
  const plaintext = concat(f, K_S, u32(length), message, padding);
  const sealed = new Uint8Array(entryLength - 32);
  const locator = derived.subarray(0, 32);
  primitives.aeadSeal(sealed, derived.subarray(32), concat(hh, locator), plaintext);
  return concat(locator, sealed);
}
