/** libsodium as WebAssembly: JavaScript files alone, so it also serves where no addon can be loaded. */
import wasm from 'libsodium-wrappers-sumo';
import { SigncryptionError } from '../errors';

let loaded = false;

/** Resolves once libsodium's WebAssembly stands; needed before secret scalars are used and before points are judged. */
export async function ready(): Promise<void> {
  await wasm.ready;
  loaded = true;
}

/** @throws E_NOT_READY */
export function libsodium(): typeof wasm {
  if (!loaded) throw new SigncryptionError('E_NOT_READY', 'await ready() once before using keys');
  return wasm;
}
