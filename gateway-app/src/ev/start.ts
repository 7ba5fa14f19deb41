import { Certificates, Suspects } from '../authentication';
import { stopOfRole } from '../common/abort';
import { parseAddress } from '../common/config';
import type { RunningRole } from '../common/running-role';
import { Centres, assembleRole, type RoleProcess, type Undo } from '../holder';
import { CssStreamSource, openReplica } from '../replica';
import { client, serve } from '../rpc';
import { type Store } from '../store';
import { GroupCommit } from '../store/group-commit';
import { type EvConfig, evConfigSchema } from './config';
import { Fleet } from './fleet';
import { OwnSessions } from './own-sessions';
import { PlugState } from './plug-state';
import { Reports } from './reports';
import { vehicleService } from './service';
import { Vehicle } from './vehicle';

/** How often it is looked whether a session outlives its epoch. */
const EPOCH_MS = 10_000;

/** A running process of vehicles; their operator may drive them directly. */
export interface RunningEv extends RunningRole {
  readonly vehicles: ReadonlyMap<string, Vehicle>;
}

/**
 * Starts a process of vehicles. Resolves when it serves and every vehicle's record counts.
 * @param configFile its `config.json`
 */
export async function startEv(configFile: string): Promise<RunningEv> {
  return assembleRole(configFile, evConfigSchema, assemble);
}

async function assemble(
  { config, log, tls, trust }: RoleProcess<EvConfig>,
  store: Store,
  undo: Undo,
): Promise<RunningEv> {
  const stop = stopOfRole();
  const stopping = stop.signal;
  const now = (): number => Math.floor(Date.now() / 1000);
  const writes = new GroupCommit(store);
  const source = new CssStreamSource(config.peers.css, tls);
  const certificatesHeard: ((ids: readonly string[]) => void)[] = [];
  const replica = await openReplica({
    store: store.sub('replica'),
    trust,
    source,
    logger: log,
    applied: ({ certificatesChanged }) => certificatesHeard.forEach((heard) => heard(certificatesChanged)),
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

  const keys = store.sub('holders', { hiddenKeys: true });
  const fleet = await Fleet.enrol({
    config,
    tls,
    holder: { kgc, replica, logger: log, signal: stopping },
    store: (vehicle) => keys.sub(vehicle),
  });
  undo.push(() => {
    stop.abort();
    return fleet.stop();
  });
  await fleet.certify({
    store: store.sub('certificates', { hiddenKeys: true }),
    view: replica,
    log,
    stopping,
    now,
  });
  const certificates = new Certificates(replica);
  const reports = await Reports.open({
    store: store.sub('reports'),
    view: replica,
    centres,
    holder: (vehicle) => fleet.holder(vehicle),
    centre: centreOf(config),
    ttlSeconds: config.reportTtlSeconds,
    log,
    stopping,
  });
  const counts = { notices: 0 };
  const states = store.sub('plugs', { hiddenKeys: true });
  const sessions = store.sub('sessions', { hiddenKeys: true });
  const vehicles = new Map<string, Vehicle>();
  for (const { name } of config.vehicles) {
    const vehicle = new Vehicle({
      name,
      holder: fleet.holder(name),
      view: replica,
      credential: () => fleet.credential(name),
      certificates,
      sessions: new OwnSessions(sessions.sub(name, { hiddenKeys: true })),
      owner: () => fleet.ownerOf(name),
      state: await PlugState.load(states, name, writes),
      reports,
      process: (pileProcess) => fleet.pileProcess(pileProcess),
      maxAnswers: config.sessions.maxAnswers,
      plugInSeconds: config.sessions.plugInSeconds,
      log,
      now,
      noticed: () => (counts.notices += 1),
    });
    vehicles.set(name, vehicle);
    vehicle.resume();
  }

  const stations = new Suspects(async (ids) => {
    for (const vehicle of vehicles.values()) await vehicle.reconsider(ids);
  }, log);
  certificatesHeard.push((ids) => stations.add(ids));
  undo.push(() => stations.stop());
  const following = setInterval(() => {
    for (const vehicle of vehicles.values()) {
      vehicle.followEpoch().catch((error: unknown) => log.warn({ err: error }, 'a session waits for the next epoch'));
    }
  }, EPOCH_MS);
  undo.push(() => clearInterval(following));
  const { host, port } = parseAddress(config.listen);
  const handlers = vehicleService(vehicles, config.name);
  const server = await serve('Vehicle', handlers, { tls, host, port, logger: log });
  return {
    name: config.name,
    role: config.role,
    port: server.port,
    vehicles,
    status: () =>
      Promise.resolve({
        vehicles: vehicles.size,
        pluggedIn: [...vehicles.values()].filter(({ isPluggedIn }) => isPluggedIn).length,
        notices: counts.notices,
        reportsWaiting: reports.waiting,
      }),
    async stop() {
      clearInterval(following);
      await stations.stop();
      const closing = server.close();
      stop.abort();
      await Promise.all([...vehicles.values()].map((vehicle) => vehicle.stop()));
      await closing;
      await reports.stopped();
      await fleet.stop();
      await replica.stop();
      for (const each of [source, kgc, centres]) each.close();
      await store.close();
    },
  };
}

function centreOf({ vehicles, peers }: EvConfig): (vehicle: string) => string {
  const names = new Map(vehicles.map(({ name, csc }) => [name, csc ?? peers.csc[0]?.name ?? '']));
  return (vehicle) => names.get(vehicle) ?? '';
}
