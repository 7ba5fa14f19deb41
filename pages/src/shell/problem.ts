/** Where in a request a fault is. */
export interface Fault {
  readonly at: string;
  readonly message: string;
}

/** A refusal or failure as a page shows it: RFC 9457 problem details with the service's stable code. */
export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly faults: readonly Fault[] = [],
    /** Names this answer in the service's log. */
    readonly instance?: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** @returns what an answer other than 2xx says; services that are no ChargeCast service say it less well */
export async function problemOf(response: Response): Promise<Problem> {
  const type = response.headers.get('content-type') ?? '';
  const body: unknown = type.includes('json') ? await response.json().catch(() => undefined) : undefined;
  if (typeof body !== 'object' || body === null) {
    return new Problem(response.status, `HTTP_${response.status}`, `the service answered ${response.status}`);
  }
  const { code, detail, title, errors, instance } = body as Record<string, unknown>;
  return new Problem(
    response.status,
    textOr(code, `HTTP_${response.status}`),
    textOr(detail, textOr(title, `the service answered ${response.status}`)),
    Array.isArray(errors) ? errors.filter(isFault) : [],
    typeof instance === 'string' ? instance : undefined,
  );
}

/** Whatever was thrown, as a problem to show. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const { code } = error as { code?: unknown };
  const message = error instanceof Error ? error.message : String(error);
  return new Problem(0, textOr(code, 'E_PAGE'), message, [], undefined, { cause: error });
}

/** What a person can do about it, where the code says more than the message. */
export function remedyOf({ status, code }: Problem): string {
  const known: Readonly<Record<string, string>> = {
    E_OFFLINE: 'See whether the service runs (./chargecast deployment up prints its address), then try again.',
    E_FORBIDDEN: 'Open the page with a certificate of a role that may read this.',
    E_UNAUTHENTICATED: 'Open the page with a client certificate, or through ./chargecast pages --as <person>.',
  };
  if (known[code]) return known[code];
  if (status === 401) return known.E_UNAUTHENTICATED as string;
  if (status === 403) return known.E_FORBIDDEN as string;
  if (status === 404) return 'It may not exist yet, or this service does not keep it: go back to the list.';
  if (status === 429) return 'Wait a moment, then try again.';
  if (status >= 500) return 'Try again; if it stays, look for the instance in the log of the service.';
  return 'Correct what is named above, then try again.';
}

const textOr = (value: unknown, otherwise: string): string =>
  typeof value === 'string' && value !== '' ? value : otherwise;

function isFault(value: unknown): value is Fault {
  const { at, message } = (value ?? {}) as Record<string, unknown>;
  return typeof at === 'string' && typeof message === 'string';
}
