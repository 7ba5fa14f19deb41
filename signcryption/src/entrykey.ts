/**
 * A vehicle lends the pile it is plugged into the key of one entry of one σ; its q never leaves it. The pile sends the
 * header alone: neither side can make the other open anything else with it.
 */
import { agree, type EntryKey, sessionBinding } from './agreement';
import { equal } from './bytes';
import { isCanonicalU } from './encoding';
import { type Env } from './env';
import { ensure, SigncryptionError } from './errors';
import { type HolderKey } from './holder';
import { type Limits } from './limits';
import { type Params } from './params';
import { isAcceptableKey } from './signature';
import { ensureTimely } from './verify';
import { decodeHeader, type Header } from './wire';

/** The vehicle's own account of a charging session, never the pile's. */
export interface OpenSession {
  /** f of the pile that was authenticated when the vehicle was plugged in. */
  readonly pile: Uint8Array;
  readonly sessionId: Uint8Array;
  /** False from the moment of unplugging. */
  readonly open: boolean;
  /** Entry keys given in this session so far; the caller counts them durably. */
  readonly answered: number;
  readonly maxAnswers: number;
}

/**
 * @param headerBytes as the pile sent them
 * @throws E_ENTRY_REFUSED, without a reason the pile could learn from; the `cause` stays on the vehicle
 */
export function lendEntryKey(
  env: Env,
  params: Params,
  limits: Limits,
  holder: HolderKey,
  session: OpenSession,
  headerBytes: Uint8Array,
): EntryKey {
  try {
    ensure(session.open, 'E_ENTRY_REFUSED', 'no charging session is open');
    ensure(session.answered < session.maxAnswers, 'E_ENTRY_REFUSED', 'the session’s entry keys are used up');
    const header = acceptHeader(params, holder, headerBytes);
    ensureTimely(header, limits, env.now());
    const bind = sessionBinding(env.primitives, session.pile, session.sessionId);
    return agree(env.primitives, holder, headerBytes, header.ephemeral, bind);
  } catch (error) {
    if (!(error instanceof SigncryptionError)) throw error;
    throw new SigncryptionError('E_ENTRY_REFUSED', 'no entry key for this header', { cause: error });
  }
}

/**
 * A holder's key to its own entry: piles, gateways and centres open for themselves.
 * @throws E_OPEN
 */
export function ownEntryKey(
  env: Pick<Env, 'primitives'>,
  params: Params,
  holder: HolderKey,
  headerBytes: Uint8Array,
): EntryKey {
  const header = acceptHeader(params, holder, headerBytes);
  return agree(env.primitives, holder, headerBytes, header.ephemeral);
}

function acceptHeader(params: Params, holder: HolderKey, headerBytes: Uint8Array): Header {
  const header = decodeHeader(headerBytes);
  const own = header.suite === params.suite && equal(header.ctx, params.ctx) && header.epoch === holder.record.epoch;
  ensure(own, 'E_OPEN', 'the header is of another suite, context or epoch');
  const sound = isCanonicalU(header.ephemeral) && isAcceptableKey(header.oneTimeKey);
  ensure(sound, 'E_OPEN', 'the header’s keys are not usable');
  return header;
}
