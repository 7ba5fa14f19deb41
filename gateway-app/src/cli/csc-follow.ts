import { type CommandState } from '../rpc';
import { type Program } from './command';
import { withExamples } from './defaults';
import { type ExitCode, type Io } from './io';

interface FollowOptions {
  readonly config: string;
}

/** `csc follow`: what became of commands given earlier. */
export function registerCscFollow(csc: Program): void {
  csc.verb<FollowOptions>(
    'follow <ids...>',
    'every state of these commands until each is delivered or has failed; exit 1 if one failed',
    (command) =>
      withExamples(
        command.requiredOption('--config <file>', 'config.json of the centre'),
        './chargecast csc follow 1f2e3d4c5b6a79881f2e3d4c5b6a7988 --config .chargecast/demo/roles/csc1/config.json --json',
      ),
    follow,
  );
}

/** One state as people read it: σ while it is under way, the station's answer when there is one. */
export function stateLine({ commandId, state, code, sigmaId, station, stationReason }: CommandState): string {
  const answer = [station, stationReason].filter((part) => part).join(' ');
  return [commandId, state, code, sigmaId && `σ ${sigmaId}`, answer && `station ${answer}`]
    .filter((part) => part)
    .join('  ');
}

async function follow(io: Io, { config: file }: FollowOptions, ...commandIds: string[]): Promise<ExitCode> {
  const { cscConfigSchema } = await import('../csc/index.js');
  const { client } = await import('../rpc/index.js');
  const { prepareProcess } = await import('../holder/index.js');
  const { config, tls } = await prepareProcess(file, cscConfigSchema);
  const csc = client('Csc', config.listen, tls, { serverName: config.name });
  let exit: ExitCode = 0;
  try {
    for await (const state of csc.follow({ commandIds })) {
      io.line(stateLine(state));
      io.result(state);
      if (state.state === 'failed') exit = 1;
    }
    return exit;
  } finally {
    csc.close();
  }
}
