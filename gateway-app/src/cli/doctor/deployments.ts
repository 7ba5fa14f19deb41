/** What lies under `.chargecast`: permissions, certificates, locks and ports of each deployment and ledger. */
import { X509Certificate } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';

import { isPortFree, isSameProcess } from '@chargecast/network';

import { attention, type Check, type Finding, ok } from './finding';

const SOON_DAYS = 30;
const DAY_MS = 24 * 60 * 60 * 1000;
/** Databases and σ: many files, no certificate, and what they hold is sealed or public. */
const UNREAD = new Set(['data', 'channels', 'sigmas', 'ledgersData']);
const SECRET = /(^|[-_.])(keys?|sk|secret|passwords?|passphrase)(\.(pem|json|key))?$|\.(key|p12)$|_sk$/i;
const CERTIFICATE = /\.(pem|crt)$/;

/** @param folder of all nouns' data: `.chargecast` of the checkout */
export async function deploymentChecks(folder: string): Promise<readonly Check[]> {
  return (await foldersOf(folder)).map((place) => {
    const name = `.chargecast/${basename(place)}`;
    return { name, run: () => judgeFolder(name, place, Date.now()) };
  });
}

async function foldersOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(folder, name))
    .sort();
}

/** One line a fault, or one that says all is well. @param now ms since 1970 */
export async function judgeFolder(name: string, folder: string, now: number): Promise<readonly Finding[]> {
  const files = await filesOf(folder);
  const findings = [
    ...(await permissions(name, folder, files)),
    ...(await certificates(name, folder, files, now)),
    ...(await locks(name, files)),
    ...(await listeners(name, folder)),
  ];
  const faults = findings.filter(({ state }) => state !== 'ok');
  if (faults.length > 0) return faults;
  return [ok(name, ['permissions', ...findings.map(({ found }) => found)].join('; '))];
}

async function filesOf(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isFile()) found.push(path);
    else if (entry.isDirectory() && !UNREAD.has(entry.name)) found.push(...(await filesOf(path)));
  }
  return found;
}

async function permissions(name: string, folder: string, files: readonly string[]): Promise<Finding[]> {
  if (process.platform === 'win32') return [];
  const findings: Finding[] = [];
  if (await isOpen(folder)) findings.push(attention(name, 'others may enter the folder', `chmod 700 ${folder}`));
  const open: string[] = [];
  for (const file of files) if (SECRET.test(basename(file)) && (await isOpen(file))) open.push(file);
  const [first] = open;
  if (first !== undefined) {
    const more = open.length > 1 ? ` and ${open.length - 1} more` : '';
    findings.push(
      attention(
        name,
        `others may read ${relative(folder, first)}${more}`,
        `chmod 600 ${open.join(' ')}, and consider them known: make the deployment anew`,
      ),
    );
  }
  return findings;
}

async function isOpen(path: string): Promise<boolean> {
  return ((await stat(path)).mode & 0o077) !== 0;
}

async function certificates(
  name: string,
  folder: string,
  files: readonly string[],
  now: number,
): Promise<readonly Finding[]> {
  let earliest: { readonly file: string; readonly at: number } | undefined;
  for (const file of files.filter((path) => CERTIFICATE.test(path))) {
    const at = await expiryOf(file);
    if (at !== undefined && (!earliest || at < earliest.at)) earliest = { file, at };
  }
  if (!earliest) return [];
  const [where, day] = [relative(folder, earliest.file), new Date(earliest.at).toISOString().slice(0, 10)];
  const remedy = 'make the deployment anew, or rotate a Fabric node: `chargecast network rotate <node>`';
  if (earliest.at <= now) return [attention(name, `${where} expired on ${day}`, remedy)];
  if (earliest.at <= now + SOON_DAYS * DAY_MS) return [attention(name, `${where} expires on ${day}`, remedy)];
  return [ok(name, `certificates until ${day}`)];
}

/** ms since 1970; undefined for a file that holds a key. */
async function expiryOf(file: string): Promise<number | undefined> {
  const text = await readFile(file, 'utf8');
  return text.includes('BEGIN CERTIFICATE') ? Date.parse(new X509Certificate(text).validTo) : undefined;
}

async function locks(name: string, files: readonly string[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const file of files.filter((path) => /^(reconnect-)?lock\.json$/.test(basename(path)))) {
    const holder = JSON.parse(await readFile(file, 'utf8')) as { readonly pid: number; readonly start: string };
    if (await isSameProcess(holder)) continue;
    findings.push(
      attention(
        name,
        `${basename(file)} was left by process ${holder.pid}, which died`,
        'nothing: the next command takes it over',
      ),
    );
  }
  return findings;
}

async function listeners(name: string, folder: string): Promise<Finding[]> {
  const listens = await listenersOf(folder);
  if (listens.length === 0) return [];
  const free = await Promise.all(listens.map(({ host, port }) => isPortFree(host, port)));
  const busy = listens.filter((_, index) => !free[index]);
  if (busy.length === 0) return [ok(name, 'at rest')];
  if (busy.length === listens.length) return [ok(name, 'runs')];
  const ports = busy.map(({ role, port }) => `${port} (${role})`).join(', ');
  return [
    attention(
      name,
      `${busy.length} of ${listens.length} roles’ ports are in use: ${ports}`,
      'end what holds them before `deployment up`: roles left of an earlier run, or another program',
    ),
  ];
}

interface Listener {
  readonly role: string;
  readonly host: string;
  readonly port: number;
}

async function listenersOf(folder: string): Promise<Listener[]> {
  const found: Listener[] = [];
  for (const place of await foldersOf(join(folder, 'roles'))) {
    const text = await readFile(join(place, 'config.json'), 'utf8').catch(() => '{}');
    const { listen } = JSON.parse(text) as { readonly listen?: string };
    const [, host, port] = /^(.+):(\d+)$/.exec(listen ?? '') ?? [];
    if (host !== undefined && Number(port) > 0) found.push({ role: basename(place), host, port: Number(port) });
  }
  return found;
}
