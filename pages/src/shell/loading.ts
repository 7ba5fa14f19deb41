import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

import { getJson, type Page, type Query } from './api';
import { subscribe, type StreamState } from './events';
import { asProblem, type Problem } from './problem';

/** Something asked of the service: not there yet, there, or refused. What was there stays while it is asked again. */
export interface Loaded<T> {
  readonly value?: T;
  readonly problem?: Problem;
  readonly isLoading: boolean;
  readonly reload: () => void;
}

/** @param load called again whenever `key` changes or `reload` is called */
export function useLoaded<T>(key: string, load: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const [state, setState] = useState<{ key: string; value?: T; problem?: Problem; isLoading: boolean }>({
    key,
    isLoading: true,
  });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    const controller = new AbortController();
    setState((before) => ({ ...(before.key === key ? before : { key }), isLoading: true }));
    load(controller.signal).then(
      (value) => {
        if (!controller.signal.aborted) setState({ key, value, isLoading: false });
      },
      (error: unknown) => {
        if (controller.signal.aborted) return;
        setState((before) => ({ ...before, problem: asProblem(error), isLoading: false }));
      },
    );
    return () => controller.abort();
  }, [key, attempt]);
  const reload = useCallback(() => setAttempt((count) => count + 1), []);
  const current = state.key === key ? state : { isLoading: true };
  return { ...current, reload };
}

export const useJson = <T>(path: string, query?: Query): Loaded<T> =>
  useLoaded(`${path} ${JSON.stringify(query ?? {})}`, (signal) => getJson<T>(path, query, signal));

/** A list read page by page: all pages read so far, and how to read one more. */
export interface PagedList<T> extends Loaded<readonly T[]> {
  readonly hasMore: boolean;
  readonly readMore: () => void;
}

/** Reloading reads again as many pages as were open. */
export function usePaged<T>(path: string, query: Query = {}): PagedList<T> {
  const [pages, setPages] = useState(1);
  const key = `${path} ${JSON.stringify(query)}`;
  useEffect(() => setPages(1), [key]);
  const loaded = useLoaded(`${key} ${pages}`, async (signal) => {
    const items: T[] = [];
    let cursor: string | null | undefined;
    for (let read = 0; read < pages && cursor !== null; read++) {
      const page: Page<T> = await getJson<Page<T>>(path, { ...query, cursor }, signal);
      items.push(...page.items);
      cursor = page.next;
    }
    return { items, hasMore: cursor !== null };
  });
  const [kept, setKept] = useState<{ key: string; items: readonly T[] }>({ key, items: [] });
  useEffect(() => {
    if (loaded.value) setKept({ key, items: loaded.value.items });
  }, [loaded.value]);
  // Reading one more page must not take away those that are shown.
  const items = loaded.value?.items ?? (kept.key === key && kept.items.length > 0 ? kept.items : undefined);
  return {
    isLoading: loaded.isLoading,
    ...(items && { value: items }),
    ...(loaded.problem && { problem: loaded.problem }),
    hasMore: loaded.value?.hasMore ?? false,
    readMore: () => setPages((count) => count + 1),
    reload: loaded.reload,
  };
}

const QUIET_MS = 400;

/**
 * Calls `onEvents` soon after events came, once for a burst of them.
 * @param events names; a new array each time is fine
 */
export function useEvents(path: string, events: readonly string[], onEvents: () => void): StreamState {
  const [state, setState] = useState<StreamState>('connecting');
  const latest = useRef(onEvents);
  latest.current = onEvents;
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = subscribe(path, {
      events,
      onState: setState,
      onEvent() {
        timer ??= setTimeout(() => {
          timer = undefined;
          latest.current();
        }, QUIET_MS);
      },
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [path, events.join()]);
  return state;
}
