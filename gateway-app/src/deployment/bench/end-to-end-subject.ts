/** What `bench end-to-end` measures: a consortium of four with its gateways, and a pile that follows. */
import { type CpuTimes, type EndToEndSubject, type SealedCommands, type StreamListener } from '@chargecast/bench';
import { chooseLedger, type LedgerKind } from '@chargecast/network';
import { toHex } from '@chargecast/signcryption';
import { readFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createLogger } from '../../common/log';
import { type GathererLimits } from '../../css/gatherer';
import { DEFAULT_PATIENCE_MS, defaultAcks, handOver, type HandoverParts } from '../../kgc/handover';
import { type Ledger, type TrustBundle } from '../../ledger';
import { type AppliedBlock, CssStreamSource, openReplica, type Replica } from '../../replica';
import { type Client, readTls } from '../../rpc';
import { openStore, type Store } from '../../store';
import { Deployment } from '../deployment';
import { firstLimits } from '../genesis';
import { HOST } from '../host';
import { BENCH_CHAINCODE_BUNDLE } from '../root';
import { cpuMilliseconds } from './cpu-time';
import { BARE_FLEET } from './registration-subject';
import { SealingParty } from './sealing-party';

const PLAIN = 'plain';
const PLAIN_KEY = 'plain:';
const HOLD_MS = 120_000;
const THIS_PROCESS = 'gateways, centre, pile';
/** The process of piles whose certificate the reader of the stream shows. */
const PILES = 'cp1';

/** @param gathering in place of the gateways' defaults */
export async function endToEndSubject(
  wanted: LedgerKind | 'auto',
  gathering?: Partial<GathererLimits>,
): Promise<EndToEndSubject> {
  const { kind: ledger } = await chooseLedger(wanted);
  const directory = await mkdtemp(join(tmpdir(), 'chargecast-end-to-end-'));
  const chaincodeBundle = BENCH_CHAINCODE_BUNDLE;
  const deployment = await Deployment.open({ directory, fleet: BARE_FLEET, ledger, chaincodeBundle });
  try {
    const gateways = deployment.places.filter(({ role }) => role === 'css');
    for (const { name } of gateways) {
      if (gathering) await changeGathering(deployment.layout.roleConfig(name), gathering);
      await deployment.startRole(name, 'threads');
    }
    const { params, keys } = deployment.consortium;
    const party = await SealingParty.make(params, keys.kgc, firstLimits(), Math.max(...firstLimits().entryCounts));
    return await Subject.connect(deployment, party);
  } catch (error) {
    await deployment.stop();
    throw error;
  }
}

async function changeGathering(file: string, gathering: Partial<GathererLimits>): Promise<void> {
  const config = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  await writeFile(file, JSON.stringify({ ...config, gathering }));
}

interface Parts {
  readonly deployment: Deployment;
  readonly party: SealingParty;
  readonly handover: HandoverParts;
  /** Connections of all organisations' relays. */
  readonly relays: readonly Ledger[];
  readonly stream: CommittedStream;
}

class Subject implements EndToEndSubject {
  readonly ledger: LedgerKind;
  readonly organisations: number;
  readonly plaintext: Uint8Array;
  readonly #parts: Parts;
  readonly #sealed = new Map<string, Uint8Array>();
  #turn = 0;

  private constructor(parts: Parts) {
    const { deployment, party } = parts;
    this.#parts = parts;
    this.ledger = deployment.manifest.ledger;
    this.organisations = deployment.consortium.topology.organisations.length;
    this.plaintext = party.plaintext;
  }

  static async connect(deployment: Deployment, party: SealingParty): Promise<Subject> {
    const { consortium } = deployment;
    const { params, topology } = consortium;
    const relays = await Promise.all(topology.organisations.map(({ mspId }) => consortium.connect(mspId, 'relay')));
    const gateways = await Promise.all(
      topology.organisations.map(async ({ name, mspId }) => ({
        name,
        mspId,
        css: await deployment.client('Css', name, { role: 'kgc', name: 'kgc' }),
      })),
    );
    const acks = defaultAcks(params);
    const handover = { params, gateways, acks, holdMs: HOLD_MS, patienceMs: DEFAULT_PATIENCE_MS };
    return new Subject({ deployment, party, handover, relays, stream: await CommittedStream.follow(deployment) });
  }

  async seal(receivers: number): Promise<SealedCommands> {
    const { id, sigma } = await this.#parts.party.seal(receivers);
    this.#sealed.set(id, sigma);
    return { id, bytes: sigma.length, commands: receivers };
  }

  async hold({ id }: SealedCommands): Promise<void> {
    await handOver(this.#parts.handover, this.#bytes(id), Uint8Array.from(Buffer.from(id, 'hex')));
  }

  async open(id: string, count: number): Promise<void> {
    await this.#parts.party.open(this.#bytes(id), count);
    this.#sealed.delete(id);
  }

  async put(key: string, value: string): Promise<void> {
    const { relays } = this.#parts;
    const relay = relays[this.#turn++ % relays.length] as Ledger;
    await relay.submit('datachain', { contract: PLAIN, name: 'put', args: [PLAIN_KEY + key, value] });
  }

  listen(listener: StreamListener | undefined): void {
    this.#parts.stream.listener = listener;
  }

  async cpuMs(): Promise<CpuTimes | undefined> {
    const { nodes } = await this.#parts.deployment.ledgerStatus();
    const times: Record<string, number> = {};
    for (const kind of new Set(nodes.map((node) => node.kind))) {
      const pids = nodes.flatMap((node) => (node.kind === kind && node.pid) || []);
      const milliseconds = await cpuMilliseconds([...new Set(pids)]);
      if (milliseconds === undefined) return undefined;
      times[kind] = milliseconds;
    }
    const { user, system } = process.cpuUsage();
    return { ...times, [THIS_PROCESS]: (user + system) / 1000 };
  }

  async close(): Promise<void> {
    const { deployment, relays, handover, stream } = this.#parts;
    await stream.stop();
    for (const relay of relays) relay.close();
    for (const { css } of handover.gateways) (css as Client<'Css'>).close();
    await deployment.stop();
    await rm(deployment.layout.directory, { recursive: true, force: true });
  }

  #bytes(id: string): Uint8Array {
    const sigma = this.#sealed.get(id);
    if (!sigma) throw new RangeError('this σ was not sealed here, or is done with');
    return sigma;
  }
}

/** What a pile's replica hears from its gateway, every block verified. */
class CommittedStream {
  listener: StreamListener | undefined;
  readonly #source: CssStreamSource;
  readonly #store: Store;
  #replica: Replica | undefined;

  private constructor(source: CssStreamSource, store: Store) {
    this.#source = source;
    this.#store = store;
  }

  static async follow({ layout, places, consortium }: Deployment): Promise<CommittedStream> {
    const tls = await readTls({ cert: 'cert.pem', key: 'key.pem', roots: 'ca.pem' }, layout.roleTls('cp', PILES));
    const gateways = consortium.topology.organisations.map(({ name, mspId }) => ({
      name,
      mspId,
      endpoint: `${HOST}:${places.find((place) => place.name === name)?.port}`,
    }));
    const store = await openStore(join(layout.directory, 'bench'));
    const stream = new CommittedStream(new CssStreamSource(gateways, tls), store);
    await stream.#start(consortium.trust);
    return stream;
  }

  async stop(): Promise<void> {
    await this.#replica?.stop();
    this.#source.close();
    await this.#store.close();
  }

  async #start(trust: TrustBundle): Promise<void> {
    this.#replica = await openReplica({
      store: this.#store.sub('replica'),
      trust,
      source: this.#source,
      logger: createLogger({ role: 'cp', name: PILES, level: 'silent' }),
      applied: (block) => this.#tell(block),
    });
    this.#replica.start();
  }

  #tell({ channel, sigmas, block }: AppliedBlock): void {
    if (channel !== 'datachain' || !this.listener) return;
    this.listener.block(block.transactions.length);
    for (const { sigmaId } of sigmas) this.listener.sigma(toHex(sigmaId));
    for (const { writes, valid } of block.transactions) {
      if (!valid) continue;
      for (const { key, value } of writes) {
        if (key.startsWith(PLAIN_KEY)) this.listener.plain(key.slice(PLAIN_KEY.length), Buffer.from(value).toString());
      }
    }
  }
}
