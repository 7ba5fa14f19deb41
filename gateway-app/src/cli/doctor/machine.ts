/** What the machine gives: memory, disk, cores, open files, clock, ports of the loopback. */
import { stat, statfs } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

import { defaultTopology, isPortFree } from '@chargecast/network';

import { attention, type Check, type Finding, ok, wrong } from './finding';

const MIB = 1024 * 1024;
/** The demo on the embedded ledger holds about 750 MB at its height, all roles together. */
const DEMO_MIB = 1024;
/** Four peers, four orderers, four chaincode servers and the roles. */
const FABRIC_MIB = 3072;
const DISK_MIB = 1024;
/** A process of many piles holds one socket for each. */
const FILES_NEEDED = 1024;
const FILES_OF_A_LOAD_RUN = 4096;
const CONNECT_MS = 5_000;
const DEFAULT_PORTS = defaultTopology().organisations.flatMap(({ ports }) => Object.values<number>({ ...ports }));

/** @param root the checkout, whose disk is written to */
export function machineChecks(root: string): readonly Check[] {
  return [
    { name: 'memory', run: async () => judgeMemory(process.availableMemory()) },
    { name: 'disk', run: async () => judgeDisk(root, await freeBytes(root)) },
    { name: 'cores', run: async () => judgeCores(availableParallelism()) },
    { name: 'open files', run: async () => judgeOpenFiles(openFileLimit()) },
    { name: 'clock', run: async () => judgeClock(Date.now(), (await stat(join(root, 'package-lock.json'))).mtimeMs) },
    { name: 'loopback', run: judgeLoopback },
    { name: 'ports', run: async () => judgePorts(await busyPorts(DEFAULT_PORTS)) },
  ];
}

export function judgeMemory(availableBytes: number): Finding {
  const name = 'memory';
  const mib = Math.floor(availableBytes / MIB);
  const found = `${mib} MiB to be had`;
  if (mib < DEMO_MIB) {
    return wrong(name, found, `free some: the demo takes up to ${DEMO_MIB} MiB; fewer --vehicles take less`);
  }
  if (mib < FABRIC_MIB) {
    return attention(name, found, `enough for the embedded ledger; a Fabric network wants ${FABRIC_MIB} MiB`);
  }
  return ok(name, found);
}

export function judgeDisk(folder: string, availableBytes: number): Finding {
  const name = 'disk';
  const mib = Math.floor(availableBytes / MIB);
  const found = `${mib} MiB free where ${folder} lies`;
  if (mib >= DISK_MIB) return ok(name, found);
  return wrong(name, found, `free ${DISK_MIB} MiB, or name a folder on another disk with --data`);
}

export function judgeCores(cores: number): Finding {
  const name = 'cores';
  if (cores > 1) return ok(name, String(cores));
  return attention(name, '1', 'all runs, slowly: the roles and the ledger share it');
}

/** @param limit undefined where the system has none or does not tell */
export function judgeOpenFiles(limit: number | undefined): Finding {
  const name = 'open files';
  if (limit === undefined) return ok(name, 'no limit told by this system');
  const found = `${limit} a process`;
  if (limit < FILES_NEEDED) return wrong(name, found, `raise the hard limit: ulimit -Hn ${FILES_OF_A_LOAD_RUN}`);
  if (limit < FILES_OF_A_LOAD_RUN) {
    return attention(name, found, `hundreds of stations in one process want ulimit -Hn ${FILES_OF_A_LOAD_RUN}`);
  }
  return ok(name, found);
}

/**
 * Whether the clock is true cannot be seen from one machine; that it is behind a file it wrote can.
 * @param now ms since 1970
 * @param written ms since 1970
 */
export function judgeClock(now: number, written: number): Finding {
  const name = 'clock';
  const shown = new Date(now).toISOString();
  if (now < written) {
    return wrong(name, `${shown}, behind this checkout’s own files`, 'set the clock: certificates and σ bear times');
  }
  return ok(name, `${shown}; whether others agree cannot be seen from here: keep NTP running`);
}

/** @param busy ports of the default range that somebody listens on */
export function judgePorts(busy: readonly number[]): Finding {
  const name = 'ports';
  const range = `${Math.min(...DEFAULT_PORTS)}–${Math.max(...DEFAULT_PORTS)}`;
  if (busy.length === 0) return ok(name, `${range} on 127.0.0.1 are free for \`ledger up\` and \`network up\``);
  return attention(
    name,
    `${busy.join(', ')} of ${range} are in use: a ledger that runs, or another program`,
    'name others with --base-port, if it is not yours (`chargecast network status`)',
  );
}

async function judgeLoopback(): Promise<Finding> {
  const name = 'loopback';
  try {
    const port = await roundTrip();
    return ok(name, `127.0.0.1 listens and connects (tried on port ${port})`);
  } catch (error) {
    const remedy = 'let programs listen on 127.0.0.1: a sandbox or a firewall forbids it';
    return wrong(name, (error as Error).message, remedy);
  }
}

async function roundTrip(): Promise<number> {
  const server = createServer((socket) => socket.end());
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as AddressInfo;
    await new Promise<void>((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, timeout: CONNECT_MS });
      socket.once('error', reject).once('timeout', () => socket.destroy(new Error(`no answer from port ${port}`)));
      socket.once('close', (failed) => !failed && resolve()).resume();
    });
    return port;
  } finally {
    server.close();
  }
}

async function busyPorts(ports: readonly number[]): Promise<number[]> {
  const free = await Promise.all(ports.map((port) => isPortFree('127.0.0.1', port)));
  return ports.filter((_, index) => !free[index]);
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** Of this process: Node raises its soft limit to the hard one when it starts. */
function openFileLimit(): number | undefined {
  const { userLimits } = process.report.getReport() as {
    userLimits?: { open_files?: { soft?: number | 'unlimited' } };
  };
  const soft = userLimits?.open_files?.soft;
  return typeof soft === 'number' ? soft : undefined;
}
