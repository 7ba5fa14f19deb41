import { once } from 'node:events';
import { rm } from 'node:fs/promises';

const STOP_MS = 60_000;

export default async function stopSite(): Promise<void> {
  const running = globalThis.runningSite;
  if (!running) return;
  const { process: deployment, directory } = running;
  if (deployment.exitCode === null) {
    const ended = once(deployment, 'exit');
    deployment.kill('SIGINT');
    const timer = setTimeout(() => deployment.kill('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(timer);
  }
  await rm(directory, { recursive: true, force: true });
}
