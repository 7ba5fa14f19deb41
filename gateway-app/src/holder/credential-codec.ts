import { type CredentialRequest } from '@chargecast/signcryption';
import { CodedError } from '../common/errors';

/**
 *   request = f (16) ‖ u64le epoch ‖ u8 class ‖ root (64) ‖ u32le n ‖ req (64) ‖ n × (Y (32) ‖ salt (32) ‖ popY (64))
 *   issued  = n × cert (64), in the order of the request
 */
const HEAD_BYTES = 16 + 8 + 1 + 64 + 4 + 64;
const LEAF_BYTES = 32 + 32 + 64;
const CERTIFICATE_BYTES = 64;

export function encodeCredentialRequest({ statement, leaves }: CredentialRequest): Uint8Array {
  const numbers = Buffer.alloc(13);
  numbers.writeBigUInt64LE(BigInt(statement.epoch), 0);
  numbers.writeUInt8(statement.senderClass, 8);
  numbers.writeUInt32LE(statement.count, 9);
  return Buffer.concat([
    statement.f,
    numbers.subarray(0, 9),
    statement.root,
    numbers.subarray(9),
    statement.req,
    ...leaves.flatMap((leaf) => [leaf.oneTimeKey, leaf.salt, leaf.popY]),
  ]);
}

/** @throws CodedError E_CREDENTIAL_REQUEST unless the bytes have exactly the size their count states */
export function decodeCredentialRequest(bytes: Uint8Array): CredentialRequest {
  const whole = Buffer.from(bytes);
  const count = whole.length < HEAD_BYTES ? 0 : whole.readUInt32LE(89);
  const epoch = whole.length < HEAD_BYTES ? 0n : whole.readBigUInt64LE(16);
  if (count === 0 || whole.length !== HEAD_BYTES + count * LEAF_BYTES || epoch > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new CodedError('E_CREDENTIAL_REQUEST', 'the credential request is malformed; ask again');
  }
  const part = (at: number, length: number): Uint8Array => Uint8Array.from(whole.subarray(at, at + length));
  return {
    statement: {
      f: part(0, 16),
      epoch: Number(epoch),
      senderClass: whole.readUInt8(24),
      root: part(25, 64),
      count,
      req: part(93, 64),
    },
    leaves: Array.from({ length: count }, (_, index) => {
      const at = HEAD_BYTES + index * LEAF_BYTES;
      return { oneTimeKey: part(at, 32), salt: part(at + 32, 32), popY: part(at + 64, 64) };
    }),
  };
}

export function encodeIssuedBatch(certificates: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(certificates);
}

/** @throws CodedError E_CREDENTIAL_RESPONSE unless the bytes are whole certificates */
export function decodeIssuedBatch(bytes: Uint8Array): Uint8Array[] {
  if (bytes.length === 0 || bytes.length % CERTIFICATE_BYTES !== 0) {
    throw new CodedError('E_CREDENTIAL_RESPONSE', 'the issued batch is malformed; ask again');
  }
  return Array.from({ length: bytes.length / CERTIFICATE_BYTES }, (_, index) =>
    Uint8Array.from(bytes.subarray(index * CERTIFICATE_BYTES, (index + 1) * CERTIFICATE_BYTES)),
  );
}
