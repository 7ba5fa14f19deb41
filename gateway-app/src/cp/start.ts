import { Role } from '@chargecast/signcryption';

import { Suspects } from '../authentication';
import { stopOfRole } from '../common/abort';
import { parseAddress } from '../common/config';
import { Housekeeping } from '../common/housekeeping';
import type { RunningRole } from '../common/running-role';
import { Announcements, assembleRole, Centres, type Holder, type RoleProcess, type Undo } from '../holder';
import {
  ChainIntake,
  EffectJournal,
  Effects,
  EntryWorker,
  type EntryWorkerParts,
  OwnEntries,
  Receipts,
  SigmaLog,
} from '../opening';
import { CssStreamSource, openReplica, type Replica } from '../replica';
import { Credentials } from '../registration';
import { client, serve } from '../rpc';
import { pruneJournal } from '../settlement/journal-pruning';
import { openChargingBook } from '../settlement/open-book';
import { type FinalCost, openStations, type Stations } from '../station';
import { type Store } from '../store';
import { GroupCommit } from '../store/group-commit';
import { ChargingSessions } from './charging-sessions';
import { type CpConfig, cpConfigSchema } from './config';
import { KgcNotices } from './kgc-notices';
import { Piles } from './piles';
import { RecordingActuator } from './recording-actuator';
import { pileService } from './service';
import { SessionTable } from './session-table';
import { openStationDesk } from './station-admission';
import { cpStatus } from './status';

export interface CpOptions {
  /** What a station shows when a transaction ends whose cost no centre has named. */
  readonly finalCost?: FinalCost;
}

export interface RunningCp extends RunningRole {
  /** The piles' charging stations, where the configuration has them. */
  readonly stations: Stations | undefined;
}

const PRUNE_MS = 5_000;
const PRUNE_JOURNAL_MS = 15 * 60_000;

/**
 * Starts a process of piles. Resolves when it serves and every pile's record counts.
 * @param configFile its `config.json`
 */
export async function startCp(configFile: string, options: CpOptions = {}): Promise<RunningCp> {
  return assembleRole(configFile, cpConfigSchema, (process, store, undo) => assemble(process, store, undo, options));
}

async function assemble(
  process: RoleProcess<CpConfig>,
  store: Store,
  undo: Undo,
  options: CpOptions,
): Promise<RunningCp> {
  const { config, log, tls, trust } = process;
  const stop = stopOfRole();
  const stopping = stop.signal;
  const now = (): number => Math.floor(Date.now() / 1000);
  const writes = new GroupCommit(store);
  const sigmas = await SigmaLog.open(store.sub('sigmas'), trust.params);
  const intake = new ChainIntake(sigmas, log);
  const source = new CssStreamSource(config.peers.css, tls);
  const recordsChanged: ((records: readonly string[]) => void)[] = [];
  const certificatesChanged: ((ids: readonly string[]) => void)[] = [];
  const replica = await openReplica({
    store: store.sub('replica'),
    trust,
    source,
    logger: log,
    apply: (applied, batch) => intake.apply(applied, batch),
    applied: (applied) => {
      intake.applied(applied);
      for (const heard of recordsChanged) heard(applied.recordsChanged);
      for (const heard of certificatesChanged) heard(applied.certificatesChanged);
    },
  });
  const kgc = client('Kgc', config.peers.kgc, tls);
  const centres = new Centres(config.peers.csc, tls);
  replica.start();
  undo.push(
    () => source.close(),
    () => kgc.close(),
    () => centres.close(),
    () => replica.stop(),
    () => stop.abort(),
  );

  const piles = await Piles.enrol({
    process: config.name,
    names: config.piles.map(({ name }) => name),
    gateways: config.peers.css,
    owner: config.owner ?? config.peers.css[0]?.mspId ?? '',
    kgc,
    tls,
    store: store.sub('holders'),
    replica,
    log,
    stopping,
  });
  undo.push(() => piles.stop());
  const [{ name: provider, endpoint }] = config.peers.esp;
  const esp = client('Esp', endpoint, tls, { serverName: provider });
  undo.push(() => esp.close());
  const credentials = await Credentials.open({
    store: store.sub('certificates', { hiddenKeys: true }),
    esp,
    provider,
    view: replica,
    role: 'pile',
    process: config.name,
    units: config.piles.map(({ name }) => name),
    renewal: config.certificates,
    log,
    stopping,
    now,
  });
  undo.push(() => {
    stop.abort();
    return credentials.stopped();
  });
  const desk = openStationDesk({ config, esp, provider, replica, piles, credentials, log, stopping });
  undo.push(() => {
    stop.abort();
    return desk.stopped();
  });

  const records = new RecordingActuator(store.sub('actuator'));
  const stations = config.ocpp
    ? await openStations({
        store: store.sub('stations'),
        writes,
        settings: config.ocpp,
        passwords: process.path(config.ocpp.passwords),
        piles: config.piles.map(({ name }) => name),
        records,
        ...(options.finalCost ? { finalCost: options.finalCost } : {}),
        log,
      })
    : undefined;
  undo.push(() => stations?.csms.stop());
  const table = await SessionTable.load(store.sub('sessions', { hiddenKeys: true }), writes);
  const book =
    stations &&
    (await openChargingBook({
      store: store.sub('charging'),
      writes,
      stations,
      gateways: config.peers.css,
      tls,
      params: trust.params,
      pile: (name) => piles.get(name),
      chargedOf: (session) => table.get(session),
      log,
      stopping,
    }));
  const actuator = stations && book ? book.noting(stations.actuator) : records;
  const journal = await EffectJournal.open(store.sub('journal'), writes);
  const receipts = await Receipts.open({
    store: store.sub('receipts'),
    view: replica,
    centres,
    unit: (f) => piles.byRecord(f),
    ttlSeconds: config.receiptTtlSeconds,
    log,
    stopping,
    now,
  });
  const effects = new Effects({
    journal,
    actuator,
    owe: (effect, batch) => receipts.owe(effect, batch),
    owed: (effect) => void effects.lull().then(() => receipts.send(effect)),
    finished: (effect) => sessions.notify(effect),
    log,
    stopping,
  });
  const counts = { opened: 0, refused: 0 };
  const worker: EntryWorkerParts = {
    log: sigmas,
    view: replica,
    effects,
    commit: (change) => writes.commit(change),
    logger: log,
    now,
    opened: () => (counts.opened += 1),
    refused: () => (counts.refused += 1),
  };
  const newest = (): string => SigmaLog.after(replica.position('datachain'));
  const notices = await KgcNotices.open(store.sub('notices'), kgc, log, stopping);
  const sessions: ChargingSessions = new ChargingSessions({
    table,
    notices,
    worker,
    settings: config.sessions,
    pile: (name) => piles.get(name),
    newest,
    log,
  });
  const own = new OwnEntries(store.sub('places'), trust.params, Role.CP);
  const ownWorkers: Promise<void>[] = [];
  for (const [name, holder] of piles.byName) {
    const entries = new EntryWorker(worker, own.receiver(name, holder), await own.cursor(name, newest()));
    ownWorkers.push(entries.run(stopping));
  }
  await effects.resume();
  sessions.resume();
  const revocable = new Suspects((records) => sessions.endRevoked(records, (f) => replica.isRecordRevoked(f)), log);
  recordsChanged.push((records) => revocable.add(records));
  const vouched = new Suspects(async (ids) => sessions.endAt(await credentials.lostAmong(ids)), log);
  certificatesChanged.push((ids) => vouched.add(ids));
  undo.push(
    () => revocable.stop(),
    () => vouched.stop(),
  );
  const announcements = await announce(process, { store, replica, centres, piles, stopping, now });

  const { host, port } = parseAddress(config.listen);
  const handlers = pileService({
    desk,
    sessions,
    stepMs: config.sessions.stepMs,
    log,
  });
  const server = await serve('Pile', handlers, { tls, host, port, logger: log });
  const lowest = (): string | undefined =>
    [sessions.lowestCursor(), own.lowestCursor()].filter((cursor) => cursor !== undefined).sort()[0];
  const pruning = new Housekeeping(PRUNE_MS, () => sigmas.prune(lowest()), log, 'the σ log could not be pruned');
  const isCharged: RecordingActuator['isCharged'] = (sender, transaction) => records.isCharged(sender, transaction);
  const forgetting =
    stations && book
      ? new Housekeeping(
          PRUNE_JOURNAL_MS,
          () => pruneJournal({ journal: stations.journal, book, isCharged }),
          log,
          'what stations told could not be forgotten',
        )
      : undefined;

  return {
    name: config.name,
    role: config.role,
    port: server.port,
    stations,
    status: () =>
      cpStatus({ sessions, journal, records, stations, book, counts, intake, receipts, replica, logged: sigmas }),
    async stop() {
      await Promise.all([pruning.stop(), forgetting?.stop()]);
      const closing = server.close();
      stop.abort();
      await sessions.stop();
      await closing;
      await Promise.all([desk.stopped(), credentials.stopped(), revocable.stop(), vouched.stop()]);
      await Promise.all(ownWorkers);
      await Promise.all([
        effects.settled(),
        book?.stopped(),
        receipts.stopped(),
        notices.stopped(),
        announcements.stopped(),
        piles.stop(),
      ]);
      await stations?.csms.stop();
      await replica.stop();
      for (const each of [source, kgc, esp, centres]) each.close();
      await store.close();
    },
  };
}

interface AnnounceParts {
  readonly store: Store;
  readonly replica: Replica;
  readonly centres: Centres;
  readonly piles: Piles;
  readonly stopping: AbortSignal;
  readonly now: () => number;
}

async function announce({ config, log }: RoleProcess<CpConfig>, parts: AnnounceParts): Promise<Announcements> {
  const { store, replica, centres, piles, stopping, now } = parts;
  const announcements = await Announcements.open({
    store: store.sub('announcements'),
    view: replica,
    centres,
    names: config.peers.csc.map(({ name }) => name),
    holder: (unit) => piles.byName.get(unit),
    log,
    stopping,
    now,
  });
  const tell = (unit: string, holder: Holder): Promise<void> => announcements.announce(unit, holder);
  piles.renewed = (unit, holder): void => {
    tell(unit, holder).catch((error: unknown) => log.error({ err: error }, 'a pile’s new record was not announced'));
  };
  for (const [unit, holder] of piles.byName) await tell(unit, holder);
  return announcements;
}
