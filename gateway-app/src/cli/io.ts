import { CodedError, codeOf, describeError, messageOf } from '../common/errors';

/** 0 good, 1 a negative answer or a failure, 2 misuse. */
export type ExitCode = 0 | 1 | 2;

/** Arguments, files or configuration that the caller has to mend. */
export class MisuseError extends CodedError {}

/** What a command writes to. With `--json` stdout holds JSON only; what is for people is then left out. */
export interface Io {
  readonly json: boolean;
  /** A terminal whose user has not asked for plain text. */
  readonly fancy: boolean;
  /** For people, on stdout; nothing with `--json`. */
  line(text: string): void;
  /** For programs, on stdout; nothing without `--json`. */
  result(value: unknown): void;
  /** What is happening, on stderr. */
  note(text: string): void;
  /** What is happening just now: on stderr where that is a terminal, replaced by the next; `undefined` takes it away. */
  progress(text: string | undefined): void;
  /** `text` in the colour of its meaning, where stdout is a terminal that is to have colours (https://no-color.org). */
  paint(meaning: Meaning, text: string): string;
}

const COLOURS = { ok: 32, optional: 2, attention: 33, wrong: 31 } as const;
export type Meaning = keyof typeof COLOURS;

export interface IoStreams {
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly environment: NodeJS.ProcessEnv;
}

export function createIo(json: boolean, { stdout, stderr, environment }: IoStreams): Io {
  const plainTerminal = environment.TERM === 'dumb' || Boolean(environment.CI);
  const fancy = !json && stdout.isTTY === true && !plainTerminal && !environment.NO_COLOR;
  const moving = stderr.isTTY === true && !plainTerminal;
  return {
    json,
    fancy,
    line: (text) => {
      if (!json) stdout.write(`${text}\n`);
    },
    result: (value) => {
      if (json) stdout.write(`${JSON.stringify(value, (_, member: unknown) => plain(member))}\n`);
    },
    note: (text) => {
      stderr.write(`${text}\n`);
    },
    progress: (text) => {
      if (moving) stderr.write(`\r\x1b[K${text ?? ''}`);
    },
    paint: (meaning, text) => (fancy ? `\x1b[${COLOURS[meaning]}m${text}\x1b[0m` : text),
  };
}

function plain(member: unknown): unknown {
  return typeof member === 'bigint' ? member.toString() : member;
}

/** One line on stderr, one JSON object on stdout with `--json`; never a stack. */
export function reportError(io: Io, error: unknown): ExitCode {
  const code = codeOf(error) ?? 'E_INTERNAL';
  io.note(describeError(error).replace(/\s*\n\s*/g, ' '));
  io.result({ error: { code, message: messageOf(error) } });
  return isMisuse(error, code) ? 2 : 1;
}

const MISUSE =
  /^E_(USAGE|FILE_|CONFIG_|CONFORMANCE_(?:CHECKOUT|FEATURE)|SESSIONS_|PROFILE_|TRUST|PARAMS|TOPOLOGY|FLEET|KEY_FILE_MODE|LEDGER_IDENTITY|LEDGER_PROFILE|OCPP_|COMMAND_|FABRIC_MISSING|FABRIC_VERSION|FABRIC_NODE_UNKNOWN|FABRIC_STATE|JSON|MALFORMED)/;

function isMisuse(error: unknown, code: string): boolean {
  return error instanceof MisuseError || MISUSE.test(code);
}
