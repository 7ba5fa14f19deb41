import { CodedError } from '../common/errors';
import { type FleetVehicle } from '../deployment/fleet';
import { type Client, type Command } from '../rpc';
import { type PlacedSession } from '../sessions';
import { runScheduled } from './schedule';
import { billingCommand, chargingPower, controlCommand, sessionBill } from './session-commands';
import { DEMO_TARIFF } from './tariff';

/** What a session needs of the running system: the vehicles' own unit and each company's operator. */
export interface Stage {
  readonly vehicles: Client<'Vehicle'>;
  readonly companies: ReadonlyMap<string, Client<'Csc'>>;
  /** By `User_ID` of the sessions file. */
  readonly fleet: ReadonlyMap<string, FleetVehicle>;
  /** Address of a pile for the vehicles' unit. */
  pileAddress(pile: string): string;
}

export interface Played {
  messages: number;
  delivered: number;
  billedMinor: number;
  /** Command ids as the companies gave them. */
  readonly commandIds: string[];
  readonly transactionIds: string[];
}

export interface PlayOptions {
  readonly sessions: readonly PlacedSession[];
  readonly concurrency: number;
  readonly onSession: (done: number) => void;
  readonly signal: AbortSignal;
}

const TRANSACTION_DIGITS = 8;

/**
 * Every session once, in simulated time: no waiting between its start and its end. A vehicle's sessions keep their
 * order, and so do a pile's; what shares neither runs concurrently.
 */
export async function playSessions(stage: Stage, options: PlayOptions): Promise<Played> {
  const played: Played = { messages: 0, delivered: 0, billedMinor: 0, commandIds: [], transactionIds: [] };
  let done = 0;
  await runScheduled({
    items: options.sessions.map((session, index) => ({
      session,
      transactionId: `TX${String(index + 1).padStart(TRANSACTION_DIGITS, '0')}`,
    })),
    keys: ({ session: { vehicle, pile } }) => [`vehicle ${vehicle}`, `pile ${pile}`],
    concurrency: options.concurrency,
    run: async ({ session, transactionId }) => {
      if (options.signal.aborted) throw new CodedError('E_CANCELLED', 'the demo was interrupted');
      await playSession(stage, session, transactionId, played, options.signal);
      options.onSession(++done);
    },
  });
  return played;
}

async function playSession(
  stage: Stage,
  session: PlacedSession,
  transactionId: string,
  played: Played,
  signal: AbortSignal,
): Promise<void> {
  const { name, contract, csc } = stage.fleet.get(session.vehicle) as FleetVehicle;
  const company = stage.companies.get(csc) as Client<'Csc'>;
  played.transactionIds.push(transactionId);
  await stage.vehicles.plugIn({ vehicle: name, pile: stage.pileAddress(session.pile) }, { signal, deadline: 120_000 });
  const commandIds: string[] = [];
  const send = async (command: Command): Promise<void> => {
    commandIds.push(...(await company.send({ commands: [command] }, { signal })).commandIds);
  };
  await send(controlCommand(session, contract, transactionId));
  await stage.vehicles.report({ vehicle: name, powerWatts: chargingPower(session), energyWh: session.energyWh });
  await send(billingCommand(session, contract, transactionId, DEMO_TARIFF));
  played.messages += commandIds.length;
  played.commandIds.push(...commandIds);
  played.billedMinor += sessionBill(session, transactionId, DEMO_TARIFF).totalMinor;
  const delivered = await receipted(company, commandIds, signal);
  played.delivered += delivered;
  await stage.vehicles.unplug({ vehicle: name });
}

/** How many of these commands their piles have acted upon, once all have come to an end. */
async function receipted(company: Client<'Csc'>, commandIds: readonly string[], signal: AbortSignal): Promise<number> {
  const delivered = new Set<string>();
  for await (const { commandId, state, code } of company.follow({ commandIds }, { signal })) {
    if (state === 'failed') throw new CodedError(code || 'E_COMMAND_FAILED', 'a command failed for good');
    if (state === 'delivered') delivered.add(commandId);
  }
  return delivered.size;
}
