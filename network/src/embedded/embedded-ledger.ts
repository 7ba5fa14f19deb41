import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { Admission } from './admission';
import { ChaincodeLink } from './chaincode-link';
import { ChaincodeProcess } from './chaincode-process';
import { Channel } from './channel';
import { type Chaincode, Consortium } from './consortium';
import { Endorser } from './endorser';
import { EmbeddedLedgerError, messageOf } from './errors';
import { GatewayServer } from './gateway-server';
import { Identities } from './identities';
import {
  type ChaincodeOptions,
  type ChaincodeServerOptions,
  DEFAULT_BLOCKS,
  DEFAULT_LIMITS,
  type EmbeddedLedgerOptions,
  type LimitOptions,
  type Log,
  type OrganisationOptions,
  validateOptions,
} from './options';

export interface ChaincodeStatus {
  readonly mspId: string;
  readonly packageId: string;
  readonly connected: boolean;
}

export interface EmbeddedLedgerStatus {
  /** Every chaincode is connected and no disk write failed. */
  readonly healthy: boolean;
  /** Number of blocks, by channel. */
  readonly heights: Readonly<Record<string, number>>;
  readonly chaincodes: readonly ChaincodeStatus[];
  readonly faults: readonly string[];
}

export interface EmbeddedLedger {
  /** `host:port` of each organisation's gateway, by MSP id. */
  readonly gateways: Readonly<Record<string, string>>;
  status(): EmbeddedLedgerStatus;
  /** Lets calls in work end, commits what waits for a block, ends the chaincode processes. */
  stop(): Promise<void>;
}

/**
 * Starts a ledger of virtual organisations within this process. It orders transactions itself: there is no consensus,
 * and nobody else's signature on a block.
 * @throws EmbeddedLedgerError; whatever had started is stopped again
 */
export async function startEmbeddedLedger(options: EmbeddedLedgerOptions): Promise<EmbeddedLedger> {
  validateOptions(options);
  const ledger = new Ledger(options);
  try {
    await ledger.start();
  } catch (error) {
    await ledger.stop();
    throw error;
  }
  return ledger;
}

class Ledger implements EmbeddedLedger {
  readonly #options: EmbeddedLedgerOptions;
  readonly #limits: LimitOptions;
  readonly #log: Log;
  readonly #admission: Admission;
  readonly #channels = new Map<string, Channel>();
  readonly #processes: ChaincodeProcess[] = [];
  readonly #chaincodes = new Map<string, Chaincode>();
  readonly #servers = new Map<string, GatewayServer>();
  #stopping: Promise<void> | undefined;

  constructor(options: EmbeddedLedgerOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#log = options.log ?? ((): void => undefined);
    this.#admission = new Admission(this.#limits.maxProposalsInFlight);
  }

  get gateways(): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.#servers].map(([mspId, { endpoint }]) => [mspId, endpoint]));
  }

  async start(): Promise<void> {
    const { dataDir, organisations } = this.#options;
    const identities = new Identities(organisations);
    await mkdir(join(dataDir, 'chaincode'), { recursive: true, mode: 0o700 });
    await this.#openChannels(identities);
    await this.#startChaincodes();
    const blocks = { ...DEFAULT_BLOCKS, ...this.#options.blocks };
    const endorsers = new Map(organisations.flatMap((organisation) => this.#endorser(organisation)));
    const consortium = new Consortium({
      identities,
      blocks,
      endorsers,
      channels: this.#channels,
      chaincodes: this.#chaincodes,
      limits: this.#limits,
      log: this.#log,
    });
    await Promise.all(organisations.map((organisation) => this.#listen(organisation, consortium, endorsers)));
  }

  status(): EmbeddedLedgerStatus {
    const heights = Object.fromEntries([...this.#channels].map(([name, { height }]) => [name, height]));
    const chaincodes = [...this.#chaincodes.values()].flatMap(({ links }) =>
      [...links].map(([mspId, { packageId, connected }]) => ({ mspId, packageId, connected })),
    );
    const faults = [
      ...[...this.#channels.values()].flatMap(({ name, failure }) =>
        failure ? [`channel ${name}: ${failure.message}`] : [],
      ),
      ...chaincodes
        .filter(({ connected }) => !connected)
        .map(({ mspId, packageId }) => `chaincode ${packageId} of ${mspId} is not connected`),
    ];
    return { healthy: faults.length === 0, heights, chaincodes, faults };
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    await this.#admission.close(this.#limits.stopTimeout);
    for (const server of this.#servers.values()) server.stop();
    await Promise.all([...this.#channels.values()].map((channel) => channel.close()));
    for (const { links } of this.#chaincodes.values()) for (const link of links.values()) link.close();
    await Promise.all(this.#processes.map((process) => process.stop()));
  }

  async #openChannels(identities: Identities): Promise<void> {
    const { channels, chaincodes, organisations, dataDir, blocks } = this.#options;
    for (const channel of channels) {
      const opened = await Channel.open({
        channel,
        organisations,
        definitions: chaincodes,
        identities,
        dataDir,
        blocks: { ...DEFAULT_BLOCKS, ...blocks },
        maxPendingTransactions: this.#limits.maxPendingTransactions,
        log: this.#log,
      });
      this.#channels.set(channel.name, opened);
      this.#log('info', 'channel open', { channel: channel.name, height: opened.height });
    }
  }

  async #startChaincodes(): Promise<void> {
    const peers = this.#options.organisations.filter(({ peer }) => peer !== undefined);
    for (const chaincode of this.#options.chaincodes) {
      const links = new Map<string, ChaincodeLink>();
      this.#chaincodes.set(chaincode.name, { name: chaincode.name, version: chaincode.version, links });
      const shared = chaincode.processes === 'shared' ? await this.#process(chaincode, 'shared', {}) : undefined;
      for (const { mspId } of peers) links.set(mspId, await this.#link(chaincode, mspId, shared));
    }
    const links = [...this.#chaincodes.values()].flatMap((chaincode) => [...chaincode.links.values()]);
    await Promise.all(links.map((link) => link.open()));
  }

  async #link(
    chaincode: ChaincodeOptions,
    mspId: string,
    shared: ChaincodeProcess | undefined,
  ): Promise<ChaincodeLink> {
    const own: ChaincodeServerOptions = chaincode.servers?.[mspId] ?? {};
    const server = own.address ?? (isPlain(own) ? shared : undefined) ?? (await this.#process(chaincode, mspId, own));
    const packageId = typeof server === 'string' ? packageLabel(chaincode) : server.packageId;
    const tls = own.address === undefined ? (own.processTls ?? chaincode.processTls) : own.tls;
    return new ChaincodeLink({ mspId, packageId, server, limits: this.#limits, log: this.#log, ...(tls && { tls }) });
  }

  async #process(chaincode: ChaincodeOptions, user: string, own: ChaincodeServerOptions): Promise<ChaincodeProcess> {
    const entry = own.entry ?? chaincode.entry ?? '';
    const label = packageLabel(chaincode);
    const tls = own.processTls ?? chaincode.processTls;
    const process = new ChaincodeProcess({
      packageId: `${label}:${await digest(entry, chaincode.name)}`,
      entry,
      logFile: join(this.#options.dataDir, 'chaincode', `${label}-${user}.log`),
      environment: { ...chaincode.environment, ...own.environment },
      stopTimeout: this.#limits.stopTimeout,
      log: this.#log,
      ...(tls && { tls }),
    });
    this.#processes.push(process);
    return process;
  }

  #endorser({ mspId, peer }: OrganisationOptions): [string, Endorser][] {
    if (!peer) return [];
    const { gateway } = peer;
    const address = peer.externalEndpoint ?? (gateway ? `${gateway.host}:${gateway.port}` : mspId);
    const isDefined = (channel: string, chaincode: string): boolean =>
      this.#channels.get(channel)?.chaincodes.includes(chaincode) ?? false;
    return [[mspId, new Endorser({ mspId, address, signer: peer.signer, limits: this.#limits, isDefined })]];
  }

  async #listen(
    { mspId, peer }: OrganisationOptions,
    consortium: Consortium,
    endorsers: ReadonlyMap<string, Endorser>,
  ): Promise<void> {
    if (!peer?.gateway || !endorsers.has(mspId)) return;
    const server = new GatewayServer(consortium, mspId, this.#admission, this.#limits.maxMessageSize);
    this.#servers.set(mspId, server);
    await server.listen(peer.gateway);
    this.#log('info', 'gateway listens', { mspId, endpoint: server.endpoint });
  }
}

/** Nothing sets the organisation's server apart from the others'. */
function isPlain({ entry, environment, processTls }: ChaincodeServerOptions): boolean {
  return entry === undefined && environment === undefined && processTls === undefined;
}

function packageLabel({ name, version }: ChaincodeOptions): string {
  return `${name}_${version}`;
}

async function digest(entry: string, chaincode: string): Promise<string> {
  try {
    return createHash('sha256')
      .update(await readFile(entry))
      .digest('hex');
  } catch (error) {
    throw new EmbeddedLedgerError(
      'E_CHAINCODE_ENTRY',
      `the file of chaincode ${chaincode} cannot be read (${messageOf(error)}): build the chaincode first`,
      { cause: error },
    );
  }
}
