import { CodedError } from '../common/errors';
import { Queue } from '../common/queue';
import { type Binding, type Handlers } from '../rpc';
import { type CountersignatureBook } from './book';
import { type Countersigner } from './countersigner';

export interface EspServiceParts {
  readonly countersigner: Countersigner;
  readonly book: CountersignatureBook;
  readonly registration: Pick<Handlers<'Esp'>, 'register' | 'authorize' | 'administer'>;
  readonly admissions: Pick<Handlers<'Esp'>, 'admit' | 'watch'>;
  /** Names of the centres that may hear which customer is which pseudo-identity. */
  readonly centres: ReadonlySet<string>;
}

/** The Esp service of proto/chargecast.proto. */
export function espService({
  countersigner,
  book,
  centres,
  registration,
  admissions,
}: EspServiceParts): Handlers<'Esp'> {
  return {
    countersign: (request, { peer }) => countersigner.countersign(request, peer),
    bindings({ epoch }, { peer, signal }) {
      if (!centres.has(peer.name)) {
        throw new CodedError(
          'E_FORBIDDEN',
          "this centre serves none of this provider's customers; have it listed first",
        );
      }
      return bindingsSince(book, epoch, signal);
    },
    ...registration,
    admit: admissions.admit,
    watch: admissions.watch,
  };
}

/** Those there are, then each new one as it comes; one may come twice. */
async function* bindingsSince(book: CountersignatureBook, epoch: number, signal: AbortSignal): AsyncGenerator<Binding> {
  const queue = new Queue<Binding>();
  const unsubscribe = book.onPut((entry) => {
    if (entry.epoch === epoch && entry.stage !== 'refused') queue.push(book.bindingOf(entry));
  });
  signal.addEventListener('abort', () => queue.close(), { once: true });
  try {
    for await (const entry of book.all()) {
      if (entry.epoch === epoch && entry.stage !== 'refused') yield book.bindingOf(entry);
    }
    yield* queue;
  } finally {
    unsubscribe();
  }
}
