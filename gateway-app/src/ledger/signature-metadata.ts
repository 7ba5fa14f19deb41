import { BinaryReader } from 'google-protobuf';

export interface SignatureMetadata {
  /** What the orderers sign beside the block's header. */
  readonly value: Uint8Array;
  readonly signatures: readonly MetadataSignature[];
}

export interface MetadataSignature {
  /** common.IdentifierHeader: the orderer's number and a nonce. */
  readonly identifierHeader: Uint8Array;
  /** ECDSA, DER. */
  readonly signature: Uint8Array;
}

const METADATA = { value: 1, signatures: 2 } as const;
const METADATA_SIGNATURE = { signature: 2, identifierHeader: 3 } as const;

/**
 * Reads a `common.Metadata`. Not by its generated class: Fabric's chaincode library brings an older one, which knows no
 * identifier header, and where both are loaded they share one global name.
 * @throws Error if the bytes are no protobuf message
 */
export function readSignatureMetadata(bytes: Uint8Array): SignatureMetadata {
  const { value, signatures } = fieldsOf(bytes, METADATA);
  return {
    value: value.at(-1) ?? new Uint8Array(0),
    signatures: signatures.map((one) => {
      const { signature, identifierHeader } = fieldsOf(one, METADATA_SIGNATURE);
      return {
        signature: signature.at(-1) ?? new Uint8Array(0),
        identifierHeader: identifierHeader.at(-1) ?? new Uint8Array(0),
      };
    }),
  };
}

/** The bytes fields of a message by their numbers, each as often as it occurs. */
function fieldsOf<Name extends string>(
  bytes: Uint8Array,
  numbers: Readonly<Record<Name, number>>,
): Record<Name, Uint8Array[]> {
  const names = Object.keys(numbers) as Name[];
  const found = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, Uint8Array[]>;
  const reader = new BinaryReader(bytes);
  while (reader.nextField() && !reader.isEndGroup()) {
    const name = names.find((candidate) => numbers[candidate] === reader.getFieldNumber());
    if (name !== undefined && reader.isDelimited()) found[name].push(reader.readBytes());
    else reader.skipField();
  }
  return found;
}
