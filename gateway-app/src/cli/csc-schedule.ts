import { type Program } from './command';
import { stateLine } from './csc-follow';
import { withExamples } from './defaults';
import { type ExitCode, type Io, MisuseError } from './io';

interface ScheduleOptions {
  readonly config: string;
  readonly site: string;
  readonly dryRun?: boolean;
}

/** `csc schedule`: a site's power shared among its vehicles. */
export function registerCscSchedule(csc: Program): void {
  csc.verb<ScheduleOptions>(
    'schedule',
    "shares a site's power fairly and sends each vehicle its limit; exit 1 if one is not accepted",
    (command) =>
      withExamples(
        command
          .requiredOption('--config <file>', 'config.json of the centre')
          .requiredOption('--site <file>', 'JSON {limitW, vehicles: [{customer, maxW, minW?}]}')
          .option('--dry-run', 'print the limits and send nothing'),
        './chargecast csc schedule --config .chargecast/demo/roles/csc1/config.json --site site.json --dry-run',
      ),
    schedule,
  );
}

async function schedule(io: Io, { config: file, site: siteFile, dryRun = false }: ScheduleOptions): Promise<ExitCode> {
  const { allot, cscConfigSchema, limitCommand, siteSchema } = await import('../csc/index.js');
  const { validate } = await import('../common/config.js');
  const allotments = allot(validate(siteSchema, await readJson(siteFile), `the site ${siteFile}`));
  for (const { customer, limitW } of allotments) io.line(`${customer}  ${limitW} W`);
  if (dryRun) {
    io.result({ allotments });
    return 0;
  }
  const { client } = await import('../rpc/index.js');
  const { prepareProcess } = await import('../holder/index.js');
  const { config, tls } = await prepareProcess(file, cscConfigSchema);
  const csc = client('Csc', config.listen, tls, { serverName: config.name });
  try {
    const { commandIds } = await csc.send({ commands: allotments.map(limitCommand) });
    const ends = new Map<string, string>();
    for await (const state of csc.follow({ commandIds })) {
      ends.set(state.commandId, state.state);
      io.line(stateLine(state));
    }
    io.result({
      allotments: allotments.map((each, i) => ({
        ...each,
        commandId: commandIds[i],
        state: ends.get(commandIds[i] ?? ''),
      })),
    });
    return [...ends.values()].every((state) => state === 'delivered') ? 0 : 1;
  } finally {
    csc.close();
  }
}

async function readJson(file: string): Promise<unknown> {
  const { readFileCoded } = await import('../common/files.js');
  try {
    return JSON.parse((await readFileCoded(file)).toString('utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new MisuseError('E_CONFIG_SYNTAX', `${file} is not JSON; write {limitW, vehicles: [{customer, maxW}]}`);
  }
}
