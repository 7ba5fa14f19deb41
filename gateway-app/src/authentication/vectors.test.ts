import { fromHex, toHex } from '@chargecast/signcryption';

import { expand, extract } from './hkdf';
import { hpkeOpen, hpkeSeal } from './hpke';
import { x25519, x25519KeyPair } from './x25519';

test('HKDF-SHA256: RFC 5869 A.1 and A.3', () => {
  const input = new Uint8Array(22).fill(0x0b);
  const prk = extract(fromHex('000102030405060708090a0b0c'), input);
  expect(toHex(prk)).toBe('077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5');
  expect(toHex(expand(prk, fromHex('f0f1f2f3f4f5f6f7f8f9'), 42))).toBe(
    '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
  );
  const empty = new Uint8Array();
  expect(toHex(expand(extract(empty, input), empty, 42))).toBe(
    '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
  );
});

describe('HPKE base mode, RFC 9180 A.2: DHKEM(X25519), HKDF-SHA256, ChaCha20-Poly1305', () => {
  const recipient = x25519KeyPair(fromHex('8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb'));
  const sender = x25519KeyPair(fromHex('f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600'));
  const info = fromHex('4f6465206f6e2061204772656369616e2055726e');
  const aad = fromHex('436f756e742d30');
  const plaintext = fromHex('4265617574792069732074727574682c20747275746820626561757479');
  const sealed =
    '1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a' +
    '1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28';

  test('public keys, sealing and opening', () => {
    expect(toHex(recipient.publicKey)).toBe('4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a');
    expect(toHex(hpkeSeal(recipient.publicKey, info, aad, plaintext, sender) as Uint8Array)).toBe(sealed);
    expect(hpkeOpen(recipient, info, aad, fromHex(sealed))).toEqual(plaintext);
  });

  test('nothing opens under another key, info or associated data, or changed', () => {
    const bytes = fromHex(sealed);
    expect(hpkeOpen(x25519KeyPair(), info, aad, bytes)).toBeUndefined();
    expect(hpkeOpen(recipient, aad, aad, bytes)).toBeUndefined();
    expect(hpkeOpen(recipient, info, info, bytes)).toBeUndefined();
    for (let at = 0; at < bytes.length; at += 7) {
      const changed = Uint8Array.from(bytes);
      changed[at] = (changed[at] as number) ^ 1;
      expect(hpkeOpen(recipient, info, aad, changed)).toBeUndefined();
    }
    expect(hpkeOpen(recipient, info, aad, bytes.subarray(0, 31))).toBeUndefined();
    expect(hpkeOpen(recipient, info, aad, bytes.subarray(0, 40))).toBeUndefined();
  });

  test('keys of low order give nothing', () => {
    const lowOrder = new Uint8Array(32);
    expect(x25519(sender.secret, lowOrder)).toBeUndefined();
    expect(hpkeSeal(lowOrder, info, aad, plaintext)).toBeUndefined();
    expect(hpkeOpen(recipient, info, aad, new Uint8Array(64))).toBeUndefined();
  });
});
