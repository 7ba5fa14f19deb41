import { type ComponentChildren } from 'preact';

import { useEvents } from '../shell/loading';
import { StreamNotice } from '../shell/states';

interface LiveProps {
  /** Events upon which something on the screen is out of date. */
  readonly on: readonly ('command' | 'session' | 'block')[];
  readonly reload: () => void;
}

/** Follows the centre's events, and says whether it does. */
export function Live({ on, reload }: LiveProps): ComponentChildren {
  const state = useEvents('/v1/events', [...on, 'reset'], reload);
  return <StreamNotice state={state} />;
}
