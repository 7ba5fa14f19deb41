import { toHex } from '@chargecast/signcryption';
import { EventEmitter } from 'node:events';

import { stopOfRole } from '../common/abort';
import { parseAddress } from '../common/config';
import { CodedError } from '../common/errors';
import { Housekeeping } from '../common/housekeeping';
import type { RunningRole } from '../common/running-role';
import { assembleRole, type RoleProcess, type Undo } from '../holder';
import { connectLedger, encodeTrust, type Ledger } from '../ledger';
import { type SigmaPlace } from '../opening';
import { type CommittedSigma, openReplica } from '../replica';
import { EventLog, type RunningRest, startRest } from '../rest';
import { serve } from '../rpc';
import { type Store } from '../store';
import { Approvals } from './approvals';
import { ChainArchive } from './archive';
import { ChargingDesk } from './charging-desk';
import { type CssConfig, cssConfigSchema } from './config';
import { ChainView } from './chain-view';
import { consortiumView } from './consortium-view';
import { Gatherer } from './gatherer';
import { GovernanceDesk } from './governance-desk';
import { type HeldSigma, HeldSigmas } from './held-sigmas';
import { Membership } from './membership';
import { LedgerNodes } from './nodes';
import { PileNotices } from './notices';
import { readOrganisationSigner } from './organisation-signer';
import { OwnMessages } from './own-messages';
import { Readers } from './readers';
import { RecordDesk, type WaitingRecord } from './record-desk';
import { Relay } from './relay';
import { CSS_API, cssChecks, cssGauges, type CssRestParts, cssRoutes } from './rest';
import { cssService } from './service';
import { SlotKeeper } from './slot-keeper';
import { recordSubmission, sigmaSubmission } from './submissions';

export interface CssOptions {
  /** How the ledger is reached; by the connection profile if absent. */
  readonly ledger?: () => Promise<Ledger>;
}

const TAKE_OVER_MS = 250;
const RECORDS_TOGETHER = 128;
const MAX_WAITING_RECORDS = 4_096;
const PRUNE_MS = 600_000;
/** A record entry as JSON with a few approvals, about. */
const RECORD_ENTRY_BYTES = 1_536;

/**
 * Starts a gateway. Resolves when it serves; it enrols as a holder in the background.
 * @param configFile its `config.json`
 */
export async function startCss(configFile: string, options: CssOptions = {}): Promise<RunningRole> {
  return assembleRole(configFile, cssConfigSchema, async (process, store, undo) => {
    const { config, path } = process;
    const connect = options.ledger ?? (() => connectLedger(path(config.profile), config.identity));
    const ledger = await connect();
    undo.push(() => ledger.close());
    return assemble(process, store, ledger, undo);
  });
}

async function assemble(
  process: RoleProcess<CssConfig>,
  store: Store,
  ledger: Ledger,
  undo: Undo,
): Promise<RunningRole> {
  const { config, path, log, tls, trust } = process;
  const { params } = trust;
  const stop = stopOfRole();
  const stopping = stop.signal;
  const now = (): number => Math.floor(Date.now() / 1000);
  const signer = await readOrganisationSigner(path(config.organisationKey), config.identity.mspId, params);
  const archives = {
    certchain: await ChainArchive.open('certchain', store),
    datachain: await ChainArchive.open('datachain', store),
  };
  const events = new EventLog();
  const seen = new EventEmitter<{ committed: [CommittedSigma] }>();
  const known = {
    verified: (id: string) => held.verified(id),
    archived: (place: SigmaPlace) => archives.datachain.sigma(place),
  };
  const own = await OwnMessages.open(store.sub('own'), params, known, log);
  const charging = new ChargingDesk({
    store: store.sub('charging'),
    ledger,
    gathering: config.gathering,
    log,
    stopping,
  });
  const replica = await openReplica({
    store: store.sub('replica'),
    trust,
    source: ledger,
    logger: log,
    apply(applied, batch) {
      archives[applied.channel].keep(applied.block, batch);
      own.intake.apply(applied, batch);
      charging.apply(applied, batch);
    },
    applied(applied) {
      archives[applied.channel].kept(applied.number);
      own.intake.applied(applied);
      for (const sigma of applied.sigmas) seen.emit('committed', sigma);
      const { channel, number, sigmas } = applied;
      events.publish('block', { channel, number: Number(number), sigmas: sigmas.length });
    },
  });
  const relay = { log, stopping };
  const held: HeldSigmas = await HeldSigmas.open({
    store: store.sub('held'),
    params,
    view: replica,
    settings: config.holding,
    log,
    now,
    submit: (sigma) => gatherer.add(sigma, sigma.sigma.length),
  });
  const sigmaRelay = new Relay<HeldSigma>(ledger, sigmaSubmission(held, replica, ledger), relay);
  const gatherer = new Gatherer<HeldSigma>(config.gathering, (items) => sigmaRelay.submit(items));
  const recordRelay = new Relay<WaitingRecord>(ledger, recordSubmission(), relay);
  const recordGatherer = new Gatherer<WaitingRecord>({ ...config.gathering, maxItems: RECORDS_TOGETHER }, (items) =>
    recordRelay.submit(items),
  );
  seen.on('committed', ({ sigmaId, transactionId }) => {
    held.settle(toHex(sigmaId), { status: 'committed', transactionId }).catch((error: unknown) => {
      log.error({ err: error, sigma: toHex(sigmaId) }, 'a committed σ could not be settled: done at the next start');
    });
  });
  const membership = new Membership({ config, tls, store: store.sub('membership'), replica, log, stopping, now });
  const slots = new SlotKeeper({
    view: replica,
    ledger,
    signer,
    peers: membership.gateways.map(({ mspId, css }) => ({ mspId, signSlot: (head) => css.signSlot(head) })),
    settings: config.slots,
    log,
    now,
  });
  const approvals = new Approvals({ store: store.sub('approvals'), view: replica, signer, ownName: config.name });
  const notices = new PileNotices({
    holder: () => membership.holder,
    approvals,
    view: replica,
    held,
    ttlSeconds: config.noticeTtlSeconds,
  });
  const governance = new GovernanceDesk({ store: store.sub('governance'), view: replica, ledger, signer, now });
  const records = new RecordDesk(replica, (waiting) => {
    if (recordGatherer.queued >= MAX_WAITING_RECORDS) {
      throw new CodedError(
        'E_CSS_FULL',
        'this gateway has as many records waiting as it may: publish again later or elsewhere',
      );
    }
    recordGatherer.add(waiting, RECORD_ENTRY_BYTES);
  });
  replica.start();
  undo.push(
    () => replica.stop(),
    () => stop.abort(),
  );

  const readers = new Readers(config.name, (channel) => archives[channel].height, Date.now);
  const view = consortiumView({
    chain: new ChainView(archives, replica, trust.chaincode),
    readers,
    nodes: new LedgerNodes(path(config.profile), config.ledgerFolder && path(config.ledgerFolder)),
    replica,
    alarms: {
      name: config.name,
      refused: () => held.counts.refused,
      proposals: () => governance.open(),
      isEnrolled: () => membership.holder !== undefined,
      dataDirectory: path(config.dataDir),
      certificates: [config.tls.cert, ...(config.rest ? [config.rest.tls.cert] : [])].map(path),
      now: Date.now,
    },
  });
  const handlers = cssService({
    readers,
    view,
    approvals,
    records,
    charging,
    held,
    slots,
    archives,
    signer,
    notices,
    governance,
    ownName: config.name,
  });
  const { host, port } = parseAddress(config.listen);
  const server = await serve('Css', handlers, { tls, host, port, logger: log });
  undo.push(() => server.close());
  const rest = await serveCss(process, {
    store: store.sub('rest'),
    ledger,
    view,
    trust: JSON.parse(encodeTrust(trust)) as unknown,
    events,
    held,
    archives,
    readers,
    replica,
    isEnrolled: () => membership.holder !== undefined,
  });
  undo.push(() => rest?.close());
  await held.reconcile();
  held.takeOver();
  const takingOver = setInterval(() => held.takeOver(), TAKE_OVER_MS);
  const pruning = new Housekeeping(PRUNE_MS, () => held.prune(), log, 'expired σ could not be forgotten');
  const keeping = slots.keep(stopping);
  membership.begin(async (holder) => {
    await own.begin({
      name: config.name,
      holder,
      replica,
      centres: membership.centres,
      receiptTtlSeconds: config.receiptTtlSeconds,
      log,
      stopping,
      now,
    });
  });

  return {
    name: config.name,
    role: config.role,
    port: server.port,
    ...(rest ? { url: rest.url } : {}),
    status: () =>
      Promise.resolve({
        ...held.counts,
        held: held.count,
        heldBytes: held.bytes,
        enrolled: membership.holder !== undefined,
        slot: replica.slot()?.number ?? null,
        certchainBlock: archives.certchain.height - 1,
        datachainBlock: archives.datachain.height - 1,
      }),
    async stop() {
      clearInterval(takingOver);
      await pruning.stop();
      const closing = Promise.all([server.close(), rest?.close()]);
      stop.abort();
      await Promise.all([gatherer.stop(), recordGatherer.stop(), charging.stop(), keeping]);
      await membership.stop();
      await own.stopped();
      await closing;
      await replica.stop();
      ledger.close();
      await store.close();
    },
  };
}

async function serveCss(
  { config, log, path }: RoleProcess<CssConfig>,
  parts: CssRestParts,
): Promise<RunningRest | undefined> {
  if (!config.rest) return undefined;
  return startRest(
    {
      ...CSS_API,
      name: config.name,
      log,
      path,
      store: parts.store,
      routes: await cssRoutes(parts),
      checks: cssChecks(parts),
      gauges: cssGauges(parts),
    },
    config.rest,
  );
}
