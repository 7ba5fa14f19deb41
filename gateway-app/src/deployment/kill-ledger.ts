import { isPortFree } from '@chargecast/network';

import { CodedError } from '../common/errors';
import { type Deployment } from './deployment';

const FREE_MS = 60_000;
const POLL_MS = 20;

/**
 * kill −9 of one of the ledger's processes, drawn anew, and on again. Resolves when the ledger is whole.
 * @throws CodedError E_LEDGER_LISTENS if the killed process still holds its port after a minute
 */
export async function killLedger(deployment: Deployment): Promise<void> {
  const { nodes } = await deployment.ledgerStatus();
  const mortal = nodes.filter(({ pid, endpoint }) => pid !== undefined && endpoint !== '');
  const victim = mortal[Math.floor(Math.random() * mortal.length)];
  if (victim?.pid === undefined) throw new CodedError('E_ARGUMENT', 'this ledger runs in no process of its own');
  process.kill(victim.pid, 'SIGKILL');
  const [host, port] = victim.endpoint.split(':') as [string, string];
  const deadline = Date.now() + FREE_MS;
  while (!(await isPortFree(host, Number(port)))) {
    if (Date.now() > deadline) throw new CodedError('E_LEDGER_LISTENS', 'the killed ledger still listens');
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  await deployment.restartLedger();
}
