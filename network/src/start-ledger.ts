import { type LaunchedLedger, launchEmbeddedLedger } from './embedded/launch';
import { acceptsConnections } from './fabric/health';
import { fabricUp } from './fabric/network';
import { probeFabric } from './fabric/programs';
import { type LedgerStatus, type NodeStatus, type RunningLedger, type StartLedgerOptions } from './ledger';
import { type LedgerKind, readProfile } from './profile';
import { assertPortsFree } from './ports';
import { peerName, type Topology } from './topology';

/**
 * Starts the ledger asked for, or the one `chooseLedger` finds for `auto`. Both run on as processes of their own until
 * stopped through the handle.
 * @throws NetworkError, EmbeddedLedgerError
 */
export async function startLedger(options: StartLedgerOptions): Promise<RunningLedger> {
  const { kind, reason } = await chooseLedger(options.ledger);
  options.onProgress?.({ step: `Ledger: ${kind}`, detail: reason, elapsed: 0 });
  return kind === 'fabric' ? fabricUp(options.topology, options.stateDir, options) : startEmbedded(options);
}

/**
 * What `auto` means on this machine: Fabric where its programs are found, the embedded ledger otherwise.
 * @throws NetworkError if FABRIC_BIN is set but its programs cannot be used: then Fabric was meant
 */
export async function chooseLedger(
  wanted: LedgerKind | 'auto',
  environment: NodeJS.ProcessEnv = process.env,
): Promise<{ kind: LedgerKind; reason: string }> {
  if (wanted !== 'auto') return { kind: wanted, reason: 'asked for' };
  const found = await probeFabric(environment);
  if ('programs' in found) return { kind: 'fabric', reason: `Fabric ${found.programs.version} found` };
  if (environment.FABRIC_BIN) throw found.error;
  return { kind: 'embedded', reason: `no Fabric to use: ${found.error.message}` };
}

/** A ledger that somebody else runs, by a connection profile; stopping it is theirs. */
export async function existingLedger(profileFile: string): Promise<RunningLedger> {
  const { ledger, networkId, organisations } = await readProfile(profileFile);
  // An organisation names its own gateway first, and the others' for when that is away.
  const own = organisations.flatMap(({ mspId, gateways: [first] }) =>
    first ? [{ mspId, endpoint: first.endpoint }] : [],
  );
  const others = organisations.flatMap(({ mspId, gateways: all }) => all.map(({ endpoint }) => ({ mspId, endpoint })));
  const gateways = [...own, ...others];
  const unique = gateways.filter(
    ({ endpoint }, index) => gateways.findIndex((other) => other.endpoint === endpoint) === index,
  );
  return {
    kind: ledger,
    profileFile,
    async status() {
      const nodes = await Promise.all(unique.map(({ mspId, endpoint }) => gatewayStatus(mspId, endpoint)));
      return { kind: ledger, networkId, healthy: nodes.every(({ state }) => state === 'running'), nodes };
    },
    stop: async () => undefined,
  };
}

async function gatewayStatus(mspId: string, endpoint: string): Promise<NodeStatus> {
  const colon = endpoint.lastIndexOf(':');
  const up = await acceptsConnections(endpoint.slice(0, colon), Number(endpoint.slice(colon + 1)));
  return { name: endpoint, kind: 'peer', mspId, endpoint, state: up ? 'running' : 'stopped' };
}

async function startEmbedded(options: StartLedgerOptions): Promise<RunningLedger> {
  const { topology, stateDir, chaincodeBundle, onProgress } = options;
  const started = Date.now();
  const report = (step: string, detail: string): void => onProgress?.({ step, detail, elapsed: Date.now() - started });
  report('Embedded ledger', `${topology.organisations.length} virtual organisations in one process`);
  await assertPortsFree(topology, ['peer']);
  const launched = await launchEmbeddedLedger({ topology, stateDir, chaincodeBundle, logLevel: 'warn' });
  report('Ready', launched.profileFile);
  return {
    kind: 'embedded',
    profileFile: launched.profileFile,
    status: () => embeddedStatus(topology, launched),
    stop: () => launched.stop(topology.timeouts.stop),
  };
}

async function embeddedStatus(topology: Topology, { pid, gateways }: LaunchedLedger): Promise<LedgerStatus> {
  const nodes = await Promise.all(
    topology.organisations.map(async (organisation): Promise<NodeStatus> => {
      const { mspId, host, ports } = organisation;
      const endpoint = gateways[mspId] ?? `${host}:${ports.peer}`;
      const up = await acceptsConnections(host, Number(endpoint.slice(endpoint.lastIndexOf(':') + 1)));
      const base = { name: peerName(organisation), kind: 'ledger' as const, mspId, endpoint };
      return up ? { ...base, pid, state: 'running' } : { ...base, state: 'stopped' };
    }),
  );
  const healthy = nodes.every(({ state }) => state === 'running');
  return { kind: 'embedded', networkId: topology.networkId, healthy, nodes };
}
