import { Backoff } from '../common/abort';
import { codeOf } from '../common/errors';
import { type Logger } from '../common/log';
import { type ReplicaView } from '../replica';
import { type Client } from '../rpc';
import { type Directory } from './directory';

export interface BindingFollowerParts {
  /** Name of the provider as its certificate and the ledger have it. */
  readonly provider: string;
  readonly esp: Pick<Client<'Esp'>, 'bindings'>;
  readonly directory: Directory;
  readonly replica: Pick<ReplicaView, 'params' | 'provider'>;
  readonly epoch: () => number;
  readonly logger: Logger;
  readonly stopping: AbortSignal;
  /** A customer is known, or known anew. */
  readonly changed: () => void;
}

/** An idle stream is opened anew after so long, so that a new epoch is asked for, milliseconds. */
const STREAM_MS = 60_000;

/** Hears from one provider which customer is which pseudo-identity, for as long as the process runs. */
export async function followBindings(parts: BindingFollowerParts): Promise<void> {
  const { logger, stopping } = parts;
  const backoff = new Backoff(100, 5000);
  while (!stopping.aborted) {
    try {
      await followOnce(parts, () => backoff.reset());
    } catch (error) {
      logger.info({ code: codeOf(error) ?? 'E_INTERNAL' }, 'bindings are asked for again');
      await backoff.wait(stopping);
    }
  }
}

async function followOnce(parts: BindingFollowerParts, heard: () => void): Promise<void> {
  const { esp, directory, provider, replica, epoch, stopping, changed } = parts;
  const signal = AbortSignal.any([stopping, AbortSignal.timeout(STREAM_MS)]);
  for await (const binding of esp.bindings({ epoch: epoch() }, { signal })) {
    if (await directory.bind(binding, provider, replica)) changed();
    heard();
  }
}
