import type { Begun, Established, StationDesk } from '../authentication';
import { AuthenticationError } from '../authentication';
import type { Logger } from '../common/log';
import { type Empty, type EntryKeyAnswer, type FromVehicle, fromVehicle, type ToVehicle, toVehicle } from '../rpc';
import type { ChargingSessions } from './charging-sessions';
import type { EntryKeyChannel } from './entry-key-channel';
import { nextStep } from './plug-in-step';

/** As received: one member is set, and `message` names it. */
interface Incoming {
  readonly message?: string;
  readonly authentication?: Uint8Array | null;
  readonly sealed?: Uint8Array | null;
  readonly answer?: EntryKeyAnswer | null;
  readonly unplug?: Empty | null;
}

export interface AuthenticatedParts {
  readonly desk: StationDesk;
  readonly sessions: Pick<ChargingSessions, 'ensureRoom' | 'attach' | 'detach' | 'end'>;
  /** Milliseconds for each step of the plug-in. */
  readonly stepMs: number;
  readonly log: Logger;
}

/** An authenticated vehicle and what its provider's admission is watched by. */
interface Admitted {
  readonly pile: string;
  readonly established: Established;
  readonly ticket: Uint8Array;
}

/**
 * One connection of a vehicle: the handshake, then the open session, whose every message is sealed under its keys.
 * @param peer name of the vehicle's process, as its connection proves it
 * @throws AuthenticationError; CodedError with the refusal's code
 */
export async function* authenticatedSession(
  parts: AuthenticatedParts,
  incoming: AsyncIterator<FromVehicle>,
  signal: AbortSignal,
  peer: string,
): AsyncGenerator<ToVehicle, void, undefined> {
  const leave = parts.desk.enter(peer);
  let admitted: Admitted;
  try {
    admitted = yield* authenticated(parts, incoming);
  } finally {
    leave();
  }
  const { pile, established, ticket } = admitted;
  const { session } = established;
  const channel = await parts.sessions.attach(pile, established);
  const { desk, sessions, log } = parts;
  const unwatch = desk.watch(ticket, (why) => {
    log.info({ why }, 'an admission is over');
    if (why === 'unwatched') return channel.close();
    sessions.end(session).catch((error: unknown) => log.error({ err: error }, 'a session could not be ended'));
  });
  try {
    yield* served(parts, { incoming, channel, established, signal });
  } finally {
    unwatch();
  }
}

/** The seven messages of docs/authentication.md. */
async function* authenticated(
  { desk, sessions, stepMs }: AuthenticatedParts,
  incoming: AsyncIterator<FromVehicle>,
): AsyncGenerator<ToVehicle, Admitted, undefined> {
  const next = async (): Promise<Uint8Array> => {
    const { authentication }: Incoming = await nextStep(incoming, stepMs);
    if (authentication) return Uint8Array.from(authentication);
    throw new AuthenticationError('E_AUTH_MESSAGE', 'a plug-in begins with the messages of the handshake');
  };
  const { pile, handshake }: Begun = desk.begin(await next());
  yield { authentication: handshake.offer };
  const { claimed, request } = await handshake.prove(await next());
  sessions.ensureRoom(pile, claimed);
  const { permit, ticket } = await desk.admit(request);
  yield { authentication: await handshake.accept(Uint8Array.from(permit)) };
  return { pile, established: handshake.complete(await next()), ticket: Uint8Array.from(ticket) };
}

interface Served {
  readonly incoming: AsyncIterator<FromVehicle>;
  readonly channel: EntryKeyChannel;
  readonly established: Established;
  readonly signal: AbortSignal;
}

async function* served(
  { sessions, log }: AuthenticatedParts,
  { incoming, channel, established, signal }: Served,
): AsyncGenerator<ToVehicle, void, undefined> {
  const { session, frames } = established;
  signal.addEventListener('abort', () => sessions.detach(session, channel), { once: true });
  const reading = read(incoming, channel, established).then(
    async (unplugged) => (unplugged ? sessions.end(session) : sessions.detach(session, channel)),
    () => sessions.detach(session, channel),
  );
  reading.catch((error: unknown) => log.error({ err: error }, 'a session could not be ended'));
  try {
    yield { sealed: frames.seal(toVehicle.encode({ accepted: {} })) };
    for await (const message of channel.outgoing) yield { sealed: frames.seal(toVehicle.encode(message)) };
  } finally {
    sessions.detach(session, channel);
  }
}

/** @returns whether the vehicle unplugged; false if it only went away, or said what does not belong to this session */
async function read(
  incoming: AsyncIterator<FromVehicle>,
  channel: EntryKeyChannel,
  { frames }: Established,
): Promise<boolean> {
  for (;;) {
    const next = await incoming.next();
    if (next.done) return false;
    const { sealed }: Incoming = next.value;
    if (!sealed) return false;
    const { unplug, answer }: Incoming = fromVehicle.decode(frames.open(Uint8Array.from(sealed)));
    if (unplug) return true;
    if (!answer) return false;
    channel.answered(answer);
  }
}
