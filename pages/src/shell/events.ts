/** What a page sees of a live stream. */
export type StreamState = 'connecting' | 'live' | 'interrupted';

export interface Subscription {
  /** Names of the events wanted. */
  readonly events: readonly string[];
  readonly onEvent: (name: string, data: unknown) => void;
  readonly onState: (state: StreamState) => void;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

/**
 * Listens to server-sent events until told to stop. A connection that breaks is taken up again by the browser with the
 * last event's id; one that the service ended or refused is made anew, each time after a longer wait.
 * @returns stops listening
 */
export function subscribe(path: string, { events, onEvent, onState }: Subscription): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let wait = FIRST_WAIT_MS;
  const connect = (): void => {
    onState('connecting');
    source = new EventSource(path);
    source.onopen = () => {
      wait = FIRST_WAIT_MS;
      onState('live');
    };
    source.onerror = () => {
      onState('interrupted');
      if (source?.readyState !== EventSource.CLOSED) return;
      timer = setTimeout(connect, wait);
      wait = Math.min(2 * wait, LONGEST_WAIT_MS);
    };
    for (const name of events) {
      source.addEventListener(name, (event: MessageEvent<string>) => onEvent(name, JSON.parse(event.data)));
    }
  };
  connect();
  return () => {
    clearTimeout(timer);
    source?.close();
  };
}
