import { STATUS_CODES } from 'node:http';

import { z } from 'zod';

import { CodedError, codeOf, messageOf } from '../common/errors';
import { named } from './schemas';

const faultSchema = z.object({
  /** Where in the request, as a JSON pointer after its part: `body/commands/0/action`. */
  at: z.string(),
  message: z.string(),
});
export type Fault = z.infer<typeof faultSchema>;

/** RFC 9457, with this project's stable code. */
export const problemSchema = named(
  'Problem',
  z.object({
    type: z.string().describe('relative reference that ends with the code'),
    title: z.string(),
    status: z.int().min(400).max(599),
    code: z.string().describe('stable: E_…'),
    detail: z.string().describe('what happened and what to do'),
    instance: z.string().describe('this answer; the log of the service names it too where the service is at fault'),
    errors: z.array(faultSchema).optional(),
  }),
);
export type Problem = z.infer<typeof problemSchema>;

export const PROBLEM_TYPE = 'application/problem+json';

interface RestErrorOptions extends ErrorOptions {
  readonly errors?: readonly Fault[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** A refusal whose HTTP status follows from no code alone. */
export class RestError extends CodedError {
  readonly status: number;
  readonly errors: readonly Fault[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, { errors, headers, ...rest }: RestErrorOptions = {}) {
    super(code, message, rest);
    this.status = status;
    this.errors = errors;
    this.headers = headers ?? {};
  }
}

export function notFound(code: string, message: string): RestError {
  return new RestError(404, code, message);
}

const STATUS_OF_CODE: Readonly<Record<string, number>> = {
  E_UNAUTHENTICATED: 401,
  E_FORBIDDEN: 403,
  E_AUTHORISATION: 403,
  E_OWNER_PROOF: 403,
  E_NOT_REGISTERED: 404,
  E_DECODE: 422,
  E_MESSAGE: 422,
  E_CONFIG_INVALID: 422,
  E_MONTH: 400,
  E_COMMAND: 422,
  E_COMMAND_KIND: 422,
  E_CURTAIL_PILES: 422,
  E_UNREACHABLE: 503,
  E_DEADLINE: 503,
  E_CANCELLED: 503,
  E_RPC_VERSION: 503,
  E_LEDGER_UNAVAILABLE: 503,
  E_INTERNAL: 500,
};

const STATUS_OF_FAMILY: readonly (readonly [RegExp, number])[] = [
  [/^E_OCPP_/, 422],
  [/_UNKNOWN$/, 404],
  [/_FULL$/, 503],
];

/** The status of a coded error that a handler let through; what fits nowhere else contradicts the service's state. */
export function statusOf(code: string): number {
  return STATUS_OF_CODE[code] ?? STATUS_OF_FAMILY.find(([family]) => family.test(code))?.[1] ?? 409;
}

export function httpStatusOf(error: unknown): number {
  if (error instanceof RestError) return error.status;
  return statusOf(codeOf(error) ?? 'E_INTERNAL');
}

export interface Refusal {
  readonly problem: Problem;
  readonly headers: Readonly<Record<string, string>>;
}

/** What a caller may learn of a failure: code and message of a coded error, nothing of any other. @param id of the request */
export function refusalOf(error: unknown, id: string): Refusal {
  if (error instanceof RestError) {
    const { status, code, message, errors, headers } = error;
    return { problem: problem(status, code, message, id, errors), headers };
  }
  const code = codeOf(error);
  if (code === undefined || code === 'E_INTERNAL') {
    return { problem: problem(500, 'E_INTERNAL', 'internal error: the log of the service says more', id), headers: {} };
  }
  const status = statusOf(code);
  const headers: Record<string, string> = status === 503 ? { 'retry-after': '5' } : {};
  return { problem: problem(status, code, messageOf(error), id), headers };
}

function problem(status: number, code: string, detail: string, id: string, errors?: readonly Fault[]): Problem {
  return {
    type: `/problems/${code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    code,
    detail,
    instance: `urn:uuid:${id}`,
    ...(errors ? { errors: [...errors] } : {}),
  };
}
