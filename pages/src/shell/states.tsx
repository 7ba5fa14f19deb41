import { type ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';

import { announce } from './announce';
import { type StreamState } from './events';
import { type Loaded } from './loading';
import { type Problem, remedyOf } from './problem';

/** What fails and what to do about it. */
export function ProblemNotice({ problem, retry }: { problem: Problem; retry?: () => void }): ComponentChildren {
  return (
    <div class="notice bad" role="alert">
      <p>
        <strong>{problem.message}</strong> <code>{problem.code}</code>
      </p>
      {problem.faults.length > 0 && (
        <ul>
          {problem.faults.map(({ at, message }) => (
            <li key={at}>
              <code>{at}</code>: {message}
            </li>
          ))}
        </ul>
      )}
      <p>{remedyOf(problem)}</p>
      {problem.instance !== undefined && <p class="quiet">Instance {problem.instance}</p>}
      {retry && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** Nothing to show, and what would change that. */
export function Empty({ title, children }: { title: string; children: ComponentChildren }): ComponentChildren {
  return (
    <div class="notice empty">
      <p>
        <strong>{title}</strong>
      </p>
      <p>{children}</p>
    </div>
  );
}

interface ReadyProps<T> {
  readonly loaded: Loaded<T>;
  /** Whether there is nothing in it; then `empty` is shown. */
  readonly isEmpty?: (value: T) => boolean;
  readonly empty?: ComponentChildren;
  readonly children: (value: T) => ComponentChildren;
}

/** What was asked for, or its loading, empty or failed state. Old content stays under a failure to renew it. */
export function Ready<T>({ loaded, isEmpty, empty, children }: ReadyProps<T>): ComponentChildren {
  const { value, problem, isLoading, reload } = loaded;
  return (
    <div aria-busy={isLoading}>
      {problem && <ProblemNotice problem={problem} retry={reload} />}
      {value === undefined && isLoading && !problem && <p class="loading">Loading …</p>}
      {value !== undefined && (isEmpty?.(value) ? empty : children(value))}
    </div>
  );
}

const STREAM: Readonly<Record<StreamState, readonly [string, string]>> = {
  connecting: ['○', 'Connecting to live updates'],
  live: ['●', 'Live'],
  interrupted: ['△', 'Live updates are interrupted, trying again'],
};

export function StreamNotice({ state }: { state: StreamState }): ComponentChildren {
  const [sign, text] = STREAM[state];
  useEffect(() => {
    if (state === 'interrupted') announce(text);
  }, [state]);
  return (
    <p class={`stream ${state}`}>
      <span aria-hidden="true">{sign}</span> {text}
    </p>
  );
}
