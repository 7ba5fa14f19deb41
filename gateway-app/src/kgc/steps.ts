import { Queue } from '../common/queue';
import { type GovernanceStep } from '../rpc';
import { type Consent } from './consent';

type Subject = Pick<GovernanceStep, 'kind' | 'subject'>;
/** With a consent: signed so far, and waited for; without: committed. */
export type Tell = (subject: Subject, consent?: Consent) => void;

/** Runs `work` and yields what it tells. Its failure is the iteration's. */
export async function* steps(work: (tell: Tell) => Promise<void>): AsyncGenerator<GovernanceStep> {
  const told = new Queue<GovernanceStep>();
  let failure: { readonly error: unknown } | undefined;
  const working = work((subject, consent) => {
    if (consent === undefined) return told.push({ ...subject, state: 'committed', organisations: [] });
    if (consent.signed.length > 0) told.push({ ...subject, state: 'signed', organisations: consent.signed });
    if (consent.waitedFor.length > 0) told.push({ ...subject, state: 'waiting', organisations: consent.waitedFor });
  })
    .catch((error: unknown) => (failure = { error }))
    .finally(() => told.close());
  yield* told;
  await working;
  if (failure) throw failure.error;
}
