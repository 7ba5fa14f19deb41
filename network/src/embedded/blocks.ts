import { createHash } from 'node:crypto';

import { common, type peer } from '@hyperledger/fabric-protos';

export type ValidationCode = peer.TxValidationCodeMap[keyof peer.TxValidationCodeMap];

/** Block hash: SHA-256 of DER `SEQUENCE { number INTEGER, previousHash OCTET STRING, dataHash OCTET STRING }`. */
export function blockHash(header: common.BlockHeader): Buffer {
  const body = Buffer.concat([
    tlv(0x02, unsignedInteger(header.getNumber())),
    tlv(0x04, header.getPreviousHash_asU8()),
    tlv(0x04, header.getDataHash_asU8()),
  ]);
  return createHash('sha256').update(tlv(0x30, body)).digest();
}

/** Data hash: SHA-256 of the serialized envelopes, one after the other. */
export function dataHash(envelopes: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const envelope of envelopes) hash.update(envelope);
  return hash.digest();
}

/** A block whose transactions have these codes. It bears no orderer's signature: nobody but this process ordered it. */
export function makeBlock(
  number: number,
  previousHash: Uint8Array,
  envelopes: readonly Uint8Array[],
  codes: readonly ValidationCode[],
): common.Block {
  const header = new common.BlockHeader();
  header.setNumber(number);
  header.setPreviousHash(previousHash);
  header.setDataHash(dataHash(envelopes));
  const data = new common.BlockData();
  data.setDataList([...envelopes]);
  const block = new common.Block();
  block.setHeader(header);
  block.setData(data);
  block.setMetadata(metadata(codes));
  return block;
}

export function validationCodes(block: common.Block): readonly ValidationCode[] {
  const entries = block.getMetadata()?.getMetadataList_asU8() ?? [];
  return [...(entries[common.BlockMetadataIndex.TRANSACTIONS_FILTER] ?? [])] as ValidationCode[];
}

export function envelopesOf(block: common.Block): readonly Uint8Array[] {
  return block.getData()?.getDataList_asU8() ?? [];
}

function metadata(codes: readonly ValidationCode[]): common.BlockMetadata {
  const lastConfig = new common.LastConfig();
  lastConfig.setIndex(0);
  const lastConfigMetadata = new common.Metadata();
  lastConfigMetadata.setValue(lastConfig.serializeBinary());
  const entries: Uint8Array[] = Array.from({ length: Object.keys(common.BlockMetadataIndex).length }, () =>
    Buffer.alloc(0),
  );
  entries[common.BlockMetadataIndex.LAST_CONFIG] = lastConfigMetadata.serializeBinary();
  entries[common.BlockMetadataIndex.TRANSACTIONS_FILTER] = Uint8Array.from(codes);
  const message = new common.BlockMetadata();
  message.setMetadataList(entries);
  return message;
}

function tlv(tag: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([tag, ...derLength(content.length)]), content]);
}

function derLength(length: number): number[] {
  if (length < 0x80) return [length];
  const bytes = unsignedInteger(length);
  const significant = bytes[0] === 0 ? bytes.subarray(1) : bytes;
  return [0x80 | significant.length, ...significant];
}

/** DER contents of a non-negative INTEGER: shortest form, a zero octet in front where the top bit is set. */
function unsignedInteger(value: number): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return ((bytes[0] as number) & 0x80) === 0 ? bytes : Buffer.concat([Buffer.from([0]), bytes]);
}
