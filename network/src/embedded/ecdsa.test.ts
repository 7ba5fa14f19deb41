import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign as rawSign,
  verify as rawVerify,
} from 'node:crypto';

import fc from 'fast-check';

import { isSupportedKey, sign, verify } from './ecdsa';

const ORDERS = {
  'P-256': 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  'P-384': 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
};

const message = Buffer.from('what is signed');

describe.each(Object.keys(ORDERS) as (keyof typeof ORDERS)[])('%s', (namedCurve) => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });

  test('signatures are valid DER with a low s', () => {
    for (let round = 0; round < 40; round++) {
      const signature = sign(privateKey, message);
      expect(rawVerify('sha256', message, publicKey, signature)).toBe(true);
      expect(verify(publicKey, message, signature)).toBe(true);
      expect(verify(publicKey, Buffer.from('something else'), signature)).toBe(false);
    }
  });

  test('a valid signature with a high s is refused', () => {
    const order = ORDERS[namedCurve];
    for (let round = 0; round < 20; round++) {
      const raw = rawSign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' });
      const size = raw.length / 2;
      const s = BigInt(`0x${raw.subarray(size).toString('hex')}`);
      const other = Buffer.from((order - s).toString(16).padStart(size * 2, '0'), 'hex');
      const twin = Buffer.concat([raw.subarray(0, size), other]);
      expect(rawVerify('sha256', message, { key: publicKey, dsaEncoding: 'ieee-p1363' }, twin)).toBe(true);
      const accepted = [raw, twin].filter((bytes) => verify(publicKey, message, der(bytes)));
      expect(accepted).toHaveLength(1);
    }
  });

  test('arbitrary bytes are no signature and no error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
        expect(verify(publicKey, message, bytes)).toBe(false);
      }),
    );
  });
});

test('Ed25519 signs the message itself', () => {
  const pem = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const publicKey = createPublicKey(pem.publicKey);
  expect(verify(publicKey, message, sign(createPrivateKey(pem.privateKey), message))).toBe(true);
  expect(isSupportedKey(publicKey)).toBe(true);
});

test('other keys are not supported', () => {
  expect(isSupportedKey(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey)).toBe(false);
  expect(isSupportedKey(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey)).toBe(false);
});

function der(raw: Uint8Array): Buffer {
  const size = raw.length / 2;
  const body = Buffer.concat([integer(raw.subarray(0, size)), integer(raw.subarray(size))]);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}

function integer(bytes: Uint8Array): Buffer {
  let first = 0;
  while (first < bytes.length - 1 && bytes[first] === 0) first++;
  const significant = bytes.subarray(first);
  const padding = ((significant[0] as number) & 0x80) === 0 ? [] : [0];
  return Buffer.concat([Buffer.from([0x02, significant.length + padding.length, ...padding]), significant]);
}
