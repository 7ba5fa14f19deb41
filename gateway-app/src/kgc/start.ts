import { parseAddress } from '../common/config';
import { Housekeeping } from '../common/housekeeping';
import { KeyedLock } from '../common/keyed-lock';
import { type RunningRole } from '../common/running-role';
import { assembleRole, type RoleProcess, type Undo } from '../holder';
import { CssStreamSource, openReplica, type Replica } from '../replica';
import { startRest } from '../rest';
import { client, serve } from '../rpc';
import { type Store } from '../store';
import { type KgcConfig, kgcConfigSchema } from './config';
import { BarredHolders } from './barred';
import { CredentialIssuer } from './credentials';
import { Enrolments } from './enrolment';
import { rollEpoch } from './epoch-roll';
import { GovernanceBoard } from './governance-board';
import { defaultAcks } from './handover';
import { revokeHolder } from './holder-revocation';
import { Identities } from './identities';
import { soleIssuance } from './issuance';
import { importMasterKeys, loadMasterKeys } from './master-keys';
import { PluggedInVehicles } from './plugged-in';
import { KGC_API, kgcChecks, kgcGauges, kgcRoutes, type KgcRestParts } from './rest';
import { Router } from './router';
import { kgcService } from './service';

const PRUNE_MS = 15 * 60_000;

/**
 * Starts a key generation centre. Resolves when it serves.
 * @param configFile its `config.json`
 */
export async function startKgc(configFile: string): Promise<RunningRole> {
  return assembleRole(configFile, kgcConfigSchema, assemble);
}

async function assemble(process: RoleProcess<KgcConfig>, store: Store, undo: Undo): Promise<RunningRole> {
  const { config, path, log, tls, trust } = process;
  if (config.keys !== undefined) await importMasterKeys(store, path(config.keys));
  const keys = await loadMasterKeys(store, trust.params);
  const source = new CssStreamSource(config.peers.css, tls);
  const replica = await openReplica({ store: store.sub('replica'), trust, source, logger: log });
  const gateways = config.peers.css.map(({ name, mspId, endpoint }) => ({
    name,
    mspId,
    css: client('Css', endpoint, tls, { serverName: name }),
  }));
  replica.start();
  undo.push(
    () => source.close(),
    () => gateways.forEach(({ css }) => css.close()),
    () => replica.stop(),
  );

  const now = (): number => Math.floor(Date.now() / 1000);
  const turns = new KeyedLock();
  const identities = new Identities(store);
  const issuance = soleIssuance(trust.params, keys);
  const barred = new BarredHolders(store);
  const enrolments = new Enrolments({ issuance, barred, identities, answers: store.sub('answers'), replica, turns });
  const issuer = new CredentialIssuer({
    issuance,
    identities,
    store,
    replica,
    arrived: (X) => enrolments.arrived(X),
    maxBatch: config.maxBatch,
  });
  const vehicles = new PluggedInVehicles({ identities, store, turns });
  const router = new Router({
    params: trust.params,
    gateways,
    acks: config.acks ?? defaultAcks(trust.params),
    holdMs: config.holdMs,
    patienceMs: config.patienceMs,
    identities,
    vehicles,
    replica,
    homes: config.homes,
    gatewayNames: new Map(config.peers.css.map(({ name, mspId }) => [name, mspId])),
    store,
    now,
  });
  const { host, port } = parseAddress(config.listen);
  const consenting = { params: trust.params, gateways, log, replica, now };
  const board = new GovernanceBoard();
  const handlers = kgcService({
    enrolments,
    issuer,
    identities,
    vehicles,
    router,
    replica,
    barred,
    roll: (overlap, signal) => board.shown(rollEpoch({ ...consenting, issuance }, overlap, signal)),
    revoke: (request, signal) =>
      board.shown(revokeHolder({ ...consenting, identities, issuer, barred }, request, signal)),
  });
  const server = await serve('Kgc', handlers, { tls, host, port, logger: log });
  undo.push(() => server.close());
  const people: KgcRestParts = { store: store.sub('rest'), identities, vehicles, router, replica, board, now };
  const rest =
    config.rest &&
    (await startRest(
      {
        ...KGC_API,
        name: config.name,
        log,
        path,
        store: people.store,
        routes: await kgcRoutes(people),
        checks: kgcChecks(people),
        gauges: kgcGauges(people),
      },
      config.rest,
    ));
  const pruning = new Housekeeping(PRUNE_MS, () => router.prune(), log, 'expired σ could not be forgotten');

  return {
    name: config.name,
    role: config.role,
    port: server.port,
    ...(rest ? { url: rest.url } : {}),
    status: () => status(vehicles, router, replica),
    async stop() {
      await pruning.stop();
      await Promise.all([server.close(), rest?.close()]);
      await replica.stop();
      source.close();
      gateways.forEach(({ css }) => css.close());
      await store.close();
    },
  };
}

async function status(vehicles: PluggedInVehicles, router: Router, replica: Replica): Promise<Record<string, unknown>> {
  return {
    pluggedIn: await vehicles.count(),
    routed: router.routed,
    refused: router.refused,
    certchain: replica.position('certchain')?.toString() ?? null,
    datachain: replica.position('datachain')?.toString() ?? null,
  };
}
