/** Published vectors: RFC 8032 §7.1, RFC 7748 §5.2 and §6.1, RFC 8439, RFC 7693 appendices A and E. */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { blake2b } from '@noble/hashes/blake2.js';
import { concat, fromHex, utf8 } from '../bytes';
import { hex } from '../testing/world';
import { nativePrimitives, ready } from './native';
import { nodePrimitives } from './node';
import { portablePrimitives } from './portable';

const verifiers = [nativePrimitives, portablePrimitives, nodePrimitives];
const full = [nativePrimitives, portablePrimitives];

beforeAll(ready);

describe.each(verifiers)('RFC 8032 §7.1 on $name', ({ satisfiesEquation }) => {
  const vectors = [
    [
      'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
      '',
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    ],
    [
      '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
      '72',
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    ],
    [
      'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
      'af82',
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
    ],
  ] as const;

  it.each(vectors)('key %s', (key, message, signature) => {
    expect(satisfiesEquation(fromHex(key), fromHex(message), fromHex(signature))).toBe(true);
    expect(satisfiesEquation(fromHex(key), fromHex(`${message}00`), fromHex(signature))).toBe(false);
  });
});

describe.each(full)('RFC 7748 §5.2 on $name', ({ x25519 }) => {
  const vectors = [
    [
      'a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4',
      'e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c',
      'c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552',
    ],
    [
      '4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d',
      'e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493',
      '95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957',
    ],
  ] as const;

  it.each(vectors)('scalar %s', (scalar, u, expected) => {
    const shared = new Uint8Array(32);
    expect(x25519(shared, fromHex(scalar), fromHex(u))).toBe(true);
    expect(hex(shared)).toBe(expected);
  });

  it('iterates 1 and 1,000 times', () => {
    let k: Uint8Array = Uint8Array.of(9, ...new Uint8Array(31));
    let u = k;
    for (let i = 1; i <= 1000; i++) {
      const out = new Uint8Array(32);
      x25519(out, k, u);
      [k, u] = [out, k];
      if (i === 1) expect(hex(k)).toBe('422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079');
    }
    expect(hex(k)).toBe('684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51');
  });
});

describe.each(full)('RFC 7748 §6.1 on $name', ({ x25519Base }) => {
  it.each([
    [
      '77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a',
      '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a',
    ],
    [
      '5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb',
      'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f',
    ],
  ])('private key %s', (secret, expected) => {
    const publicKey = new Uint8Array(32);
    x25519Base(publicKey, fromHex(secret));
    expect(hex(publicKey)).toBe(expected);
  });
});

describe.each(full)('RFC 8439 on $name', ({ keystream, aeadSeal, aeadOpen }) => {
  it('gives the keystream of appendix A.1, vectors 1 and 2', () => {
    expect(hex(keystream(new Uint8Array(32), 128))).toBe(
      '76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7' +
        'da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586' +
        '9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed' +
        '29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f',
    );
  });

  it('seals as OpenSSL does under nonce 0, and OpenSSL meets the vector of §2.8.2', () => {
    const sealWithOpenssl = (key: Uint8Array, nonce: Uint8Array, ad: Uint8Array, plaintext: Uint8Array): Uint8Array => {
      const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 });
      cipher.setAAD(ad, { plaintextLength: plaintext.length });
      return concat(cipher.update(plaintext), cipher.final(), cipher.getAuthTag());
    };
    const key = Uint8Array.from({ length: 32 }, (_, i) => 0x80 + i);
    const ad = fromHex('50515253c0c1c2c3c4c5c6c7');
    const text = utf8(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
    );
    const published = sealWithOpenssl(key, fromHex('070000004041424344454647'), ad, text);
    expect(hex(published.slice(-16))).toBe('1ae10b594f09e26a7e902ecbd0600691');
    expect(hex(published.slice(0, 16))).toBe('d31a8d34648e60db7b86afbc53ef7ec2');

    const sealed = new Uint8Array(text.length + 16);
    aeadSeal(sealed, key, ad, text);
    expect(hex(sealed)).toBe(hex(sealWithOpenssl(key, new Uint8Array(12), ad, text)));
    const decipher = createDecipheriv('chacha20-poly1305', key, new Uint8Array(12), { authTagLength: 16 });
    decipher.setAAD(ad, { plaintextLength: text.length });
    decipher.setAuthTag(sealed.slice(-16));
    expect(hex(concat(decipher.update(sealed.slice(0, -16)), decipher.final()))).toBe(hex(text));
    expect(aeadOpen(key, ad, sealed)).toEqual(text);
  });
});

describe.each(full)('RFC 7693 on $name', ({ keyedBlake2b, blake2b512 }) => {
  it('hashes "abc" as in appendix A', () => {
    expect(hex(blake2b512(utf8('abc')))).toBe(
      'ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1' +
        '7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923',
    );
  });

  it('passes the keyed self-test of appendix E', () => {
    const sequence = (length: number, seed: number): Uint8Array => {
      let a = Math.imul(0xdead4bad, seed) >>> 0;
      let b = 1;
      return Uint8Array.from({ length }, () => {
        const t = (a + b) >>> 0;
        [a, b] = [b, t];
        return t >>> 24;
      });
    };
    const digests: Uint8Array[] = [];
    for (const outputLength of [20, 32, 48, 64]) {
      for (const inputLength of [0, 3, 128, 129, 255, 1024]) {
        const input = sequence(inputLength, inputLength);
        digests.push(blake2b(input, { dkLen: outputLength }));
        const keyed = new Uint8Array(outputLength);
        keyedBlake2b(keyed, sequence(outputLength, outputLength), input);
        digests.push(keyed);
      }
    }
    expect(hex(blake2b(concat(...digests), { dkLen: 32 }))).toBe(
      'c23a7800d98123bd10f506c61e29da5603d763b8bbad2e737f5e765a7bccd475',
    );
  });
});
