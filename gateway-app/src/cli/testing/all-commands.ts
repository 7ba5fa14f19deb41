import { type Command } from 'commander';
import { PassThrough } from 'node:stream';

import { commandLine } from '../main';

export interface Leaf {
  /** As typed after `./chargecast`. */
  readonly name: string;
  readonly command: Command;
}

/** The whole command line's commands that do something, in the order of `--help`. */
export function allCommands(): Leaf[] {
  return leavesOf(program(), []);
}

function program(): Command {
  const streams = { stdout: new PassThrough(), stderr: new PassThrough(), environment: {} };
  return commandLine(streams).program.command;
}

function leavesOf(command: Command, path: readonly string[]): Leaf[] {
  return command.commands.flatMap((child) => {
    const names = [...path, child.name()];
    return child.commands.length > 0 ? leavesOf(child, names) : [{ name: names.join(' '), command: child }];
  });
}

export function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp();
  return text;
}

/** Command lines below `Examples:`. */
export const examplesOf = (help: string): string[] =>
  (help.split('\nExamples:\n')[1] ?? '').split('\n').flatMap((line) => /^ {2}\$ (.+)$/.exec(line)?.[1] ?? []);

export interface Parsed {
  readonly name: string;
  readonly operands: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * What a command line would run, with everything judged that is judged before it runs: options, operands, choices.
 * @param line as a shell takes it: assignments before, redirections and `&` after
 * @throws CommanderError where the command line would be refused
 */
export async function parseLine(line: string): Promise<Parsed> {
  const root = program();
  let parsed: Parsed | undefined;
  for (const { name, command } of leavesOf(root, [])) {
    command.action(() => {
      parsed = { name, operands: command.args, options: command.opts() };
    });
  }
  await root.parseAsync(wordsOf(line), { from: 'user' });
  if (!parsed) throw new Error(`${line} runs nothing`);
  return parsed;
}

/** Words after `./chargecast`. */
export function wordsOf(line: string): string[] {
  const ends = line.replace(/\s(?:[|>&]|2>|#).*$/, '');
  const words = [...ends.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare,
  );
  const start = words.indexOf('./chargecast');
  if (start < 0) throw new Error(`${line} does not call ./chargecast`);
  return words.slice(start + 1) as string[];
}
