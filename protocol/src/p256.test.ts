import { createHash, createPublicKey, verify } from 'node:crypto';
import { authenticationBytes, AuthenticationKey, authenticationKeyId, verifyAuthentication } from './p256';

const ORDER = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');

test('RFC 6979, A.2.5: the key pair, and its signature of "sample" with s brought into the lower half', () => {
  const secret = Buffer.from('C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721', 'hex');
  const x = '60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6';
  const y = '7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299';
  const key = AuthenticationKey.fromSecret(secret);
  expect(key.publicKey).toBe(`04${x}${y}`.toLowerCase());
  const r = 'EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716'.toLowerCase();
  const s = BigInt('0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8');
  const hexOf = (value: bigint): string => value.toString(16).padStart(64, '0');
  expect(verifyAuthentication(key.publicKey, Buffer.from('sample'), r + hexOf(ORDER - s))).toBe(true);
  expect(verifyAuthentication(key.publicKey, Buffer.from('sample'), r + hexOf(s))).toBe(false);
});

test('signs with s in the lower half, as a stock verifier accepts it', () => {
  const key = AuthenticationKey.generate();
  const message = authenticationBytes('apply', new Uint8Array(32), Buffer.from('m'));
  const point = Buffer.from(key.publicKey, 'hex');
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((part) => part.toString('base64url')) as [
    string,
    string,
  ];
  const stock = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' });
  for (let i = 0; i < 20; i++) {
    const signature = key.sign(message);
    expect(BigInt(`0x${signature.slice(64)}`) <= ORDER / 2n).toBe(true);
    expect(verify('sha256', message, { key: stock, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'hex'))).toBe(
      true,
    );
    expect(verifyAuthentication(key.publicKey, message, signature)).toBe(true);
  }
});

test('refuses other keys, messages, tags, networks, lengths, and points off the curve', () => {
  const [key, other] = [AuthenticationKey.generate(), AuthenticationKey.generate()];
  const bytes = (tag: 'apply' | 'cert', ctx: number, text: string): Buffer =>
    authenticationBytes(tag, new Uint8Array(32).fill(ctx), Buffer.from(text));
  const signature = key.sign(bytes('apply', 1, 'm'));
  const cases: readonly (readonly [string, Buffer, string])[] = [
    [other.publicKey, bytes('apply', 1, 'm'), signature],
    [key.publicKey, bytes('apply', 1, 'n'), signature],
    [key.publicKey, bytes('cert', 1, 'm'), signature],
    [key.publicKey, bytes('apply', 2, 'm'), signature],
    [key.publicKey, bytes('apply', 1, 'm'), signature.slice(2)],
    [key.publicKey, bytes('apply', 1, 'm'), '00'.repeat(64)],
    [`04${'11'.repeat(64)}`, bytes('apply', 1, 'm'), signature],
    [key.publicKey.slice(2), bytes('apply', 1, 'm'), signature],
  ];
  expect(cases.map((given) => verifyAuthentication(...given))).toEqual(cases.map(() => false));
  expect(verifyAuthentication(key.publicKey, bytes('apply', 1, 'm'), signature)).toBe(true);
});

test('keeps a secret through its bytes, refuses what is none, and names a key by its digest', () => {
  const key = AuthenticationKey.generate();
  expect(AuthenticationKey.fromSecret(key.secret()).publicKey).toBe(key.publicKey);
  for (const bytes of [new Uint8Array(32), new Uint8Array(32).fill(0xff)]) {
    expect(() => AuthenticationKey.fromSecret(bytes)).toThrow('no P-256 secret');
  }
  const digest = createHash('sha256').update(Buffer.from(key.publicKey, 'hex')).digest('hex');
  expect(authenticationKeyId(key.publicKey)).toBe(digest.slice(0, 32));
});
