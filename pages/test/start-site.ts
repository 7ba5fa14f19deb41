import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { publishSite, SITE } from './site';

const LAUNCHER = path.resolve(__dirname, '..', '..', 'chargecast');
const REPLAY_MS = 20 * 60_000;
const START_MS = 8 * 60_000;

/** What stop-site ends. */
export interface RunningSite {
  readonly directory: string;
  readonly process: ChildProcess;
}

declare global {
  var runningSite: RunningSite | undefined;
}

/** As a new user would: the synthetic sessions are replayed, then the deployment that this leaves is started. */
export default async function startSite(): Promise<void> {
  if (process.env[SITE] !== undefined) return;
  const directory = await mkdtemp(path.join(tmpdir(), 'chargecast-pages-'));
  process.stderr.write('Replaying the synthetic sessions …\n');
  await run(['replay', '--ledger', 'embedded', '--data', directory]);
  process.stderr.write('Starting the deployment …\n');
  const deployment = spawn(process.execPath, [LAUNCHER, 'deployment', 'up', '--data', directory, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  globalThis.runningSite = { directory, process: deployment };
  const { services } = await ready(deployment);
  publishSite({ directory, services: Object.fromEntries(services.map(({ name, url }) => [name, url])) });
}

async function run(args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [LAUNCHER, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  const output = gather(child);
  await within(REPLAY_MS, `chargecast ${args[0]}`, output, (resolve, reject) => {
    child.on('exit', (code) => (code === 0 ? resolve() : reject(`ended with ${code}`)));
  });
}

interface Ready {
  readonly ready?: true;
  readonly services: readonly { readonly name: string; readonly url: string }[];
}

/** `--json` says on stdout, as one document, that everything runs. */
function ready(child: ChildProcess): Promise<Ready> {
  const output = gather(child);
  return within(START_MS, 'chargecast deployment up', output, (resolve, reject) => {
    let text = '';
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      text += `${line}\n`;
      const found = parsed(text);
      if (found?.ready) resolve(found);
      else if (found) reject(`answered ${text}`);
    });
    child.on('exit', (code) => reject(`ended with ${code}`));
  });
}

function parsed(text: string): Ready | undefined {
  try {
    return JSON.parse(text) as Ready;
  } catch {
    return undefined;
  }
}

function gather(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.on('data', (part: Buffer) => (text = `${text}${part.toString()}`.slice(-4000)));
  return () => text;
}

function within<T = void>(
  milliseconds: number,
  what: string,
  output: () => string,
  begin: (resolve: (value: T) => void, reject: (why: string) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const refuse = (why: string): void => reject(new Error(`${what} ${why}:\n${output()}`));
    const timer = setTimeout(() => refuse('took too long'), milliseconds);
    begin(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (why) => {
        clearTimeout(timer);
        refuse(why);
      },
    );
  });
}
