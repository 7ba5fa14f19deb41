import { CodedError } from '../common/errors';

/**
 * Why a handshake was refused.
 * | code | meaning |
 * |---|---|
 * | E_AUTH_MESSAGE | bytes that are no message of the protocol, or one out of turn |
 * | E_AUTH_VERSION | a version or suite this side does not speak |
 * | E_AUTH_CLOCK | a time stamp outside the clock-skew bound |
 * | E_AUTH_LATE | the other side took longer than a handshake may |
 * | E_AUTH_BUSY | as many handshakes are half open, or begun in this second, as may be: try again |
 * | E_AUTH_KEYS | a message sealed or confirmed under other keys: another handshake's, or someone in between |
 * | E_AUTH_SIGNATURE | a signature that does not hold over this very transcript |
 * | E_AUTH_REPLAY | the provider has judged this handshake already |
 * | E_AUTH_PEER | authenticated, but not the station that was meant, or not who the connection says |
 * | E_AUTH_PERMIT | the provider's permit is for another handshake, or over |
 */
export type AuthenticationCode =
  | 'E_AUTH_MESSAGE'
  | 'E_AUTH_VERSION'
  | 'E_AUTH_CLOCK'
  | 'E_AUTH_LATE'
  | 'E_AUTH_BUSY'
  | 'E_AUTH_KEYS'
  | 'E_AUTH_SIGNATURE'
  | 'E_AUTH_REPLAY'
  | 'E_AUTH_PEER'
  | 'E_AUTH_PERMIT';

export class AuthenticationError extends CodedError {
  constructor(code: AuthenticationCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
  }
}

/** @throws AuthenticationError unless `condition` */
export function insistOn(condition: boolean, code: AuthenticationCode, message: string): asserts condition {
  if (!condition) throw new AuthenticationError(code, message);
}
