import { resolve } from 'node:path';

import { type Command } from 'commander';

import { type Register } from './command';
import { withExamples } from './defaults';
import { type ExitCode, type Io } from './io';

interface Place {
  readonly config: string;
}
interface BackupOptions extends Place {
  readonly to: string;
}
interface RestoreOptions extends Place {
  readonly from: string;
}
interface WrapOptions extends Place {
  readonly passphraseFile: string;
}

const CONFIG = 'config.json of the role the database belongs to';

/** A role's sealed database and its key: copies, and the key's own passphrase. */
export const registerStore: Register = (program) => {
  const store = program.group('store', 'a stopped role’s sealed database: copy it, restore it, wrap its key');
  store.verb<BackupOptions>(
    'backup',
    'copies the database as it lies on disk, sealed; its key is not copied with it',
    (command) =>
      withExamples(
        command.requiredOption('--config <file>', CONFIG).requiredOption('--to <folder>', 'a new folder'),
        './chargecast store backup --config site/roles/kgc/config.json --to kgc-backup',
      ),
    async (io, { config, to }) => copied(io, (await placeOf(config)).dataDir, to),
  );
  store.verb<RestoreOptions>(
    'restore',
    'copies a backup into the role’s data folder, which must be empty or gone',
    (command) =>
      withExamples(
        command.requiredOption('--config <file>', CONFIG).requiredOption('--from <folder>', 'the backup'),
        './chargecast store restore --config site/roles/kgc/config.json --from kgc-backup',
      ),
    async (io, { config, from }) => copied(io, from, (await placeOf(config)).dataDir),
  );
  store.verb<WrapOptions>(
    'wrap-key',
    'puts the database’s key under a passphrase (scrypt, AES-256-GCM); the role then needs passphraseFile to start',
    (command) => wrapOptions(command, 'wrap-key'),
    async (io, { config, passphraseFile }) => {
      const { wrapKeyFile } = await import('../store/key-file.js');
      return rewrapped(io, config, (file) => wrapKeyFile(file, passphraseFile), 'wrapped');
    },
  );
  store.verb<WrapOptions>(
    'unwrap-key',
    'takes the passphrase off the database’s key again',
    (command) => wrapOptions(command, 'unwrap-key'),
    async (io, { config, passphraseFile }) => {
      const { unwrapKeyFile } = await import('../store/key-file.js');
      return rewrapped(io, config, (file) => unwrapKeyFile(file, passphraseFile), 'unwrapped');
    },
  );
};

function wrapOptions(command: Command, verb: string): Command {
  return withExamples(
    command
      .requiredOption('--config <file>', CONFIG)
      .requiredOption('--passphrase-file <file>', 'holds the passphrase, mode 0600'),
    `./chargecast store ${verb} --config site/roles/kgc/config.json --passphrase-file /run/secrets/kgc`,
  );
}

async function copied(io: Io, from: string, to: string): Promise<ExitCode> {
  const { copyStore } = await import('../store/copy.js');
  const entries = await copyStore(resolve(from), resolve(to));
  io.line(`${entries} entries copied from ${from} to ${to}`);
  io.result({ entries, from, to });
  return 0;
}

async function rewrapped(
  io: Io,
  config: string,
  rewrap: (keyFile: string) => Promise<void>,
  state: string,
): Promise<ExitCode> {
  const { keyFile } = await placeOf(config);
  await rewrap(keyFile);
  io.line(`${keyFile} is ${state}`);
  io.result({ keyFile, state });
  return 0;
}

async function placeOf(file: string): Promise<{ readonly dataDir: string; readonly keyFile: string }> {
  const { loadConfig, roleConfigSchema } = await import('../common/config.js');
  const { MisuseError } = await import('./io.js');
  const { config, path } = await loadConfig(file, roleConfigSchema.loose());
  if (config.keyFile === undefined)
    throw new MisuseError('E_USAGE', `${file} names no keyFile: it has no sealed database`);
  return { dataDir: path(config.dataDir), keyFile: path(config.keyFile) };
}
