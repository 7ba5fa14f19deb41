import { codeOf, CodedError, messageOf } from '../common/errors';
import type { Logger } from '../common/log';
import type { Holder } from '../holder';
import type { ReplicaView } from '../replica';
import type { Empty, EntryKeyAnswer, FromVehicle, Handlers, PlugHello, PlugProof, ToVehicle } from '../rpc';
import type { ChargingSessions } from './charging-sessions';
import type { EntryKeyChannel } from './entry-key-channel';
import { PlugIn } from './plug-in';

/** As received: one member is set. */
interface Incoming {
  readonly hello?: PlugHello | null;
  readonly proof?: PlugProof | null;
  readonly answer?: EntryKeyAnswer | null;
  readonly unplug?: Empty | null;
  readonly authentication?: Uint8Array | null;
  readonly sealed?: Uint8Array | null;
}

export interface PileServiceParts {
  readonly view: Pick<ReplicaView, 'params' | 'record' | 'epochs'>;
  readonly piles: ReadonlyMap<string, Holder>;
  readonly sessions: ChargingSessions;
  /** Milliseconds for each step of the plug-in. */
  readonly stepMs: number;
  readonly log: Logger;
}

/** The Pile service of proto/chargecast.proto: one stream a plugged-in vehicle. */
export function pileService(parts: PileServiceParts): Handlers<'Pile'> {
  return {
    async *session(requests, { signal }) {
      const incoming = requests[Symbol.asyncIterator]();
      try {
        yield* plugged(parts, incoming, signal);
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

async function* plugged(
  parts: PileServiceParts,
  incoming: AsyncIterator<FromVehicle>,
  signal: AbortSignal,
): AsyncGenerator<ToVehicle, void, undefined> {
  const hello = (await step(incoming, parts.stepMs)).hello;
  const pile = parts.piles.get(hello?.pile ?? '');
  if (!hello || !pile)
    throw new CodedError('E_PILE_UNKNOWN', 'a plug-in begins with a hello to a pile of this process');
  const session = parts.sessions.idFor(hello.pile, hello.vehicle, hello.resumeSession);
  const plugIn = await PlugIn.begin(parts.view, (epoch) => pile.keyOf(epoch), hello, session);
  yield { challenge: plugIn.challenge };
  const { proof } = await step(incoming, parts.stepMs);
  if (!proof) throw new CodedError('E_PLUG_PROOF', 'a proof must follow the challenge');
  plugIn.prove(proof);
  const channel = await parts.sessions.attach(hello.pile, plugIn.transcript.vehicle, session);
  yield* served(parts, { incoming, channel, session, signal });
}

interface Served {
  readonly incoming: AsyncIterator<FromVehicle>;
  readonly channel: EntryKeyChannel;
  readonly session: Uint8Array;
  readonly signal: AbortSignal;
}

async function* served(
  { sessions, log }: PileServiceParts,
  { incoming, channel, session, signal }: Served,
): AsyncGenerator<ToVehicle, void, undefined> {
  signal.addEventListener('abort', () => sessions.detach(session, channel), { once: true });
  const reading = read(incoming, channel).then(
    async (unplugged) => (unplugged ? sessions.end(session) : sessions.detach(session, channel)),
    () => sessions.detach(session, channel),
  );
  reading.catch((error: unknown) => log.error({ err: error }, 'a session could not be ended'));
  try {
    yield { accepted: {} };
    yield* channel.outgoing;
  } finally {
    sessions.detach(session, channel);
  }
}

/** @returns whether the vehicle unplugged; false if it only went away */
async function read(incoming: AsyncIterator<FromVehicle>, channel: EntryKeyChannel): Promise<boolean> {
  for (;;) {
    const next = await incoming.next();
    if (next.done) return false;
    const { unplug, answer }: Incoming = next.value;
    if (unplug) return true;
    if (!answer) return false;
    channel.answered(answer);
  }
}

async function step(incoming: AsyncIterator<FromVehicle>, milliseconds: number): Promise<Incoming> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new CodedError('E_PLUG_TIMEOUT', 'the plug-in took too long: begin anew')),
      milliseconds,
    );
  });
  try {
    const next = await Promise.race([incoming.next(), late]);
    if (next.done) throw new CodedError('E_PLUG_GONE', 'the vehicle went away while it was being plugged in');
    return next.value;
  } finally {
    clearTimeout(timer);
  }
}
