import { type ComponentChildren } from 'preact';

import { Status, type Tone } from '../shell/status';
import { type Certificate, type Session, type Stage } from './shapes';

const STAGE_TONES: Readonly<Record<Stage, Tone>> = {
  waiting: 'warn',
  sealed: 'plain',
  acknowledged: 'plain',
  committed: 'plain',
  delivered: 'good',
  failed: 'bad',
};

export const StageStatus = ({ stage }: { stage: Stage }): ComponentChildren => (
  <Status tone={STAGE_TONES[stage]}>{stage}</Status>
);

const SESSION_WORDS: Readonly<Record<Session['state'], readonly [Tone, string]>> = {
  open: ['plain', 'open'],
  ended: ['warn', 'ended'],
  awaiting: ['warn', 'awaits confirmation'],
  billed: ['plain', 'billed'],
  settled: ['good', 'settled'],
  disputed: ['bad', 'disputed'],
};

export const wordOfSession = (state: Session['state']): string => SESSION_WORDS[state][1];

export const SessionStatus = ({ state }: { state: Session['state'] }): ComponentChildren => (
  <Status tone={SESSION_WORDS[state][0]}>{wordOfSession(state)}</Status>
);

const CERTIFICATE_WORDS: Readonly<Record<Certificate['status'], readonly [Tone, string]>> = {
  valid: ['good', 'valid'],
  notYetValid: ['warn', 'not yet valid'],
  expired: ['bad', 'expired'],
  revoked: ['bad', 'revoked'],
  providerRevoked: ['bad', 'provider revoked'],
};

export function CertificateStatus({ status }: { status: Certificate['status'] }): ComponentChildren {
  const [tone, word] = CERTIFICATE_WORDS[status];
  return <Status tone={tone}>{word}</Status>;
}
