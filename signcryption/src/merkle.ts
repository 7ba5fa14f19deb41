/**
 * Merkle trees over ordered lists: leaf H(leaf, index, item), node H(node, left, right), an odd node is promoted, root
 * H(root, n, top). The count in the root and the index in the leaf leave one shape for a proof.
 */
import { equal, u32 } from './bytes';
import { ensure } from './errors';
import { hash } from './hash';
import { type VerifierPrimitives } from './primitives/types';

/** Domain tags of one kind of tree. */
export interface TreeTags {
  readonly leaf: string;
  readonly node: string;
  readonly root: string;
}

/** The σ ids of one submission. */
export const SIGMA_TREE: TreeTags = { leaf: 'bleaf', node: 'bnode', root: 'broot' };
/** The records of the certification chain. */
export const RECORD_TREE: TreeTags = { leaf: 'rleaf', node: 'rnode', root: 'rroot' };
/** The revocations in force. */
export const REVOCATION_TREE: TreeTags = { leaf: 'vleaf', node: 'vnode', root: 'vroot' };

export interface InclusionProof {
  readonly index: number;
  readonly count: number;
  /** Siblings from the leaf upwards; a promoted node has none. */
  readonly path: readonly Uint8Array[];
}

export function merkleRoot(primitives: VerifierPrimitives, tags: TreeTags, items: readonly Uint8Array[]): Uint8Array {
  const leaves = items.map((item, index) => hash(primitives, tags.leaf, u32(index), item));
  return hash(primitives, tags.root, u32(items.length), topNode(primitives, tags.node, leaves));
}

/** @throws E_MERKLE for an index outside the list */
export function proveInclusion(
  primitives: VerifierPrimitives,
  tags: TreeTags,
  items: readonly Uint8Array[],
  index: number,
): InclusionProof {
  const leaves = items.map((item, i) => hash(primitives, tags.leaf, u32(i), item));
  return { index, count: items.length, path: siblings(primitives, tags.node, leaves, index) };
}

/** @throws E_MERKLE unless `item` stands at the proof's index of the list with this root */
export function verifyInclusion(
  primitives: VerifierPrimitives,
  tags: TreeTags,
  root: Uint8Array,
  item: Uint8Array,
  proof: InclusionProof,
): void {
  const { index, count, path } = proof;
  const leaf = hash(primitives, tags.leaf, u32(index), item);
  const top = climb(primitives, tags.node, leaf, index, count, path);
  ensure(equal(hash(primitives, tags.root, u32(count), top), root), 'E_MERKLE', 'the item is not in the tree');
}

/** The node above all leaves; empty for no leaves. */
export function topNode(primitives: VerifierPrimitives, tag: string, leaves: readonly Uint8Array[]): Uint8Array {
  let level = leaves;
  while (level.length > 1) level = parents(primitives, tag, level);
  return level[0] ?? new Uint8Array(0);
}

/** @throws E_MERKLE for an index outside the list */
export function siblings(
  primitives: VerifierPrimitives,
  tag: string,
  leaves: readonly Uint8Array[],
  index: number,
): Uint8Array[] {
  ensure(Number.isInteger(index) && index >= 0 && index < leaves.length, 'E_MERKLE', 'no such leaf');
  const path: Uint8Array[] = [];
  let at = index;
  for (let level = leaves; level.length > 1; level = parents(primitives, tag, level), at >>>= 1) {
    const sibling = level[at ^ 1];
    if (sibling) path.push(sibling);
  }
  return path;
}

/** @throws E_MERKLE unless index, count and path length fit each other */
export function climb(
  primitives: VerifierPrimitives,
  tag: string,
  leaf: Uint8Array,
  index: number,
  count: number,
  path: readonly Uint8Array[],
): Uint8Array {
  ensure(Number.isInteger(index) && index >= 0 && index < count && count <= 0xffffffff, 'E_MERKLE', 'no such leaf');
  let node = leaf;
  let used = 0;
  for (let at = index, width = count; width > 1; at = Math.floor(at / 2), width = Math.ceil(width / 2)) {
    if (at % 2 === 0 && at === width - 1) continue;
    const sibling = path[used++];
    ensure(sibling !== undefined && sibling.length === 64, 'E_MERKLE', 'the path does not fit index and count');
    node = at % 2 === 0 ? hash(primitives, tag, node, sibling) : hash(primitives, tag, sibling, node);
  }
  ensure(used === path.length, 'E_MERKLE', 'the path does not fit index and count');
  return node;
}

function parents(primitives: VerifierPrimitives, tag: string, level: readonly Uint8Array[]): Uint8Array[] {
  const above: Uint8Array[] = [];
  for (let i = 0; i < level.length; i += 2) {
    const [left, right] = [level[i] as Uint8Array, level[i + 1]];
    above.push(right ? hash(primitives, tag, left, right) : left);
  }
  return above;
}
