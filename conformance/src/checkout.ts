import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { ConformanceError, messageOf } from './errors';

/** Feature files the embedded ledger is held to; they run first, in this order, the others by name. */
export const GROUPS = ['transactions', 'blockevents', 'chaincodeevents', 'offlinesign', 'errors'] as const;

export interface FeatureFile {
  /** File name without its ending. */
  readonly group: string;
  readonly path: string;
  readonly text: string;
}

/** A user's checkout of fabric-gateway, read only. */
export interface Checkout {
  readonly directory: string;
  /** Of the client in it. */
  readonly version: string;
  /** Of the checkout's head; undefined where it has no Git data or there is no Git. */
  readonly commit: string | undefined;
  readonly features: readonly FeatureFile[];
}

const CLIENT = '@hyperledger/fabric-gateway';
const ENDING = '.feature';

/** @throws ConformanceError E_CONFORMANCE_CHECKOUT */
export async function openCheckout(from: string): Promise<Checkout> {
  const directory = resolve(from);
  const version = await clientVersion(directory);
  const features = await featureFiles(directory);
  const missing = GROUPS.filter((group) => !features.some((feature) => feature.group === group));
  if (missing.length > 0) throw noCheckout(directory, `scenario/features lacks ${missing.join(', ')}`);
  return { directory, version, commit: await headOf(directory), features };
}

async function clientVersion(directory: string): Promise<string> {
  const file = join(directory, 'node', 'package.json');
  let manifest: unknown;
  try {
    manifest = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw noCheckout(directory, `node/package.json cannot be read (${messageOf(error)})`, error);
  }
  const { name, version } = (manifest ?? {}) as { name?: unknown; version?: unknown };
  if (name !== CLIENT || typeof version !== 'string') {
    throw noCheckout(directory, `node/package.json is not that of ${CLIENT}`);
  }
  return version;
}

async function featureFiles(directory: string): Promise<readonly FeatureFile[]> {
  const folder = join(directory, 'scenario', 'features');
  try {
    const names = (await readdir(folder)).filter((name) => name.endsWith(ENDING));
    const features = names.map(async (name) => {
      const path = join(folder, name);
      return { group: name.slice(0, -ENDING.length), path, text: await readFile(path, 'utf8') };
    });
    return (await Promise.all(features)).sort((a, b) => rank(a.group) - rank(b.group) || compare(a.group, b.group));
  } catch (error) {
    throw noCheckout(directory, `scenario/features cannot be read (${messageOf(error)})`, error);
  }
}

function rank(group: string): number {
  const index = (GROUPS as readonly string[]).indexOf(group);
  return index < 0 ? GROUPS.length : index;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

async function headOf(directory: string): Promise<string | undefined> {
  try {
    const git = promisify(execFile);
    const top = await git('git', ['-C', directory, 'rev-parse', '--show-cdup', 'HEAD']);
    const [above, head] = top.stdout.split('\n');
    // A folder unpacked within somebody else's repository has no commit of its own.
    return above === '' ? head : undefined;
  } catch {
    return undefined;
  }
}

function noCheckout(directory: string, why: string, cause?: unknown): ConformanceError {
  return new ConformanceError(
    'E_CONFORMANCE_CHECKOUT',
    `${directory} is no checkout of fabric-gateway: ${why}; clone https://github.com/hyperledger/fabric-gateway and name that folder`,
    { cause },
  );
}
