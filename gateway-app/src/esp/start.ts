import { AdmissionDesk } from '../authentication';
import { type LedgerIdentity, parseAddress } from '../common/config';
import { type RunningRole } from '../common/running-role';
import { CarMakerDesk, Disclosures, GrantIndex, LedgerReader, OwnerDesk } from '../data-applications';
import { assembleRole, type RoleProcess, type Undo } from '../holder';
import { connectLedger, type Ledger } from '../ledger';
import { CssStreamSource, openReplica } from '../replica';
import { startRest } from '../rest';
import { serve } from '../rpc';
import { type Store } from '../store';
import { type BookEntry, CountersignatureBook } from './book';
import { type EspConfig, espConfigSchema } from './config';
import { Countersigner } from './countersigner';
import { Customers, listedCustomers } from './customers';
import { readProviderKey } from './provider-key';
import { RecordSubmitter } from './record-submitter';
import { RegistrationDesk } from './registration';
import { espRest } from './rest';
import { espService } from './service';

export interface EspOptions {
  /** How the ledger is reached; Fabric's gateway by the configured profile if absent. */
  readonly connect?: (
    profileFile: string,
    identity: LedgerIdentity,
  ) => Promise<Pick<Ledger, 'submit' | 'evaluate' | 'close'>>;
}

/**
 * Starts an energy service provider. Resolves when it serves.
 * @param configFile its `config.json`
 */
export async function startEsp(configFile: string, options: EspOptions = {}): Promise<RunningRole> {
  return assembleRole(configFile, espConfigSchema, (process, store, undo) => assemble(process, store, undo, options));
}

const now = (): number => Math.floor(Date.now() / 1000);

async function assemble(
  process: RoleProcess<EspConfig>,
  store: Store,
  undo: Undo,
  { connect = connectLedger }: EspOptions,
): Promise<RunningRole> {
  const { config, path, log, tls, trust } = process;
  const { provider } = config;
  const key = await readProviderKey(path(config.providerKey), provider);
  const customers = new Customers(store);
  const file = config.customersFile === undefined ? undefined : path(config.customersFile);
  await customers.add(await listedCustomers(config.customers, file));
  const ledger = await connect(path(config.profile), config.identity);
  const source = new CssStreamSource(config.peers.css, tls);
  const shared = store.sub('data-applications');
  const disclosures = new Disclosures(shared);
  const words = new GrantIndex(shared, ({ subject, party }, batch) => disclosures.forgetIn(batch, subject, party));
  const certificatesHeard: ((ids: readonly string[]) => void)[] = [];
  const replica = await openReplica({
    store: store.sub('replica'),
    trust,
    source,
    logger: log,
    apply: (applied, batch) => words.apply(applied, batch),
    applied: ({ certificatesChanged }) => certificatesHeard.forEach((heard) => heard(certificatesChanged)),
  });
  const book = new CountersignatureBook(store, provider);
  const submitter = new RecordSubmitter({ ledger, book, logger: log, ...config.gathering });
  replica.start();
  undo.push(
    () => ledger.close(),
    () => source.close(),
    () => replica.stop(),
  );

  const registration = await RegistrationDesk.open({ config, store, key, customers, ledger, replica, logger: log });
  const desk = await AdmissionDesk.open({
    store: store.sub('admissions'),
    provider,
    signingKey: registration.systemKey,
    view: replica,
    settings: config.admissions,
    log,
  });
  certificatesHeard.push((ids) => desk.changed(ids));
  undo.push(() => desk.stop());
  const countersigner = new Countersigner({ provider, key, customers, book, replica });
  const centres = new Set(config.peers.csc.map(({ name }) => name));
  const { host, port } = parseAddress(config.listen);
  const handlers = espService({
    countersigner,
    book,
    centres,
    registration: registration.handlers,
    admissions: desk,
  });
  const server = await serve('Esp', handlers, { tls, host, port, logger: log });
  await submitter.start();
  await registration.start();
  const reader = new LedgerReader(ledger);
  const applications = { store: shared, reader, words, disclosures, now };
  const carry = (word: string): ReturnType<typeof registration.operations.carry> => registration.operations.carry(word);
  const restStore = store.sub('rest');
  const people = await espRest({
    store: restStore,
    provider,
    registration,
    words,
    owners: new OwnerDesk({ ...applications, replica, carry }),
    carMakers: new CarMakerDesk({ ...applications, provider }),
    replica,
    admissions: desk.counts,
    now,
  });
  const rest = await startRest({ name: config.name, log, path, store: restStore, ...people }, config.rest);
  undo.push(() => rest?.close());

  return {
    name: config.name,
    role: config.role,
    port: server.port,
    ...(rest ? { url: rest.url } : {}),
    status: async () => ({
      ...(await status(book, submitter)),
      registration: await registration.status(),
      ...desk.counts,
    }),
    async stop() {
      desk.stop();
      await Promise.all([server.close(), rest?.close()]);
      await submitter.stop();
      await registration.stop();
      await replica.stop();
      source.close();
      ledger.close();
      await store.close();
    },
  };
}

async function status(book: CountersignatureBook, submitter: RecordSubmitter): Promise<Record<string, unknown>> {
  const stages: Record<BookEntry['stage'], number> = { queued: 0, committed: 0, refused: 0 };
  for await (const { stage } of book.all()) stages[stage] += 1;
  return { ...stages, submitting: submitter.queued };
}
