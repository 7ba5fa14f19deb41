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

const SESSION_TONES: Readonly<Record<Session['state'], Tone>> = {
  open: 'plain',
  ended: 'warn',
  billed: 'plain',
  settled: 'good',
  disputed: 'bad',
};

export const SessionStatus = ({ state }: { state: Session['state'] }): ComponentChildren => (
  <Status tone={SESSION_TONES[state]}>{state}</Status>
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
