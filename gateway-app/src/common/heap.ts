import { setFlagsFromString } from 'node:v8';

/** Garbage beside what lives, in percent, before V8 marks the whole heap. */
const GROWTH_PERCENT = 400;

/**
 * For a process that moves blocks and ciphertexts. Their buffers lie outside V8's heap but count against its limit, so that
 * a small heap is marked anew every few megabytes that pass through: as much CPU time as all else a gateway does.
 */
export function growHeapForBuffers(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}
