import { type Command } from 'commander';

import { type Client } from '../rpc';
import { type Program } from './command';
import { wholeNumber, withExamples } from './defaults';
import { type ExitCode, type Io } from './io';

interface PlugOptions {
  readonly config: string;
  readonly vehicle: string;
}

type WithVehicles = (file: string, work: (unit: Client<'Vehicle'>) => Promise<ExitCode>) => Promise<ExitCode>;

const CONFIG = 'site/roles/ev1/config.json';
const PLUG_MS = 120_000;

/** A charging session by hand: what a vehicle's own unit does when its cable is plugged. */
export function registerPlugging(
  vehicle: Program,
  ofOne: (command: Command) => Command,
  withVehicles: WithVehicles,
): void {
  vehicle.verb<PlugOptions & { readonly pile: string }>(
    'plug-in',
    'plugs the vehicle in: it authenticates with pile and provider and reports the session to its centre, sealed',
    (command) =>
      withExamples(
        ofOne(command).requiredOption('--pile <name>', '<process>/<pile>'),
        `./chargecast vehicle plug-in --config ${CONFIG} --vehicle V1 --pile cp1/P1`,
      ),
    (io, { config, vehicle: name, pile }) =>
      withVehicles(config, async (unit) => {
        const { session } = await unit.plugIn({ vehicle: name, pile }, { deadline: PLUG_MS });
        const id = Buffer.from(session).toString('hex');
        io.line(`plugged in; session ${id}`);
        io.result({ session: id });
        return 0;
      }),
  );
  vehicle.verb<PlugOptions & { readonly powerW: number; readonly energyWh: number }>(
    'report',
    'reports power and energy of the open session to the centre, sealed',
    (command) =>
      withExamples(
        ofOne(command)
          .requiredOption('--power-w <n>', 'power drawn, W', (text) => wholeNumber(text, 0, 10_000_000))
          .requiredOption('--energy-wh <n>', 'taken since it plugged in, Wh', (text) =>
            wholeNumber(text, 0, 10_000_000),
          ),
        `./chargecast vehicle report --config ${CONFIG} --vehicle V1 --power-w 7200 --energy-wh 1500`,
      ),
    (io, { config, vehicle: name, powerW, energyWh }) =>
      withVehicles(config, async (unit) => {
        await unit.report({ vehicle: name, powerWatts: powerW, energyWh });
        return done(io, 'reported');
      }),
  );
  vehicle.verb<PlugOptions>(
    'unplug',
    'ends the vehicle’s session; nothing is lent to the pile from here on',
    (command) => withExamples(ofOne(command), `./chargecast vehicle unplug --config ${CONFIG} --vehicle V1`),
    (io, { config, vehicle: name }) =>
      withVehicles(config, async (unit) => {
        await unit.unplug({ vehicle: name });
        return done(io, 'unplugged');
      }),
  );
}

function done(io: Io, what: string): ExitCode {
  io.line(what);
  io.result({ done: what });
  return 0;
}
