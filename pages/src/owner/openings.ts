/** What opens a charging record to its owner, as the vehicle keeps it. */
export interface Opening {
  /** ID of the vehicle's certificate. */
  readonly subject: string;
  readonly blinding: string;
  readonly session: string;
}

export class OpeningsError extends Error {
  readonly code = 'E_OPENINGS';
}

/** The service's bound on one question. */
export const MOST_OPENINGS = 64;

/** @param text output of `vehicle sessions --json` @returns openings of the vehicle, newest first @throws OpeningsError */
export function readOpenings(text: string, subject: string): Opening[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new OpeningsError('this file is not JSON', { cause });
  }
  const { sessions } = (value ?? {}) as { sessions?: unknown };
  if (!Array.isArray(sessions) || !sessions.every(isSession)) {
    throw new OpeningsError('this file holds no sessions: take the output of `vehicle sessions --json`');
  }
  const own = sessions.filter((session) => session.subject === subject);
  if (own.length === 0) throw new OpeningsError('none of these sessions is of the vehicle whose key is at hand');
  return own.sort((a, b) => b.openedAt - a.openedAt).map(({ blinding, session }) => ({ subject, blinding, session }));
}

function isSession(value: unknown): value is Opening & { readonly openedAt: number } {
  const { subject, blinding, session, openedAt } = (value ?? {}) as Record<string, unknown>;
  return [subject, blinding, session].every((text) => typeof text === 'string') && typeof openedAt === 'number';
}
