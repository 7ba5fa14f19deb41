import { decodeJson, decodeRoleMap, PARAMS_KEY, ProtocolError, ROLE_MAP_KEY } from '@chargecast/protocol';
import { encodeParams, type Params } from '@chargecast/signcryption/params';
import { parseParamsOnce } from '../parameters';
import { type WorldState } from '../state';

export const MAX_PARAMS_CHARACTERS = 256 * 1024;

/** Parses what `init` was given. Throws `E_TOO_LARGE`, `E_PARAMS`. */
export function readGivenParams(paramsJson: string): Params {
  ensureLength(paramsJson, MAX_PARAMS_CHARACTERS, 'params');
  return parseParamsOnce(paramsJson);
}

export function ensureLength(source: string, max: number, what: string): void {
  if (source.length > max) {
    throw new ProtocolError('E_TOO_LARGE', `${what} may have ${max} characters; send less at a time`);
  }
}

/** Stores params and role map, once for the life of the channel. */
export async function initialise(state: WorldState, params: Params, roleMapJson: string): Promise<void> {
  ensureLength(roleMapJson, MAX_PARAMS_CHARACTERS, 'the role map');
  const roleMap = decodeJson(roleMapJson, decodeRoleMap, 'role map');
  if (await state.has(PARAMS_KEY)) {
    throw new ProtocolError('E_ALREADY_INITIALISED', 'this channel has its parameters; compare them with getParams');
  }
  await state.putText(PARAMS_KEY, encodeParams(params));
  await state.putJson(ROLE_MAP_KEY, roleMap);
}
