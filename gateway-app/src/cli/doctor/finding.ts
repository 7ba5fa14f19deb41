/**
 * | state | meaning |
 * |---|---|
 * | ok | as it should be |
 * | optional | not here, and needed only for what `remedy` names |
 * | attention | stands here, but will not work or not for long; the main job runs without it |
 * | wrong | the main job (demo, deployment, tests on the embedded ledger) cannot run |
 */
export type State = 'ok' | 'optional' | 'attention' | 'wrong';

export interface Finding {
  readonly name: string;
  readonly state: State;
  /** What was found, in one line. */
  readonly found: string;
  /** What to do; on all but `ok`. */
  readonly remedy?: string;
}

export interface Check {
  readonly name: string;
  /** Throws only where the check itself is broken. */
  readonly run: () => Promise<Finding | readonly Finding[]>;
}

export const ok = (name: string, found: string): Finding => ({ name, state: 'ok', found });
export const optional = (name: string, found: string, remedy: string): Finding => ({
  name,
  state: 'optional',
  found,
  remedy,
});
export const attention = (name: string, found: string, remedy: string): Finding => ({
  name,
  state: 'attention',
  found,
  remedy,
});
export const wrong = (name: string, found: string, remedy: string): Finding => ({
  name,
  state: 'wrong',
  found,
  remedy,
});
