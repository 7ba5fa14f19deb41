import { type ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import { asProblem, type Problem } from '../shell/problem';
import { ProblemNotice } from '../shell/states';

/** A key in the memory of the open page, and nowhere else; screens of the page share it. */
export interface HeldKey<T> {
  get(): T | undefined;
  set(key: T | undefined): void;
  /** @returns stops listening */
  listen(onChange: () => void): () => void;
}

export function holdKey<T>(): HeldKey<T> {
  let held: T | undefined;
  const listeners = new Set<() => void>();
  return {
    get: () => held,
    set(key) {
      held = key;
      for (const listener of listeners) listener();
    },
    listen(onChange) {
      listeners.add(onChange);
      return () => listeners.delete(onChange);
    },
  };
}

export function useKey<T>(held: HeldKey<T>): T | undefined {
  const [, setCount] = useState(0);
  useEffect(() => held.listen(() => setCount((count) => count + 1)), [held]);
  return held.get();
}

interface KeyPanelProps<T> {
  readonly held: HeldKey<T>;
  readonly title: string;
  /** Which file, and how one gets it. */
  readonly children: ComponentChildren;
  /** @throws with what is wrong with the file */
  readonly read: (text: string) => T;
  /** Whose key it is, once there. */
  readonly describe: (key: T) => ComponentChildren;
}

/** Takes a key file, or forgets it. */
export function KeyPanel<T>({ held, title, children, read, describe }: KeyPanelProps<T>): ComponentChildren {
  const key = useKey(held);
  const [problem, setProblem] = useState<Problem>();
  const take = async (file: File | undefined): Promise<void> => {
    if (!file) return;
    setProblem(undefined);
    try {
      held.set(read(await file.text()));
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  return (
    <section class="panel" aria-labelledby="key-title">
      <h2 id="key-title">{title}</h2>
      {key === undefined ? (
        <label>
          Key file
          <span class="hint">
            {children} It signs in this page, is never sent, and is forgotten when the page is closed.
          </span>
          <input
            type="file"
            accept=".json,application/json"
            onChange={(event) => void take(event.currentTarget.files?.[0])}
          />
        </label>
      ) : (
        <div class="tools">
          <p>{describe(key)}</p>
          <button type="button" onClick={() => held.set(undefined)}>
            Forget this key
          </button>
        </div>
      )}
      {problem && <ProblemNotice problem={problem} />}
    </section>
  );
}
