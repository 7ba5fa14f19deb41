/**
 * Steps 4 and 5 of signcrypt, and the inverse for one entry. The loop is the cost of a σ, so it works in preallocated
 * buffers: per receiver one X25519, one keyed BLAKE2b and one AEAD in place.
 */
import { compareAt, equal, frame, isZero } from './bytes';
import { ensure } from './errors';
import { type Primitives } from './primitives/types';
import { PSEUDONYM_BYTES, type RecordKeys } from './record';
import { ENTRY_OVERHEAD, LOCATOR_BYTES, type Sigma } from './wire';

const TAG_BYTES = 16;
const K_S_AT = LOCATOR_BYTES + PSEUDONYM_BYTES;
const LENGTH_AT = K_S_AT + 32;
const MESSAGE_AT = ENTRY_OVERHEAD - TAG_BYTES;
const HH_BYTES = 64;

export interface EntriesInput {
  /** The clamped ephemeral scalar. */
  readonly k: Uint8Array;
  readonly K_S: Uint8Array;
  readonly dummyKey: Uint8Array;
  readonly hh: Uint8Array;
  readonly entryCount: number;
  readonly entryLength: number;
  readonly receivers: readonly EntryReceiver[];
}

interface EntryReceiver {
  readonly keys: RecordKeys;
  readonly bind?: Uint8Array;
  readonly message: Uint8Array;
}

/**
 * C_i = AEAD(key_i; AD = hh ‖ L_i; f_i ‖ K_S ‖ u32 len ‖ m_i ‖ zeros),
 * (L_i ‖ key_i) = KDF(z_i; "entry", hh, f_i, Q_i, bind_i), z_i = X25519(k, u(Q_i)).
 * @param body filled with all L ‖ C, dummies included, ascending by L
 * @throws E_POINT if a receiver's u has small order
 */
export function sealEntries(primitives: Primitives, input: EntriesInput, body: Uint8Array): void {
  const { receivers, entryCount, entryLength, dummyKey } = input;
  const unsorted = new Uint8Array(entryCount * entryLength);
  const scratch = { z: new Uint8Array(32), derived: new Uint8Array(64) };
  const sealEntry = entrySealer(primitives, input, scratch);
  for (const [i, receiver] of receivers.entries()) {
    sealEntry(receiver, unsorted.subarray(i * entryLength, (i + 1) * entryLength));
  }
  scratch.z.fill(0);
  scratch.derived.fill(0);
  const real = receivers.length * entryLength;
  if (real < unsorted.length) unsorted.set(primitives.keystream(dummyKey, unsorted.length - real), real);
  sortEntries(unsorted, body, entryLength);
}

/** A function that fills one entry; its scratch buffers serve all entries of one σ. */
function entrySealer(
  primitives: Primitives,
  { k, K_S, hh }: EntriesInput,
  { z, derived }: { readonly z: Uint8Array; readonly derived: Uint8Array },
): (r: EntryReceiver, entry: Uint8Array) => void {
  const key = derived.subarray(LOCATOR_BYTES);
  const associatedData = new Uint8Array(HH_BYTES + LOCATOR_BYTES);
  associatedData.set(hh);
  const preimages = new Map<number, EntryPreimage>();
  return ({ keys, bind, message }, entry) => {
    ensure(primitives.x25519(z, k, keys.u), 'E_POINT', 'a receiver’s key has small order');
    const bindLength = bind?.length ?? 0;
    let preimage = preimages.get(bindLength);
    if (!preimage) preimages.set(bindLength, (preimage = entryPreimage(hh, bindLength)));
    primitives.keyedBlake2b(derived, z, preimage(keys.record.f, keys.Q, bind));
    associatedData.set(derived.subarray(0, LOCATOR_BYTES), HH_BYTES);
    entry.set(derived.subarray(0, LOCATOR_BYTES));
    entry.set(keys.record.f, LOCATOR_BYTES);
    entry.set(K_S, K_S_AT);
    new DataView(entry.buffer, entry.byteOffset).setUint32(LENGTH_AT, message.length, true);
    entry.set(message, MESSAGE_AT);
    const sealed = entry.subarray(LOCATOR_BYTES);
    primitives.aeadSeal(sealed, key, associatedData, sealed.subarray(0, sealed.length - TAG_BYTES));
  };
}

type EntryPreimage = (f: Uint8Array, Q: Uint8Array, bind: Uint8Array | undefined) => Uint8Array;

/** frame("entry", hh, f, Q, bind), written once but for what differs between receivers. */
function entryPreimage(hh: Uint8Array, bindLength: number): EntryPreimage {
  const framed = frame('entry', [hh, new Uint8Array(PSEUDONYM_BYTES), new Uint8Array(32), new Uint8Array(bindLength)]);
  const bindAt = framed.length - bindLength;
  const QAt = bindAt - 4 - 32;
  const fAt = QAt - 4 - PSEUDONYM_BYTES;
  return (f, Q, bind) => {
    framed.set(f, fAt);
    framed.set(Q, QAt);
    if (bind) framed.set(bind, bindAt);
    return framed;
  };
}

function sortEntries(unsorted: Uint8Array, sorted: Uint8Array, entryLength: number): void {
  const starts = Array.from({ length: unsorted.length / entryLength }, (_, i) => i * entryLength);
  starts.sort((a, b) => compareAt(unsorted, a, unsorted, b, LOCATOR_BYTES));
  starts.forEach((from, i) => sorted.set(unsorted.subarray(from, from + entryLength), i * entryLength));
}

/** What one entry holds. */
export interface EntryPlaintext {
  readonly f: Uint8Array;
  readonly K_S: Uint8Array;
  readonly message: Uint8Array;
}

/** Steps 2 and 3: AEAD, own f, canonical padding. Undefined for any failure. */
export function openEntry(
  primitives: Primitives,
  sigma: Sigma,
  index: number,
  key: Uint8Array,
  hh: Uint8Array,
  f: Uint8Array,
): EntryPlaintext | undefined {
  const { entryLength } = sigma.header;
  const entry = sigma.body.subarray(index * entryLength, (index + 1) * entryLength);
  const associatedData = new Uint8Array(HH_BYTES + LOCATOR_BYTES);
  associatedData.set(hh);
  associatedData.set(entry.subarray(0, LOCATOR_BYTES), HH_BYTES);
  const plaintext = primitives.aeadOpen(key, associatedData, entry.subarray(LOCATOR_BYTES));
  if (!plaintext || !equal(plaintext.subarray(0, PSEUDONYM_BYTES), f)) return undefined;
  const length = new DataView(plaintext.buffer, plaintext.byteOffset).getUint32(LENGTH_AT - LOCATOR_BYTES, true);
  const messageAt = MESSAGE_AT - LOCATOR_BYTES;
  if (length > plaintext.length - messageAt || !isZero(plaintext.subarray(messageAt + length))) return undefined;
  return {
    f: plaintext.slice(0, PSEUDONYM_BYTES),
    K_S: plaintext.slice(PSEUDONYM_BYTES, PSEUDONYM_BYTES + 32),
    message: plaintext.slice(messageAt, messageAt + length),
  };
}
