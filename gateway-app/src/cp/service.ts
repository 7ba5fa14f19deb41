import { codeOf, messageOf } from '../common/errors';
import type { Handlers } from '../rpc';
import { authenticatedSession, type AuthenticatedParts } from './authenticated-session';

/** The Pile service of proto/chargecast.proto: one stream a plugged-in vehicle. */
export function pileService(parts: AuthenticatedParts): Handlers<'Pile'> {
  return {
    async *session(requests, { signal, peer }) {
      const incoming = requests[Symbol.asyncIterator]();
      try {
        yield* authenticatedSession(parts, incoming, signal, peer.name);
      } catch (error) {
        const code = codeOf(error);
        if (code === undefined) throw error;
        parts.log.info({ code }, 'a plug-in was refused');
        yield { refused: { code, message: messageOf(error) } };
      } finally {
        void incoming.return?.().catch(() => undefined);
      }
    },
  };
}
