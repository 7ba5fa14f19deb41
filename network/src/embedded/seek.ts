import { orderer } from '@hyperledger/fabric-protos';

/** Where a reader of the chain wants to start. */
export type SeekStart =
  | { readonly kind: 'oldest' | 'newest' | 'nextCommit' | 'specified'; readonly number: number }
  | { readonly kind: 'unset' };

const { TypeCase } = orderer.SeekPosition;

/** @param height number of blocks there are */
export function seekStart(position: orderer.SeekPosition | undefined, height: number): SeekStart {
  switch (position?.getTypeCase()) {
    case TypeCase.OLDEST:
      return { kind: 'oldest', number: 0 };
    case TypeCase.NEWEST:
      return { kind: 'newest', number: height - 1 };
    case TypeCase.NEXT_COMMIT:
      return { kind: 'nextCommit', number: height };
    case TypeCase.SPECIFIED:
      return { kind: 'specified', number: position.getSpecified()?.getNumber() ?? 0 };
    default:
      return { kind: 'unset' };
  }
}
