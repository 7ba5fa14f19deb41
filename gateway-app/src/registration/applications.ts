import { decodeCertificate, decodeJson } from '@chargecast/protocol';
import { type Params } from '@chargecast/signcryption';

import { Backoff } from '../common/abort';
import { CodedError, codeOf } from '../common/errors';
import { type Logger } from '../common/log';
import { isPassing } from '../holder';
import { type Client, type RegistrationOutcome } from '../rpc';
import { type Store, toJson } from '../store';
import { applicantOf, type Kept, withIssued } from './kept-credential';

export interface ApplicationParts {
  /** A sealed sub-store of its own, keys hidden. */
  readonly store: Store;
  readonly esp: Pick<Client<'Esp'>, 'register'>;
  readonly view: { readonly params: Params };
  readonly log: Logger;
  readonly stopping: AbortSignal;
}

export interface Unit {
  readonly name: string;
  readonly kept: Kept;
}

/** Applications in one call, and calls at once. */
const TOGETHER = 256;
const CALLS = 4;
export const PATIENCE_MS = 120_000;

/**
 * Applies for all of them and keeps what was issued. A unit the provider refuses is left out and logged by its code alone.
 * @returns those that have their certificate now
 * @throws CodedError with the provider's refusal of a whole call
 */
export async function applyAll(parts: ApplicationParts, units: readonly Unit[]): Promise<Unit[]> {
  const groups: Unit[][] = [];
  for (let at = 0; at < units.length; at += TOGETHER) groups.push(units.slice(at, at + TOGETHER));
  const issued: Unit[] = [];
  const worker = async (): Promise<void> => {
    for (let group = groups.shift(); group; group = groups.shift()) issued.push(...(await apply(parts, group)));
  };
  await Promise.all(Array.from({ length: CALLS }, worker));
  return issued;
}

async function apply(parts: ApplicationParts, group: readonly Unit[]): Promise<Unit[]> {
  const { store, log } = parts;
  const outcomes = await asked(parts, group);
  const batch = store.batch();
  const issued: Unit[] = [];
  for (const [i, { certificate: text, code }] of outcomes.entries()) {
    const { name, kept } = group[i] as Unit;
    if (text === '') {
      log.error({ code }, 'a certificate was refused');
      continue;
    }
    const renewed = withIssued(kept, decodeJson(text, decodeCertificate, 'certificate'));
    if (!renewed) throw new CodedError('E_CERTIFICATE', 'the provider answered with a certificate over another key');
    batch.put(store, name, toJson(renewed));
    issued.push({ name, kept: renewed });
  }
  if (batch.size > 0) await batch.commit();
  return issued;
}

/** Again while the provider is not ready: the same application gives the same certificate. */
async function asked(parts: ApplicationParts, group: readonly Unit[]): Promise<readonly RegistrationOutcome[]> {
  const { esp, view, stopping } = parts;
  const applicants = group.map(({ name, kept }) => applicantOf(view.params.ctx, name, kept));
  const until = Date.now() + PATIENCE_MS;
  const backoff = new Backoff(100, 2_000);
  for (;;) {
    try {
      return (await esp.register({ applicants }, { deadline: PATIENCE_MS, signal: stopping })).outcomes;
    } catch (error) {
      const passing = isPassing(error) || codeOf(error) === 'E_PROVIDER_KEY';
      if (!passing || stopping.aborted || Date.now() >= until) throw error;
      await backoff.wait(stopping);
    }
  }
}
