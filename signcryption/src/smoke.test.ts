import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
test('noble loads', () => {
  expect(sha512(ed25519.utils.randomSecretKey()).length).toBe(64);
});
