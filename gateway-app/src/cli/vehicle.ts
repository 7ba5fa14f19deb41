import { type Command } from 'commander';

import { type Client, type OwnSession } from '../rpc';
import { type Register } from './command';
import { withExamples } from './defaults';
import { type ExitCode, type Io } from './io';
import { registerPlugging } from './vehicle-plug';

interface VehicleOptions {
  readonly config: string;
  readonly vehicle: string;
}

const CONFIG = '.chargecast/demo/roles/ev1/config.json';

/** What is asked of a vehicle's own unit; its process is asked with its own certificate. */
export const registerVehicle: Register = (program) => {
  const vehicle = program.group(
    'vehicle',
    'a vehicle’s own unit: plugs in, reports, and gives the owner what is the owner’s',
  );
  const ofOne = (command: Command): Command =>
    command
      .requiredOption('--config <file>', 'config.json of the running vehicles’ process')
      .requiredOption('--vehicle <name>', 'name of the vehicle in that process');
  registerPlugging(vehicle, ofOne, withVehicles);
  vehicle.verb<VehicleOptions>(
    'sessions',
    'every charging session of the vehicle, with what opens its charging records: for its owner’s eyes',
    (command) => withExamples(ofOne(command), `./chargecast vehicle sessions --config ${CONFIG} --vehicle V1 --json`),
    sessions,
  );
  vehicle.verb<VehicleOptions & { readonly out: string }>(
    'owner',
    'writes the owner’s key with the vehicle’s certificate to a file of mode 0600: it grants, withdraws, and reads as owner',
    (command) =>
      withExamples(
        ofOne(command).requiredOption('--out <file>', 'file to write; never over another'),
        `./chargecast vehicle owner --config ${CONFIG} --vehicle V1 --out owner.json`,
      ),
    owner,
  );
};

async function sessions(io: Io, { config, vehicle }: VehicleOptions): Promise<ExitCode> {
  return withVehicles<ExitCode>(config, async (unit) => {
    const all: OwnSession[] = [];
    for await (const session of unit.sessions({ vehicle })) all.push(session);
    all.sort((a, b) => a.openedAt - b.openedAt);
    for (const { openedAt, session, pile } of all) {
      io.line(`${new Date(openedAt * 1000).toISOString()}  ${session}  ${pile}`);
    }
    if (all.length === 0) io.line('no session yet: plug the vehicle in');
    io.result({ sessions: all });
    return 0;
  });
}

async function owner(io: Io, { config, vehicle, out }: VehicleOptions & { readonly out: string }): Promise<ExitCode> {
  const { ownersCredential, writeNewCredential } = await import('./credential-file.js');
  return withVehicles<ExitCode>(config, async (unit) => {
    const credential = ownersCredential(await unit.owner({ vehicle }));
    await writeNewCredential(out, credential);
    const id = credential.certificate?.id;
    io.line(`${out}: the owner’s key of ${id}; who holds it speaks for the owner`);
    io.result({ file: out, subject: id });
    return 0;
  });
}

async function withVehicles<T>(file: string, work: (unit: Client<'Vehicle'>) => Promise<T>): Promise<T> {
  const { evConfigSchema } = await import('../ev/index.js');
  const { client } = await import('../rpc/index.js');
  const { prepareProcess } = await import('../holder/index.js');
  const { config, tls } = await prepareProcess(file, evConfigSchema);
  const unit = client('Vehicle', config.listen, tls, { serverName: config.name });
  try {
    return await work(unit);
  } finally {
    unit.close();
  }
}
