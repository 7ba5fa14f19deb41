import { createHash } from 'node:crypto';

import { common } from '@hyperledger/fabric-protos';

import { blockHash, makeBlock } from './blocks';

/** Headers of blocks 24 to 26 of a channel of Fabric v3.1.5: each names the hash of the one before. */
const FABRIC_HEADERS = [
  'CBgSINXcAz1I9EG/Qh8SLqmKdfLxXZuK/GXz+MaT5/DdoK7fGiBSt4NLm2YdszPXdnOQqcP2z+E8U9CrI4YWVZJWM9m3gw==',
  'CBkSIPecZ10HnP+IkGcMc6uGgZSqiLRJNR4N0LVreSxnjFRtGiAqneu3yhLr72kdA+D6TA4zbQTuJ/uDcaVvfFAifxoHHQ==',
  'CBoSIBaHDH9xvteF4mOfzBq4vF8+HHFfWAAjYcoYYvCNWXbGGiDCDPqsKSacQJU23W6Y616azFp0ZcNo6HNyMoqeWpHkXw==',
].map((header) => common.BlockHeader.deserializeBinary(Buffer.from(header, 'base64')));

test.each([0, 1])('the hash of a block of Fabric’s own is the one its successor names (%d)', (index) => {
  const [header, successor] = FABRIC_HEADERS.slice(index) as [common.BlockHeader, common.BlockHeader];
  expect(blockHash(header)).toEqual(Buffer.from(successor.getPreviousHash_asU8()));
});

test.each([
  [0, '020100'],
  [127, '02017f'],
  [128, '02020080'],
  [255, '020200ff'],
  [256, '02020100'],
  [32768, '0203008000'],
  [2 ** 40 + 5, '0206010000000005'],
])('block number %d in the hash is DER', (number, integer) => {
  const previous = createHash('sha256').update('previous').digest();
  const header = makeBlock(number, previous, [Buffer.from('one'), Buffer.from('two')], [0, 11]).getHeader();
  const dataHash = createHash('sha256').update('onetwo').digest();
  const content = `${integer}0420${previous.toString('hex')}0420${dataHash.toString('hex')}`;
  const der = Buffer.from(`30${(content.length / 2).toString(16)}${content}`, 'hex');
  expect(blockHash(header as common.BlockHeader)).toEqual(createHash('sha256').update(der).digest());
});

test('the metadata hold a validation code for each transaction and no signature', () => {
  const entries = makeBlock(3, new Uint8Array(32), [Buffer.from('a'), Buffer.from('b')], [0, 11])
    .getMetadata()
    ?.getMetadataList_asU8();
  expect(entries).toHaveLength(5);
  expect([...(entries?.[common.BlockMetadataIndex.TRANSACTIONS_FILTER] ?? [])]).toEqual([0, 11]);
  expect(entries?.[common.BlockMetadataIndex.SIGNATURES]).toHaveLength(0);
});
