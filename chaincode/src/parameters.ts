import { PARAMS_KEY, ProtocolError } from '@chargecast/protocol';
import { type Params, parseParams } from '@chargecast/signcryption/params';
import { nodePrimitives } from '@chargecast/signcryption/primitives/node';
import { type WorldState } from './state';

let last: { readonly source: string; readonly params: Params } | undefined;

/** Parsing checks every pinned key, so the last document's result is kept; it depends on the text alone. */
export function parseParamsOnce(source: string): Params {
  if (last?.source !== source) last = { source, params: parseParams(nodePrimitives, source) };
  return last.params;
}

export async function readParams(state: WorldState): Promise<Params> {
  const source = await state.text(PARAMS_KEY);
  if (source === undefined) {
    throw new ProtocolError('E_NOT_INITIALISED', 'the channel holds no parameters; an administrator calls init first');
  }
  return parseParamsOnce(source);
}
