import { type ComponentChildren } from 'preact';

import { Status, type Tone } from '../shell/status';
import { type OwnSession } from './api';

const STATES: Readonly<Record<OwnSession['state'], readonly [Tone, string]>> = {
  open: ['plain', 'under way'],
  awaiting: ['warn', 'waits for you'],
  billed: ['plain', 'billed'],
  settled: ['good', 'settled'],
  disputed: ['bad', 'disputed'],
};

export function SessionState({ session: { state, code } }: { session: OwnSession }): ComponentChildren {
  const [tone, text] = STATES[state];
  return (
    <>
      <Status tone={tone}>{text}</Status> {code !== '' && <code>{code}</code>}
    </>
  );
}
