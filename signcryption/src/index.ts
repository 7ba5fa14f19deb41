import { ed25519 } from '@noble/curves/ed25519.js';
export const k = ed25519;
