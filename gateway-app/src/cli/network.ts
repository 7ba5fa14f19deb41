import { type LedgerStatus, type Topology } from '@chargecast/network';

import { CHAINCODE_BUNDLE } from '../deployment/root';
import { type Program, type Register } from './command';
import { basePortOption, dataDirectory, dataOption, organisationsOption, wholeNumber, withExamples } from './defaults';
import { registerDifferential } from './differential';
import { type ExitCode, type Io } from './io';
import { registerNetworkDeploy } from './network-deploy';
import { registerNetworkFaults } from './network-faults';
import { progressLine } from './progress-line';

interface NetworkOptions {
  readonly data?: string;
}

interface UpOptions extends NetworkOptions {
  readonly organisations: number;
  readonly basePort?: number;
}

const NOUN = 'network';

/** The real Fabric network, on native processes without Docker. */
export const registerNetwork: Register = (program) => {
  const network = program.group(
    NOUN,
    'a Hyperledger Fabric network of native processes: peers, SmartBFT orderers, chaincode',
  );
  registerLifecycle(network);
  registerNetworkDeploy(network);
  registerNodes(network);
  registerNetworkFaults(network);
  registerDifferential(network);
};

function registerLifecycle(network: Program): void {
  network.verb<UpOptions>(
    'up',
    'starts the network, or continues one that was stopped',
    (command) =>
      withExamples(
        command.addOption(dataOption(NOUN)).addOption(organisationsOption()).addOption(basePortOption()),
        'FABRIC_BIN=~/fabric/bin ./chargecast network up',
        './chargecast network up --organisations 7 --data /tmp/seven',
      ),
    async (io, { data, organisations, basePort }) => {
      const { fabricUp } = await import('@chargecast/network');
      const topology = await topologyOf(organisations, basePort);
      const ledger = await fabricUp(topology, dataDirectory(data, NOUN), {
        chaincodeBundle: CHAINCODE_BUNDLE,
        onProgress: progressLine(io),
      });
      io.line(`profile: ${ledger.profileFile}`);
      io.result({ profile: ledger.profileFile });
    },
  );
  network.verb<NetworkOptions & { remove?: boolean }>(
    'down',
    'stops the processes that up started; data stays unless --remove',
    (command) =>
      withExamples(
        command.addOption(dataOption(NOUN)).option('--remove', 'delete keys, blocks, everything'),
        './chargecast network down',
        './chargecast network down --data /tmp/seven --remove',
      ),
    async (io, { data, remove }) => {
      const { fabricDown } = await import('@chargecast/network');
      await fabricDown(dataDirectory(data, NOUN), { remove: remove === true, onProgress: progressLine(io) });
      io.result({ stopped: true });
    },
  );
  network.verb<NetworkOptions>(
    'status',
    'every node with its state and block heights; exit 1 unless all are healthy',
    (command) => withExamples(command.addOption(dataOption(NOUN)), './chargecast network status --json'),
    async (io, { data }) => {
      const { fabricStatus } = await import('@chargecast/network');
      return showStatus(io, await fabricStatus(dataDirectory(data, NOUN)));
    },
  );
}

function registerNodes(network: Program): void {
  network.verb<NetworkOptions>(
    'kill <node>',
    'ends one node without notice (SIGKILL); exit 1 if it was not running',
    (command) => withExamples(command.addOption(dataOption(NOUN)), './chargecast network kill css1-orderer'),
    async (io, { data }, node) => {
      const { killNode } = await import('@chargecast/network');
      const killed = await killNode(dataDirectory(data, NOUN), node);
      io.line(killed ? `${node} killed` : `${node} was not running`);
      io.result({ node, killed });
      return killed ? 0 : 1;
    },
  );
  network.verb<NetworkOptions>(
    'start <node>',
    'starts one node on its data and waits until it is healthy',
    (command) => withExamples(command.addOption(dataOption(NOUN)), './chargecast network start css1-orderer'),
    async (io, { data }, node) => {
      const { startNode } = await import('@chargecast/network');
      await startNode(dataDirectory(data, NOUN), node);
      io.line(`${node} runs`);
      io.result({ node, running: true });
    },
  );
  network.verb<NetworkOptions>(
    'rotate <node>',
    'gives a node new keys and certificates, an orderer’s in both channels too, and restarts it with them',
    (command) => withExamples(command.addOption(dataOption(NOUN)), './chargecast network rotate css2-orderer'),
    async (io, { data }, node) => {
      const { rotateNode } = await import('@chargecast/network');
      await rotateNode(dataDirectory(data, NOUN), node, { onProgress: (step) => io.note(step) });
      io.line(`${node} runs with new certificates`);
      io.result({ node, rotated: true });
    },
  );
  network.verb<NetworkOptions & { lines: number }>(
    'logs <node>',
    'the last lines of one node’s log',
    (command) =>
      withExamples(
        command
          .addOption(dataOption(NOUN))
          .option('--lines <n>', 'how many', (text: string) => wholeNumber(text, 1, 100_000), 50),
        './chargecast network logs css1-peer --lines 20',
      ),
    async (io, { data, lines }, node) => {
      const { nodeLogs } = await import('@chargecast/network');
      const log = await nodeLogs(dataDirectory(data, NOUN), node, lines);
      io.line(log);
      io.result({ node, log });
    },
  );
}

export async function topologyOf(organisations: number, basePort?: number): Promise<Topology> {
  const { defaultTopology } = await import('@chargecast/network');
  return defaultTopology({ organisations, ...(basePort === undefined ? {} : { basePort }) });
}

export function showStatus(io: Io, status: LedgerStatus): ExitCode {
  for (const { name, state, endpoint, heights, leaderOf } of status.nodes) {
    const blocks = Object.entries(heights ?? {}).map(([channel, height]) => `${channel} ${height}`);
    const leads = leaderOf?.length ? [`leads ${leaderOf.join(', ')}`] : [];
    io.line([name, state, endpoint, ...blocks, ...leads].join('  '));
  }
  io.result(status);
  return status.healthy ? 0 : 1;
}
