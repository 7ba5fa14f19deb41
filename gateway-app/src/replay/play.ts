import { Backoff, pause, untilAborted } from '../common/abort';
import { codeOf, CodedError } from '../common/errors';
import { runScheduled, Slots } from '../demo/schedule';
import { type FleetVehicle } from '../deployment/fleet';
import { isPassing } from '../holder';
import { type Client } from '../rpc';
import { type PlacedSession } from '../sessions';
import { type StationHost } from './station-host';

/** What a session needs of the running system. */
export interface ReplayStage {
  readonly vehicles: Client<'Vehicle'>;
  /** By `User_ID` of the sessions file. */
  readonly fleet: ReadonlyMap<string, FleetVehicle>;
  /** Address of a pile for the vehicles' process. */
  readonly pileAddress: (pile: string) => string;
  readonly stations: Pick<StationHost, 'now' | 'reach' | 'evse' | 'plugIn' | 'unplug'>;
  /** Called {@link MOMENTS} times in each session, before what may be disturbed. */
  readonly moment: () => Promise<void>;
}

/** Before it plugs in, when it has started, before it unplugs, when its record is on its way. */
export const MOMENTS = 4;

export interface ReplayPlayOptions {
  readonly sessions: readonly PlacedSession[];
  readonly concurrency: number;
  readonly onSession: (done: number) => void;
  readonly signal: AbortSignal;
}

const PLUG_MS = 120_000;
/** Handshakes have their time: more at once than a busy machine can do in it, and none would end. */
const PLUGGING = 32;
const POLL_MS = 10;
/** What does not come in this time will not come, not even to hundreds of vehicles on a machine that does much besides. */
const START_MS = 900_000;
/** W a home pile gives; more where the published energy could not have flowed in the published time. */
const HOME_POWER = 7_200;
/** Some published sessions begin and end in one minute. */
const SHORTEST_SECONDS = 60;
/** Below what any register shows. */
const LEAST_WH = 0.001;

/** Every session once. A vehicle's sessions keep their order, and a pile's; what shares neither runs concurrently. */
export async function replaySessions(stage: ReplayStage, options: ReplayPlayOptions): Promise<void> {
  const { sessions, concurrency, onSession, signal } = options;
  const plugging = new Slots(PLUGGING);
  let done = 0;
  await runScheduled({
    items: sessions,
    keys: ({ vehicle, pile }) => [`vehicle ${vehicle}`, `pile ${pile}`],
    concurrency,
    run: async (session) => {
      if (signal.aborted) throw new CodedError('E_CANCELLED', 'the replay was interrupted');
      await replaySession(stage, session, plugging, signal);
      onSession(++done);
    },
  });
}

async function replaySession(
  stage: ReplayStage,
  session: PlacedSession,
  plugging: Slots,
  signal: AbortSignal,
): Promise<void> {
  const { vehicles, stations, moment } = stage;
  const { pile, energyWh } = session;
  const { name } = stage.fleet.get(session.vehicle) as FleetVehicle;
  await untilAborted(stations.reach(pile, session.start), signal);
  const start = await stations.now(pile);
  const end = Math.max(session.end, start + SHORTEST_SECONDS);
  const power = powerOf(energyWh, end - start);
  await stations.plugIn(pile, { energyWh, maxW: power });
  const plug = { vehicle: name, pile: stage.pileAddress(pile) };
  await moment();
  await plugging.take();
  try {
    await insisted(() => vehicles.plugIn(plug, { signal, deadline: PLUG_MS }), signal, 'E_PLUGGED_IN');
  } finally {
    plugging.give();
  }
  await started(stage, pile, signal);
  await moment();
  await insisted(() => vehicles.report({ vehicle: name, powerWatts: power, energyWh }, { signal }), signal);
  await untilAborted(stations.reach(pile, end), signal);
  await full(stage, session, signal);
  await moment();
  await stations.unplug(pile);
  await insisted(() => vehicles.unplug({ vehicle: name }, { signal }), signal, 'E_NOT_PLUGGED_IN');
  await moment();
}

/** W at which all of the energy flows in the time, with a little to spare. */
export function powerOf(energyWh: number, seconds: number): number {
  return Math.max(HOME_POWER, Math.ceil((energyWh * 3600 * 1.05) / seconds));
}

/** A start that took long, or a clock that runs fast, leaves too little time: the vehicle then stays until it has its energy. */
async function full({ stations }: ReplayStage, { pile, energyWh }: PlacedSession, signal: AbortSignal): Promise<void> {
  const until = Date.now() + START_MS;
  const lacks = async (): Promise<boolean> => {
    const { vehicle } = await stations.evse(pile);
    return energyWh - (vehicle?.takenWh ?? energyWh) > LEAST_WH;
  };
  while (await lacks()) {
    if (signal.aborted) throw new CodedError('E_CANCELLED', 'the replay was interrupted');
    if (Date.now() > until)
      throw new CodedError('E_REPLAY_ENERGY', 'a vehicle never got its energy: read roles/*/role.log');
    await untilAborted(stations.reach(pile, (await stations.now(pile)) + SHORTEST_SECONDS), signal);
  }
}

async function started({ stations }: ReplayStage, pile: string, signal: AbortSignal): Promise<void> {
  const until = Date.now() + START_MS;
  while ((await stations.evse(pile)).transaction === undefined) {
    if (signal.aborted) throw new CodedError('E_CANCELLED', 'the replay was interrupted');
    if (Date.now() > until) {
      throw new CodedError('E_REPLAY_START', 'a vehicle was plugged in and never started: read roles/*/role.log');
    }
    await pause(POLL_MS, signal);
  }
}

/** Repeats a call while what it fails for passes; `done` says that an earlier one was carried out and not heard of. */
async function insisted(call: () => Promise<unknown>, signal: AbortSignal, done?: string): Promise<void> {
  const backoff = new Backoff(50, 1_000);
  const until = Date.now() + START_MS;
  for (let tries = 0; ; tries++) {
    try {
      await call();
      return;
    } catch (error) {
      if (tries > 0 && codeOf(error) === done) return;
      if (signal.aborted || Date.now() > until || !(isPassing(error) || isInterrupted(error))) throw error;
      await backoff.wait(signal);
    }
  }
}

/** A pile or vehicle was killed in the middle of the call. */
const isInterrupted = (error: unknown): boolean =>
  ['E_PLUG_GONE', 'E_PLUG_TIMEOUT', 'E_SESSION_UNKNOWN', 'E_PILE_RECORD'].includes(codeOf(error) ?? '');
