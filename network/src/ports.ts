import { createServer } from 'node:net';

import { NetworkError } from './errors';
import { type CssPorts, type Topology } from './topology';

const FORWARDED = 'consensus';
type ListenedPort = Exclude<keyof CssPorts, typeof FORWARDED>;

/**
 * Throws `E_PORT_BUSY`, naming them, if any port of the topology is already listened on.
 * @param uses the kinds of port that are wanted; all where left out
 */
export async function assertPortsFree(topology: Topology, uses?: readonly ListenedPort[]): Promise<void> {
  const wanted = topology.organisations.flatMap(({ mspId, host, ports }) =>
    Object.entries(ports)
      .filter(([use]) => (uses ? uses.includes(use as ListenedPort) : use !== FORWARDED))
      .map(([use, port]: [string, number]) => ({ mspId, host, use, port })),
  );
  const free = await Promise.all(wanted.map(({ host, port }) => isPortFree(host, port)));
  const busy = wanted.filter((_, index) => !free[index]);
  if (busy.length > 0) {
    const list = busy.map(({ mspId, use, host, port }) => `${host}:${port} (${mspId} ${use})`).join(', ');
    throw new NetworkError(
      'E_PORT_BUSY',
      `already in use: ${list}; stop what listens there or choose another --base-port`,
    );
  }
}

export function isPortFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else
        reject(new NetworkError('E_PORT_BUSY', `cannot listen on ${host}:${port}: ${error.message}`, { cause: error }));
    });
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
