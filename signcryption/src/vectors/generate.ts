/**
 * The committed vectors. Everything random is drawn by the rule of recorder.ts and written down, so that the files can
 * be made again bit for bit: `node signcryption/dist/vectors/generate.js`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Credential } from '../credential';
import { nativePrimitives, ready } from '../primitives/native';
import { type Primitives } from '../primitives/types';
import { createCast } from './cast';
import { hashVectors, merkleVectors, signatureVectors } from './hashes';
import { openingVectors } from './openings';
import { type Json } from './recorder';
import { credentialVectors, refusalVectors, sigmaVectors } from './sigma';

export const VECTORS_FOLDER = path.resolve(__dirname, '..', '..', 'vectors');

/** File name → content. */
export async function generateVectors(primitives: Primitives): Promise<Map<string, Json>> {
  const cast = await createCast(primitives);
  const { credentials, file: credentialFile } = await credentialVectors(cast);
  const { sigma, file: sigmaFile } = await sigmaVectors(cast, credentials[0] as Credential);
  return new Map([
    ['hashes.json', hashVectors(primitives)],
    ['signatures.json', signatureVectors(primitives)],
    ['merkle.json', merkleVectors(primitives)],
    ['keys.json', cast.keysFile],
    ['credentials.json', credentialFile],
    ['sigma.json', sigmaFile],
    ['refusals.json', refusalVectors(cast, sigma)],
    ['openings.json', await openingVectors(cast, credentials[1] as Credential)],
  ]);
}

export const serialise = (content: Json): string => `${JSON.stringify(content, null, 2)}\n`;

async function main(): Promise<void> {
  await ready();
  mkdirSync(VECTORS_FOLDER, { recursive: true });
  for (const [name, content] of await generateVectors(nativePrimitives)) {
    writeFileSync(path.join(VECTORS_FOLDER, name), serialise(content));
  }
}

if (require.main === module) void main();
