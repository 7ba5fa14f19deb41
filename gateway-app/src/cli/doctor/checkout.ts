/** Node, the installed packages and the build of this checkout. */
import { readFile, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { attention, type Check, type Finding, ok, wrong } from './finding';
import { isSameOrLater } from './version';

/** What `scripts/prepare.cjs` knows of the checkout without changing it. */
export interface CheckoutState {
  readonly installed: boolean;
  readonly built: boolean;
}

/** @param root the checkout */
export function checkoutChecks(root: string): readonly Check[] {
  return [
    { name: 'Node', run: async () => judgeNode(process.versions.node, await oldestNode(root)) },
    { name: 'packages', run: async () => judgePackages(readCheckoutState(root).installed) },
    { name: 'build', run: async () => judgeBuild(readCheckoutState(root).built) },
    { name: 'unfinished build', run: () => judgePrepareLock(join(root, '.prepare.lock')) },
  ];
}

export function judgeNode(found: string, oldest: string): Finding {
  const name = 'Node';
  if (isSameOrLater(found, oldest)) return ok(name, `${found} (${process.platform} ${process.arch})`);
  return wrong(name, `${found}, needed is ${oldest}`, 'install a newer one: https://nodejs.org/en/download');
}

export function judgePackages(installed: boolean): Finding {
  const name = 'packages';
  if (installed) return ok(name, 'as package-lock.json has them');
  return attention(name, 'not as package-lock.json has them', 'npm run build (any other command installs them too)');
}

export function judgeBuild(built: boolean): Finding {
  const name = 'build';
  if (built) return ok(name, 'of these sources and this Node');
  return attention(name, 'older than the sources, or of another Node', 'npm run build (any other command builds too)');
}

/** @param lock the folder that whoever installs or builds holds, with its pid */
export async function judgePrepareLock(lock: string): Promise<Finding | readonly Finding[]> {
  const name = 'unfinished build';
  const held = await stat(lock).catch(() => undefined);
  if (!held) return [];
  const pid = Number(await readFile(join(lock, 'pid'), 'utf8').catch(() => ''));
  if (pid > 0 && lives(pid)) return attention(name, `process ${pid} installs or builds now`, 'wait until it has ended');
  return attention(name, `${lock} was left by a process that died`, 'npm run build (it takes the lock over)');
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function oldestNode(root: string): Promise<string> {
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { engines: { node: string } };
  return manifest.engines.node.replace(/^>=/, '');
}

function readCheckoutState(root: string): CheckoutState {
  const file = join(root, 'scripts', 'prepare.cjs');
  const prepare = createRequire(file)(file) as { checkoutState(): CheckoutState };
  return prepare.checkoutState();
}
