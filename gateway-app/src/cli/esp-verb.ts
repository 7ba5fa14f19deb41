import { type Command, InvalidArgumentError } from 'commander';

import { type Action, type Program } from './command';
import { type EspDesk } from './esp-desk';
import { type Io } from './io';

export const EXAMPLE_CONFIG = 'site/roles/esp1/config.json';
export const EXAMPLE_ID = '0123456789abcdef0123456789abcdef';

export interface AtProvider {
  readonly config: string;
}
export interface IdOptions extends AtProvider {
  readonly id: string;
}

export const atProvider = (command: Command): Command =>
  command.requiredOption('--config <file>', 'config.json of the provider, which must be running');
export const withId = (command: Command): Command =>
  atProvider(command).requiredOption('--id <hex>', 'ID of the vehicle or pile, 32 hex digits', idText);

/** Adds a verb that talks to the provider of `--config`. */
export function verb<Options extends AtProvider>(
  esp: Program,
  name: string,
  description: string,
  build: (command: Command) => Command,
  action: (io: Io, desk: EspDesk, options: Options) => Promise<void>,
): void {
  const run: Action<Options> = async (io, options) => {
    const { withEsp } = await import('./esp-desk.js');
    await withEsp(options.config, (desk) => action(io, desk, options));
  };
  esp.verb<Options>(name, description, build, run);
}

/** Unix seconds. */
export const isoDate = (seconds: number): string => new Date(seconds * 1000).toISOString();

/** @throws InvalidArgumentError, which commander turns into misuse */
export function idText(text: string): string {
  if (!/^[0-9a-f]{32}$/.test(text)) throw new InvalidArgumentError('expected are 32 hex digits.');
  return text;
}
