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

async function follow(io: Io, { config: file }: FollowOptions, ...commandIds: string[]): Promise<ExitCode> {
  const { cscConfigSchema } = await import('../csc/index.js');
  const { client } = await import('../rpc/index.js');
  const { prepareProcess } = await import('../holder/index.js');
  const { config, tls } = await prepareProcess(file, cscConfigSchema);
  const csc = client('Csc', config.listen, tls, { serverName: config.name });
  let exit: ExitCode = 0;
  try {
    for await (const { commandId, state, code, sigmaId } of csc.follow({ commandIds })) {
      io.line([commandId, state, code, sigmaId === '' ? '' : `σ ${sigmaId}`].filter((part) => part !== '').join('  '));
      io.result({ commandId, state, code, sigmaId });
      if (state === 'failed') exit = 1;
    }
    return exit;
  } finally {
    csc.close();
  }
}
