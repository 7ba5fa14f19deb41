import { keySubject } from '@chargecast/protocol';
import { toHex } from '@chargecast/signcryption';
import { stopOfRole } from '../common/abort';
import { parseAddress } from '../common/config';
import { RemoteView } from '../consortium';
import { encodeTrust, type LedgerBlock } from '../ledger';
import { Housekeeping } from '../common/housekeeping';
import { type RunningRole } from '../common/running-role';
import { approvedByGateways, openHolder, assembleRole, type RoleProcess, type Undo } from '../holder';
import { type AppliedBlock, CssStreamSource, openReplica } from '../replica';
import { readTariff } from '../pricing';
import { EventLog, type RunningRest, startRest } from '../rest';
import { client, serve } from '../rpc';
import { type Store } from '../store';
import { Addressing } from './addressing';
import { followBindings } from './bindings';
import { Charging } from './charging';
import { type CscConfig, cscConfigSchema } from './config';
import { Courier } from './courier';
import { Curtailment } from './curtailment';
import { CommandDesk } from './desk';
import { Directory } from './directory';
import { Dispatcher } from './dispatcher';
import { ReceiverHints } from './hints';
import { Intake } from './intake';
import { Outbox } from './outbox';
import { PowerReports } from './power-reports';
import { CSC_API, cscChecks, cscGauges, type CscRestParts, cscRoutes, OperationBook } from './rest';
import { Sealer } from './sealer';
import { cscService } from './service';
import { Sessions } from './sessions';

const PRUNE_MS = 15 * 60_000;

/** A running centre, for an operator inside the same process. */
export interface RunningCsc extends RunningRole {
  readonly desk: CommandDesk;
}

/**
 * Starts a charging service company's centre. Resolves when its record counts and it serves.
 * @param configFile its `config.json`
 */
export async function startCsc(configFile: string): Promise<RunningCsc> {
  return assembleRole(configFile, cscConfigSchema, assemble);
}

async function assemble(process: RoleProcess<CscConfig>, store: Store, undo: Undo): Promise<RunningCsc> {
  const { config, log, path, tls, trust } = process;
  const { dispatch } = config;
  const stop = stopOfRole();
  const now = (): number => Date.now();
  const seconds = (): number => Math.floor(now() / 1000);
  const outbox = await Outbox.load(store.sub('outbox'), now);
  const directory = await Directory.load(store);
  const sessions = await Sessions.load(store);
  const power = await PowerReports.load(store);
  const events = new EventLog(4_096);
  const charging =
    config.charging &&
    (await Charging.load({
      store: store.sub('charging'),
      tariff: await readTariff(path(config.charging.tariff)),
      outbox,
      directory,
      sessions,
      logger: log,
      now: seconds,
      added: () => wake(),
    }));
  let wake = (): void => undefined;
  const source = new CssStreamSource(config.peers.css, tls);
  const gateways = config.peers.css.map(({ name, mspId, endpoint }) => ({
    mspId,
    css: client('Css', endpoint, tls, { serverName: name }),
  }));
  const kgc = client('Kgc', config.peers.kgc, tls);
  const providers = config.peers.esp.map(({ name, endpoint }) => ({
    provider: name,
    esp: client('Esp', endpoint, tls, { serverName: name }),
  }));
  const includedEarly: AppliedBlock[] = [];
  let included = (applied: AppliedBlock): void => void includedEarly.push(applied);
  const replica = await openReplica({
    store: store.sub('replica'),
    trust,
    source,
    logger: log,
    apply: (applied, batch) => charging?.apply(applied, batch),
    applied: (applied) => included(applied),
  });
  const clients = [source, kgc, ...gateways.map(({ css }) => css), ...providers.map(({ esp }) => esp)];
  replica.start();
  undo.push(
    () => clients.forEach((each) => each.close()),
    () => replica.stop(),
    () => stop.abort(),
  );

  const holder = await openHolder({
    role: 'csc',
    name: config.name,
    store: store.sub('holder'),
    replica,
    kgc,
    publisher: approvedByGateways(trust.params, gateways),
    logger: log,
    credentials: config.credentials,
    signal: stop.signal,
  });
  undo.push(() => holder.stop());

  const report = (error: unknown): void => log.error({ err: error }, 'the outbox could not be written');
  const addressing = new Addressing({ directory, sessions, replica, epochs: () => holder.epochs });
  const courier: Courier = new Courier({
    outbox,
    kgc,
    replica,
    newestBlock: () => source.head('datachain'),
    evidence: store.sub('evidence'),
    settings: dispatch,
    logger: log,
    now,
    released: () => dispatcher.wake(),
  });
  const sealer = new Sealer({
    outbox,
    addressing,
    holder,
    replica,
    settings: dispatch,
    now,
    logger: log,
    sealed: (receivers) => {
      courier.send();
      dispatcher.recheck(receivers).catch(report);
    },
  });
  const dispatcher = new Dispatcher({
    outbox,
    sessions,
    sealer,
    courier,
    gatherMs: dispatch.gatherMs,
    settleMs: dispatch.settleMs,
    logger: log,
    now,
  });
  wake = (): void => dispatcher.wake();
  const pump = (): void => void charging?.pump();
  included = ({ channel, number, sigmas, block }): void => {
    events.publish('block', { channel, number: Number(number), sigmas: sigmas.length });
    if (recordsCharging(block)) events.publish('session', { change: 'recorded' });
    for (const { sigmaId } of sigmas) courier.committed(toHex(sigmaId)).catch(report);
    pump();
  };
  includedEarly.forEach(included);
  await courier.recover();
  const desk = new CommandDesk(outbox, (isUrgent) => (isUrgent ? dispatcher.wakeAtOnce() : dispatcher.wake()));
  const curtailment = new Curtailment(desk, directory);
  const intake = new Intake({
    holder,
    replica,
    outbox,
    directory,
    sessions,
    power,
    charging,
    store,
    now: seconds,
    moved: (vehicle) => {
      events.publish('session', { change: 'reported' });
      void dispatcher.moved(vehicle).catch(report);
      pump();
    },
  });
  const followers = providers.map((each) =>
    followBindings({
      ...each,
      directory,
      replica,
      epoch: () => holder.epoch,
      logger: log,
      stopping: stop.signal,
      changed: () => {
        dispatcher.wake();
        pump();
      },
    }),
  );
  const hints = new ReceiverHints({ kgc, epoch: () => holder.epoch, logger: log, stopping: stop.signal });
  followers.push(hints.follow());
  const { host, port } = parseAddress(config.listen);
  const handlers = cscService({ name: config.name, holder, desk, curtailment, intake, charging });
  const server = await serve('Csc', handlers, { tls, host, port, logger: log });
  undo.push(() => server.close());
  const operations = new OperationBook(store.sub('rest'), outbox);
  const rest = await serveCsc(process, {
    name: config.name,
    store: store.sub('rest'),
    outbox,
    desk,
    curtailment,
    directory,
    sessions,
    power,
    charging,
    usage: config.usage,
    replica,
    consortium: new RemoteView(gateways.map(({ css }) => css)),
    trust: JSON.parse(encodeTrust(trust)) as unknown,
    events,
    operations,
  });
  undo.push(() => rest?.close());
  dispatcher.start();
  pump();
  dispatcher.wake();
  const prune = (): Promise<unknown> => {
    const oldest = now() - dispatch.keepSeconds * 1000;
    return Promise.all([intake.prune(), outbox.prune(oldest), operations.prune(oldest)]);
  };
  const pruning = new Housekeeping(PRUNE_MS, prune, log, 'what is past could not be forgotten');

  return {
    name: config.name,
    role: config.role,
    port: server.port,
    ...(rest ? { url: rest.url } : {}),
    desk,
    status: async () => ({
      ...outbox.counts(),
      resealed: sealer.resealed,
      sigmas: outbox.openSigmas().length,
      customers: directory.customers,
      unboundVehicles: hints.unbound(directory.vehicles()),
      sessions: sessions.count,
      reports: intake.reported,
      credentials: holder.credentialsLeft(),
      ...(charging ? { charging: charging.totals } : {}),
      datachain: replica.position('datachain')?.toString() ?? null,
    }),
    async stop() {
      await pruning.stop();
      await Promise.all([server.close(), rest?.close()]);
      await dispatcher.stop();
      stop.abort();
      await Promise.all(followers);
      await holder.stop();
      await replica.stop();
      clients.forEach((each) => each.close());
      await store.close();
    },
  };
}

async function serveCsc(
  { config, log, path }: RoleProcess<CscConfig>,
  parts: CscRestParts,
): Promise<RunningRest | undefined> {
  if (!config.rest) return undefined;
  return startRest(
    {
      ...CSC_API,
      name: config.name,
      log,
      path,
      store: parts.store,
      ownersOf: config.peers.esp.map(({ name }) => name),
      routes: await cscRoutes(parts),
      checks: cscChecks(parts),
      gauges: cscGauges(parts),
    },
    config.rest,
  );
}

function recordsCharging({ transactions }: LedgerBlock): boolean {
  return transactions.some(({ valid, writes }) => valid && writes.some(({ key }) => keySubject('charging', key)));
}
