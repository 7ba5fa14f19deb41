import type { LedgerBlock } from '../ledger/port';

/**
 * A block as kept: u32 length ‖ header ‖ u32 length ‖ signatures ‖ (u32 validation code ‖ u32 length ‖ envelope) per
 * transaction, integers little-endian.
 */
export interface ArchivedBlock {
  readonly header: Uint8Array;
  readonly signatures: Uint8Array;
  readonly transactions: readonly { readonly validationCode: number; readonly envelope: Uint8Array }[];
}

export function encodeBlock({
  header,
  signatures,
  transactions,
}: Pick<LedgerBlock, 'header' | 'signatures' | 'transactions'>): readonly Uint8Array[] {
  return [
    u32(header.length),
    header,
    u32(signatures.length),
    signatures,
    ...transactions.flatMap(({ validationCode, envelope }) => [u32(validationCode), u32(envelope.length), envelope]),
  ];
}

/** For bytes this process wrote itself. */
export function decodeBlock(bytes: Uint8Array): ArchivedBlock {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const integer = (): number => buffer.readUInt32LE((at += 4) - 4);
  const part = (length: number): Uint8Array => buffer.subarray(at, (at += length));
  const header = part(integer());
  const signatures = part(integer());
  const transactions = [];
  while (at < buffer.length) {
    const validationCode = integer();
    transactions.push({ validationCode, envelope: part(integer()) });
  }
  return { header, signatures, transactions };
}

function u32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
