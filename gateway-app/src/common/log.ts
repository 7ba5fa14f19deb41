import { isNativeError } from 'node:util/types';
import { destination, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

export interface LogOptions {
  /** Role and name of the process, e.g. `css`, `css1`. */
  readonly role: string;
  readonly name: string;
  /** `trace` … `fatal` or `silent`; default `info`. */
  readonly level?: string;
  /** Appended to; stderr if absent. */
  readonly file?: string;
}

/**
 * Members that must never reach a log whatever object is passed: keys, and what names a vehicle, a sender or a customer.
 * A message is followed through the logs by its σ id alone (`sigma`).
 */
const CENSORED = [
  'key',
  'keys',
  'd',
  'x',
  'q',
  'y',
  'seed',
  'secret',
  'entryKey',
  'privateKey',
  'password',
  'f',
  'vehicle',
  'vin',
  'realId',
  'customer',
  'contract',
  'receiver',
  'receivers',
  'sender',
  'payload',
  'message',
  'plaintext',
];

/** JSON lines. Bytes are never logged raw: give σ ids as lower-case hex. */
export function createLogger({ role, name, level = 'info', file }: LogOptions): Logger {
  return pino(
    {
      level,
      base: { role, name },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      redact: { paths: CENSORED.flatMap((member) => [member, `*.${member}`]), censor: '[redacted]' },
      serializers: { err: serializeError },
      formatters: { level: (label) => ({ level: label }) },
    },
    file === undefined
      ? destination({ dest: 2, sync: true })
      : destination({ dest: file, mkdir: true, mode: 0o600, sync: true }),
  );
}

export function silentLogger(): Logger {
  return pino({ level: 'silent' });
}

interface LoggedError {
  readonly type: string;
  readonly code?: unknown;
  readonly text: string;
  readonly cause?: LoggedError;
  readonly stack?: string;
}

/** Codes and messages down the chain of causes; a stack only where no code says what happened. */
function serializeError(error: unknown): LoggedError {
  if (!isNativeError(error)) return { type: typeof error, text: String(error) };
  const code: unknown = 'code' in error ? error.code : undefined;
  return {
    type: error.name,
    ...(code === undefined ? { stack: error.stack } : { code }),
    text: error.message,
    ...(error.cause === undefined ? {} : { cause: serializeError(error.cause) }),
  };
}
