import {
  type ReadRequest,
  READ_REQUEST_SECONDS,
  readRequestBytes,
  subjectId,
  verifyAuthentication,
} from '@chargecast/protocol';

import { CodedError } from '../common/errors';

/**
 * That whoever signed the request holds the owner's key of the vehicle it names: the ID is made of that key.
 * @param ctx of the network @param now Unix seconds
 * @throws CodedError E_OWNER_PROOF
 */
export function ensureOwner(ctx: Uint8Array, request: ReadRequest, now: number): void {
  const { at, key, owner, subject, signature } = request;
  if (Math.abs(at - now) > READ_REQUEST_SECONDS) refuse(`it is more than ${READ_REQUEST_SECONDS} s old or early`);
  if (owner?.owner !== key || subjectId(ctx, owner) !== subject) refuse('its key is not the owner’s of this ID');
  if (!verifyAuthentication(key, readRequestBytes(ctx, request), signature)) refuse('its signature does not hold');
}

function refuse(why: string): never {
  throw new CodedError('E_OWNER_PROOF', `${why}: sign a new request with the owner’s key of the vehicle`);
}
