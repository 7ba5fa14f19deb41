import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

import { NetworkError } from '../errors';
import { type NodeState } from '../ledger';
import { type TlsMaterial } from '../pki/organisation';
import { type FabricNode } from './layout';
import { ordererHeights } from './participation';

const REQUEST_TIMEOUT = 1_500;

/** What a node says of itself. */
export interface NodeHealth {
  readonly state: Exclude<NodeState, 'stopped'>;
  /** Blocks per channel. */
  readonly heights: Readonly<Record<string, number>>;
  /** Channels whose SmartBFT leader this node is, by its last committed block. */
  readonly leaderOf: readonly string[];
}

const UNHEALTHY: NodeHealth = { state: 'unhealthy', heights: {}, leaderOf: [] };

/**
 * Asks a running node over its operations endpoint; a chaincode server is asked for a connection.
 * @param tls of the organisation's orderer, for its participation API: its metrics do not count the blocks it caught up on
 */
export async function nodeHealth(node: FabricNode, tls: TlsMaterial): Promise<NodeHealth> {
  const { host, ports } = node.organisation;
  if (node.kind === 'chaincode') {
    return (await acceptsConnections(host, ports.chaincode)) ? { ...UNHEALTHY, state: 'running' } : UNHEALTHY;
  }
  // The operations endpoint calls a node healthy before its gRPC endpoint listens.
  if (!(await acceptsTls(node, await readFile(tls.caPath)))) return UNHEALTHY;
  const port = node.kind === 'peer' ? ports.peerOperations : ports.ordererOperations;
  const [health, metrics] = await Promise.all([get(port, '/healthz'), get(port, '/metrics')]);
  if (health.status !== 200 || metrics.status !== 200) return UNHEALTHY;
  if (node.kind === 'peer') {
    return { state: 'running', heights: byChannel(metrics.body, 'ledger_blockchain_height'), leaderOf: [] };
  }
  const leading = byChannel(metrics.body, 'consensus_BFT_is_leader');
  return {
    state: 'running',
    heights: await ordererHeights({ port: ports.ordererAdmin, tls }),
    leaderOf: Object.keys(leading).filter((channel) => leading[channel] === 1),
  };
}

/** Samples of one metric in Prometheus' text format, by their `channel` label. */
export function byChannel(text: string, metric: string): Record<string, number> {
  const samples = text.matchAll(new RegExp(`^${metric}\\{[^}]*channel="([^"]+)"[^}]*\\} (\\S+)$`, 'gm'));
  return Object.fromEntries([...samples].map(([, channel, value]) => [channel as string, Number(value)]));
}

function get(port: number, path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, path, timeout: REQUEST_TIMEOUT }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
      response.on('error', reject);
    });
    call.on('timeout', () => call.destroy(new NetworkError('E_FABRIC_TIMEOUT', `port ${port} does not answer`)));
    call.on('error', reject);
    call.end();
  });
}

/** A whole handshake: a connection that ends before it is an error in the node's log. */
function acceptsTls({ name, kind, organisation }: FabricNode, ca: Buffer): Promise<boolean> {
  const { host, ports } = organisation;
  const options = { host, port: ports[kind], servername: name, ca, ALPNProtocols: ['h2'], timeout: REQUEST_TIMEOUT };
  return answers(connectTls(options), 'secureConnect');
}

export function acceptsConnections(host: string, port: number): Promise<boolean> {
  return answers(connect({ host, port, timeout: REQUEST_TIMEOUT }), 'connect');
}

function answers(socket: Socket, event: 'connect' | 'secureConnect'): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (answer: boolean): void => {
      socket.end();
      socket.destroySoon();
      resolve(answer);
    };
    socket.once(event, () => settle(true));
    socket.once('timeout', () => settle(false));
    socket.once('error', () => settle(false));
  });
}
