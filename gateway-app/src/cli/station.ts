import { InvalidArgumentError } from 'commander';

import { type Register } from './command';
import { wholeNumber, withExamples } from './defaults';
import { type ExitCode, type Io, MisuseError } from './io';
import { withStopSignal } from './until-stopped';

interface RunOptions {
  readonly config: string;
  readonly count?: number;
  readonly first: number;
  readonly url?: string;
  readonly speed: number;
  readonly start?: number;
  readonly meterSeconds: number;
  readonly maxW: number;
  readonly data?: string;
}

/** Simulated charging stations. */
export const registerStation: Register = (program) => {
  const station = program.group('station', 'simulated OCPP 2.0.1 charging stations');
  station.verb<RunOptions>(
    'run',
    'runs stations of the piles in a CP process’s config.json until SIGTERM or Ctrl-C; a vehicle is plugged in at each',
    (command) =>
      withExamples(
        command
          .requiredOption(
            '--config <file>',
            'config.json of the piles’ process: its piles, where it listens, passwords',
          )
          .option('--count <n>', 'how many of its piles; all by default', (text) => wholeNumber(text, 1, 10_000))
          .option('--first <n>', 'from which of them on', (text) => wholeNumber(text, 1, 10_000), 1)
          .option('--url <url>', 'where the CSMS is, if not at the configuration’s ocpp.listen', webSocketUrl)
          .option(
            '--speed <n>',
            'how much faster than the wall their clock runs',
            (text) => wholeNumber(text, 1, 100_000),
            1,
          )
          .option(
            '--start <time>',
            'when their clock begins, RFC 3339; now by default. No record is taken that ends later than now',
            moment,
          )
          .option(
            '--meter-seconds <n>',
            'time between meter values, by their clock',
            (text) => wholeNumber(text, 1, 86_400),
            60,
          )
          .option(
            '--max-w <n>',
            'what each vehicle draws at most, W',
            (text) => wholeNumber(text, 1, 1_000_000),
            11_000,
          )
          .option('--data <dir>', 'keeps what stations must know after a power cut; forgotten without'),
        './chargecast station run --config site/roles/cp1/config.json --count 5',
      ),
    run,
  );
};

/** @throws InvalidArgumentError, which commander turns into misuse */
function moment(text: string): number {
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new InvalidArgumentError('expected is a time as 2025-01-31T18:00:00Z.');
  return at;
}

/** @throws InvalidArgumentError, which commander turns into misuse */
function webSocketUrl(text: string): string {
  if (!/^wss?:\/\/[^/]+$/.test(text)) throw new InvalidArgumentError('expected is ws://host:port.');
  return text;
}

async function run(io: Io, options: RunOptions): Promise<ExitCode> {
  const { loadConfig } = await import('../common/config.js');
  const { cpConfigSchema } = await import('../cp/config.js');
  const { readPassword } = await import('../station/index.js');
  const { keptUntil, speedClock, StationFleet } = await import('../stations/index.js');
  const { openStore } = await import('../store/index.js');
  const { config, path } = await loadConfig(options.config, cpConfigSchema);
  if (!config.ocpp) {
    throw new MisuseError(
      'E_STATION_CONFIG',
      'this CP process has no `ocpp` in its config.json: add it (docs/charging.md)',
    );
  }
  const passwords = path(config.ocpp.passwords);
  const last = options.count === undefined ? undefined : options.first - 1 + options.count;
  const names = config.piles.map(({ name }) => name).slice(options.first - 1, last);
  const store = options.data === undefined ? undefined : await openStore(options.data);
  try {
    await withStopSignal(async (stopped) => {
      const fleet = await StationFleet.start({
        names,
        url: options.url ?? `ws://${config.ocpp?.listen}`,
        password: (name) => readPassword(passwords, name),
        clock: speedClock(options.speed, Math.max(options.start ?? Date.now(), store ? await keptUntil(store) : 0)),
        meterSeconds: options.meterSeconds,
        callMs: 30_000,
        reconnectMs: 500,
        ...(store ? { store } : {}),
      });
      for (const each of fleet.stations.values()) {
        if (!each.evse(1).vehicle) each.plugIn(1, { maxW: options.maxW });
      }
      io.line(`${names.length} stations run`);
      io.result({ ready: true, stations: names.length });
      await stopped;
      io.result({ online: fleet.online, waiting: fleet.waiting });
      await fleet.stop();
    });
    return 0;
  } finally {
    await store?.close();
  }
}
