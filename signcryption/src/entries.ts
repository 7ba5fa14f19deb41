/**
 * Steps 4 and 5 of signcrypt, and the inverse for one entry. The loop is the cost of a σ, so it works in preallocated
 * buffers: per receiver one X25519, one keyed BLAKE2b and one AEAD in place.
 */
import { compareAt, concat, equal, frame, isZero, reusable } from './bytes';
import { ensure } from './errors';
import { type Primitives } from './primitives/types';
import { type GatheredReceivers } from './receivers';
import { PSEUDONYM_BYTES } from './record';
import { LOCATOR_BYTES, type Sigma } from './wire';

const TAG_BYTES = 16;
const HH_BYTES = 64;
const KEY_BYTES = 32;
const BIND_BYTES = 64;
/** f, Q and an empty bind, each behind its length. */
const UNBOUND_CONTEXT_BYTES = 4 + PSEUDONYM_BYTES + 4 + 32 + 4;
/** Places in the plaintext f ‖ K_S ‖ u32 len ‖ m ‖ zeros. */
const LENGTH_AT = PSEUDONYM_BYTES + 32;
const MESSAGE_AT = LENGTH_AT + 4;

export interface EntriesInput {
  /** The clamped ephemeral scalar. */
  readonly k: Uint8Array;
  readonly K_S: Uint8Array;
  readonly dummyKey: Uint8Array;
  readonly hh: Uint8Array;
  readonly entryCount: number;
  readonly entryLength: number;
  readonly gathered: GatheredReceivers;
}

/**
 * C_i = AEAD(key_i; AD = hh ‖ L_i; f_i ‖ K_S ‖ u32 len ‖ m_i ‖ zeros),
 * (L_i ‖ key_i) = KDF(z_i; "entry", hh, f_i, Q_i, bind_i), z_i = X25519(k, u(Q_i)).
 * @param body filled with all L ‖ C, dummies included, ascending by L
 * @throws E_POINT if a receiver's u has small order
 */
export function sealEntries(primitives: Primitives, input: EntriesInput, body: Uint8Array): void {
  const { gathered, entryCount, entryLength, dummyKey } = input;
  const unsorted = unsortedEntries(entryCount * entryLength);
  const scratch: Scratch = {
    z: new Uint8Array(32),
    derived: new Uint8Array(HH_BYTES + LOCATOR_BYTES + KEY_BYTES),
    plaintext: new Uint8Array(entryLength - LOCATOR_BYTES - TAG_BYTES),
    entry: new Uint8Array(entryLength),
  };
  try {
    const sealEntry = entrySealer(primitives, input, scratch);
    for (let i = 0; i < gathered.count; i++) sealEntry(i, unsorted, i * entryLength);
  } finally {
    for (const buffer of Object.values(scratch) as Uint8Array[]) buffer.fill(0);
  }
  const real = gathered.count * entryLength;
  if (real < unsorted.length) unsorted.set(primitives.keystream(dummyKey, unsorted.length - real), real);
  sortEntries(unsorted, body, entryLength);
}

/** Ciphertext only. */
const unsortedEntries = reusable();

/** What the entry being sealed is made of. */
interface Scratch {
  readonly z: Uint8Array;
  /** hh ‖ L ‖ key: the KDF writes behind hh, so that the AEAD's associated data stands there without a copy. */
  readonly derived: Uint8Array;
  readonly plaintext: Uint8Array;
  /** L ‖ C. */
  readonly entry: Uint8Array;
}

/** A function that writes one receiver's entry at a place; its scratch buffers serve all entries of one σ. */
function entrySealer(
  primitives: Primitives,
  { k, K_S, hh, gathered }: EntriesInput,
  { z, derived, plaintext, entry }: Scratch,
): (receiver: number, body: Uint8Array, at: number) => void {
  derived.set(hh);
  const locatorAndKey = derived.subarray(HH_BYTES);
  const locator = locatorAndKey.subarray(0, LOCATOR_BYTES);
  const key = locatorAndKey.subarray(LOCATOR_BYTES);
  const associatedData = derived.subarray(0, HH_BYTES + LOCATOR_BYTES);
  const sealed = entry.subarray(LOCATOR_BYTES);
  const preimageWith = entryPreimage(hh);
  plaintext.set(K_S, PSEUDONYM_BYTES);
  const view = new DataView(plaintext.buffer);
  let longest = 0;
  return (receiver, body, at) => {
    ensure(primitives.x25519(z, k, gathered.u(receiver)), 'E_POINT', 'a receiver’s key has small order');
    const preimage = preimageWith(gathered.context(receiver));
    primitives.keyedBlake2b(locatorAndKey, z, preimage);
    const message = gathered.message(receiver);
    plaintext.set(gathered.pseudonym(receiver));
    view.setUint32(LENGTH_AT, message.length, true);
    plaintext.set(message, MESSAGE_AT);
    if (message.length < longest) plaintext.fill(0, MESSAGE_AT + message.length, MESSAGE_AT + longest);
    longest = Math.max(longest, message.length);
    entry.set(locator);
    primitives.aeadSeal(sealed, key, associatedData, plaintext);
    body.set(entry, at);
  };
}

/** frame("entry", hh, f, Q, bind) from its framed end; without a session's binding it is shorter. */
function entryPreimage(hh: Uint8Array): (context: Uint8Array) => Uint8Array {
  const head = frame('entry', [hh]);
  const bound = concat(head, new Uint8Array(UNBOUND_CONTEXT_BYTES + BIND_BYTES));
  const unbound = bound.subarray(0, head.length + UNBOUND_CONTEXT_BYTES);
  return (context) => {
    bound.set(context, head.length);
    return context.length === UNBOUND_CONTEXT_BYTES ? unbound : bound;
  };
}

/** Ascending by locator. */
function sortEntries(unsorted: Uint8Array, sorted: Uint8Array, entryLength: number): void {
  const places = bucketPlaces(unsorted, entryLength);
  for (let i = 1; i < places.length; i++) {
    for (let j = i; j > 0; j--) {
      const [before, after] = [places[j - 1] as number, places[j] as number];
      if (compareAt(unsorted, before, unsorted, after, LOCATOR_BYTES) < 0) break;
      places[j - 1] = after;
      places[j] = before;
    }
  }
  for (let i = 0; i < places.length; i++) {
    const from = places[i] as number;
    sorted.set(unsorted.subarray(from, from + entryLength), i * entryLength);
  }
}

/**
 * Where the entries stand, ascending by the leading bits of their locators, which are pseudo-random: as many buckets as
 * entries leave next to nothing to sort.
 */
function bucketPlaces(unsorted: Uint8Array, entryLength: number): Uint32Array {
  const view = new DataView(unsorted.buffer, unsorted.byteOffset);
  const places = new Uint32Array(unsorted.length / entryLength);
  const shift = Math.clz32(places.length);
  const bucketOf = (place: number): number => view.getUint32(place) >>> shift;
  const next = new Uint32Array(2 ** (32 - shift) + 1);
  for (let place = 0; place < unsorted.length; place += entryLength) {
    const above = bucketOf(place) + 1;
    next[above] = (next[above] as number) + 1;
  }
  for (let bucket = 1; bucket < next.length; bucket++) {
    next[bucket] = (next[bucket] as number) + (next[bucket - 1] as number);
  }
  for (let place = 0; place < unsorted.length; place += entryLength) {
    const bucket = bucketOf(place);
    const index = next[bucket] as number;
    places[index] = place;
    next[bucket] = index + 1;
  }
  return places;
}

/** What one entry holds. */
export interface EntryPlaintext {
  readonly f: Uint8Array;
  /** Erased by whoever opened the entry. */
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
  if (!plaintext) return undefined;
  const read = readPlaintext(plaintext, f);
  plaintext.fill(0);
  return read;
}

function readPlaintext(plaintext: Uint8Array, f: Uint8Array): EntryPlaintext | undefined {
  if (!equal(plaintext.subarray(0, PSEUDONYM_BYTES), f)) return undefined;
  const length = new DataView(plaintext.buffer, plaintext.byteOffset).getUint32(LENGTH_AT, true);
  if (length > plaintext.length - MESSAGE_AT || !isZero(plaintext.subarray(MESSAGE_AT + length))) return undefined;
  return {
    f: plaintext.slice(0, PSEUDONYM_BYTES),
    K_S: plaintext.slice(PSEUDONYM_BYTES, PSEUDONYM_BYTES + 32),
    message: plaintext.slice(MESSAGE_AT, MESSAGE_AT + length),
  };
}
