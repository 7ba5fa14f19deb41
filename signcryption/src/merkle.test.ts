import fc from 'fast-check';
import { u32 } from './bytes';
import { merkleRoot, proveInclusion, RECORD_TREE, SIGMA_TREE, verifyInclusion } from './merkle';
import { nodePrimitives as node } from './primitives/node';
import { codeOf } from './testing/codes';
import { hex } from './testing/world';

const items = (count: number): Uint8Array[] => Array.from({ length: count }, (_, i) => u32(i * 7));

describe('Merkle trees', () => {
  it('prove every item of every size up to 33, and no other item or place', () => {
    for (let count = 1; count <= 33; count++) {
      const list = items(count);
      const root = merkleRoot(node, SIGMA_TREE, list);
      for (const [index, item] of list.entries()) {
        const proof = proveInclusion(node, SIGMA_TREE, list, index);
        verifyInclusion(node, SIGMA_TREE, root, item, proof);
        const refused = [
          () => verifyInclusion(node, SIGMA_TREE, root, u32(999), proof),
          () => verifyInclusion(node, SIGMA_TREE, root, item, { ...proof, count: count + 1 }),
          () => verifyInclusion(node, SIGMA_TREE, root, item, { ...proof, index: index + 1 }),
          () => verifyInclusion(node, SIGMA_TREE, root, item, { ...proof, path: [...proof.path, new Uint8Array(64)] }),
          () => verifyInclusion(node, RECORD_TREE, root, item, proof),
        ];
        for (const operation of refused) expect(codeOf(operation)).toBe('E_MERKLE');
      }
    }
  });

  it('have a root that depends on order, count and content', () => {
    const roots = [[], items(1), items(2), items(2).reverse(), items(3), [...items(3), u32(14)]].map((list) =>
      hex(merkleRoot(node, SIGMA_TREE, list)),
    );
    expect(new Set(roots).size).toBe(roots.length);
  });

  it('refuse an index outside the list and a path cut short', () => {
    expect(codeOf(() => proveInclusion(node, SIGMA_TREE, items(3), 3))).toBe('E_MERKLE');
    expect(codeOf(() => proveInclusion(node, SIGMA_TREE, [], 0))).toBe('E_MERKLE');
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 40 }), fc.nat(), (count, pick) => {
        const list = items(count);
        const index = pick % count;
        const proof = proveInclusion(node, SIGMA_TREE, list, index);
        const short = { ...proof, path: proof.path.slice(1) };
        const root = merkleRoot(node, SIGMA_TREE, list);
        expect(codeOf(() => verifyInclusion(node, SIGMA_TREE, root, list[index] as Uint8Array, short))).toBe(
          'E_MERKLE',
        );
      }),
    );
  });
});
