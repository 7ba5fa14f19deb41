/** The code of a worker thread that runs some of a deployment's roles. */
import { setMaxListeners } from 'node:events';
import { parentPort } from 'node:worker_threads';

import { type ProcessRole } from '@chargecast/network';

import { codeOf, messageOf } from '../common/errors';
import { type RunningRole } from '../common/running-role';
import { startRole } from './start-role';
import { type ThreadAnswer, type ThreadRequest } from './thread-messages';

// One signal stops a role; everything under way listens to it.
setMaxListeners(0);

const roles = new Map<string, RunningRole>();

async function answer(request: ThreadRequest): Promise<unknown> {
  if (request.ask === 'start') {
    const running = await startRole(request.role as ProcessRole, request.config);
    roles.set(request.name, running);
    return undefined;
  }
  const running = roles.get(request.name);
  if (request.ask === 'status') return running?.status();
  roles.delete(request.name);
  return running?.stop();
}

parentPort?.on('message', (request: ThreadRequest) => {
  answer(request).then(
    (value) => post({ id: request.id, value }),
    (error: unknown) =>
      post({ id: request.id, fault: { code: codeOf(error) ?? 'E_INTERNAL', message: messageOf(error) } }),
  );
});

function post(message: ThreadAnswer): void {
  parentPort?.postMessage(message);
}
