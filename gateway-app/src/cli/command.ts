import { Command, CommanderError } from 'commander';

import { createIo, type ExitCode, type Io, type IoStreams, reportError } from './io';

/** Ends with the exit code, 0 if it returns nothing. Errors it throws are printed by their code. */
export type Action<Options> = (io: Io, options: Options, ...operands: string[]) => Promise<ExitCode | void>;

/** Adds one noun's commands to the program. */
export type Register = (program: Program) => void;

/** Commander's `Command` with this CLI's one way to run an action. */
export interface Program {
  readonly command: Command;
  /** A sub-command that is only a group of others. */
  group(name: string, description: string): Program;
  /**
   * A command. `build` declares arguments, options and help; `action` gets the options and the operands in order, a
   * variadic one spread.
   * @param isDefault runs where its group is named alone
   */
  verb<Options extends object>(
    nameAndArguments: string,
    description: string,
    build: (command: Command) => Command,
    action: Action<Options>,
    isDefault?: boolean,
  ): void;
}

export interface Cli {
  readonly program: Program;
  /** Runs one command line; nothing it does throws. */
  run(args: readonly string[]): Promise<ExitCode>;
}

export function createCli(name: string, description: string, streams: IoStreams): Cli {
  let exit: ExitCode = 0;
  let refusing: Command | undefined;
  const defaults = new Set<Command>();
  const configured = (command: Command): Command =>
    withStreams(command, streams).exitOverride((error) => {
      refusing = command;
      throw error;
    });
  const root = configured(new Command(name)).description(description);
  const wrap = (command: Command): Program => ({
    command,
    group: (groupName, groupDescription) => wrap(configured(command.command(groupName)).description(groupDescription)),
    verb: (verbName, verbDescription, build, action, isDefault = false) => {
      const verb = build(configured(command.command(verbName, { isDefault })).description(verbDescription));
      if (isDefault) defaults.add(verb);
      verb.option('--json', 'JSON on stdout, everything else on stderr');
      verb.action(async () => {
        const options = verb.opts();
        const io = createIo(options.json === true, streams);
        exit = await runAction(io, () => action(io, options as never, ...verb.args));
      });
    },
  });
  return {
    program: wrap(root),
    run: async (args) => {
      try {
        await root.parseAsync(args, { from: 'user' });
        return exit;
      } catch (error) {
        return commanderExit(error, createIo(args.includes('--json'), streams), refusing ?? root, defaults);
      }
    },
  };
}

function withStreams(command: Command, { stdout, stderr }: IoStreams): Command {
  return command
    .showSuggestionAfterError()
    .helpCommand(false)
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
      outputError: () => undefined,
    });
}

async function runAction(io: Io, action: () => Promise<ExitCode | void>): Promise<ExitCode> {
  try {
    return (await action()) ?? 0;
  } catch (error) {
    return reportError(io, error);
  }
}

/** Commander throws for help and version too; those are good ends. */
function commanderExit(error: unknown, io: Io, command: Command, defaults: ReadonlySet<Command>): ExitCode {
  if (!(error instanceof CommanderError)) return reportError(io, error);
  if (error.exitCode === 0) return 0;
  if (error.code === 'commander.help') return 2;
  // What stands where a group's verb would is taken for an operand of its default verb.
  const stray = error.code === 'commander.excessArguments' && command.registeredArguments.length === 0;
  const group = stray && defaults.has(command) ? command.parent : null;
  const message = group
    ? `unknown command '${command.args[0]}' (${group.name()} has ${group.commands.map((verb) => verb.name()).join(', ')})`
    : error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ');
  io.note(`E_USAGE: ${message}; see ./${pathOf(group ?? command).join(' ')} --help`);
  io.result({ error: { code: 'E_USAGE', message } });
  return 2;
}

/** Names from the program to the command, as they are typed. */
function pathOf(command: Command): string[] {
  return [...(command.parent ? pathOf(command.parent) : []), command.name()];
}
