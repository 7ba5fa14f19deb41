import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform, totalmem } from 'node:os';
import path from 'node:path';
import { type CryptoResults } from './crypto';

/** Where and with what the figures were taken. */
export interface Provenance {
  readonly at: string;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memoryGb: number;
    readonly system: string;
  };
  readonly versions: Readonly<Record<string, string>>;
  /** "unknown" outside a git checkout. */
  readonly commit: string;
}

const packageRoot = path.resolve(__dirname, '..', '..');

export function provenance(): Provenance {
  return {
    at: new Date().toISOString(),
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      memoryGb: Math.round(totalmem() / 2 ** 30),
      system: `${platform()} ${arch()}`,
    },
    versions: {
      node: process.versions.node,
      openssl: process.versions.openssl,
      ...Object.fromEntries(
        ['sodium-native', 'libsodium-wrappers-sumo', '@noble/curves', '@hpke/core'].map((name) => [
          name,
          installed(name),
        ]),
      ),
    },
    commit: commit(),
  };
}

function installed(name: string): string {
  const file = path.resolve(packageRoot, '..', 'node_modules', name, 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], { cwd: packageRoot, encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return 'unknown';
  }
}

/** @returns the file written, in the git-ignored bench/out */
export function writeResults(name: string, results: object): string {
  const directory = path.join(packageRoot, 'out');
  mkdirSync(directory, { recursive: true });
  const file = path.join(directory, `${name}.json`);
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
  return file;
}

/** Rows for a person. */
export function cryptoTable(results: CryptoResults): string {
  const x = (value: number): string => `${value.toFixed(2)} X`;
  const v = (value: number): string => `${value.toFixed(2)} V`;
  const micro = (value: number): string => `${value.toFixed(1)} µs`;
  const { denominators, signcryptPerReceiver, locate } = results;
  const spread = signcryptPerReceiver.spread;
  const rows = [
    [`X = ${denominators.x25519.library}`, '', micro(denominators.x25519.microseconds.median)],
    [`V = ${denominators.ed25519Verify.library}`, '', micro(denominators.ed25519Verify.microseconds.median)],
    [
      'signcrypt per receiver, n = 1,000, 128 bytes',
      `${x(signcryptPerReceiver.ratioToX25519)} (${spread.p10.toFixed(2)}–${spread.p90.toFixed(2)})`,
      micro(signcryptPerReceiver.microseconds),
    ],
    ...Object.entries(results.signcryptWhole).map(([n, cost]) => [
      `signcrypt whole, n = ${n}`,
      x(cost.ratioToX25519),
      micro(cost.microseconds),
    ]),
    ['public verification, n = 100', v(results.verify.ratioToEd25519), micro(results.verify.microseconds)],
    ['… and its id', v(results.verifyWithId.ratioToEd25519), micro(results.verifyWithId.microseconds)],
    [
      '… and its id, with node:crypto alone',
      v(results.verifyNodeCrypto.ratioToEd25519),
      micro(results.verifyNodeCrypto.microseconds),
    ],
    [
      'locate among 1,000 against among 10',
      `× ${locate.ratio1000To10.toFixed(3)}`,
      `${locate.nanoseconds1000.toFixed(0)} ns`,
    ],
    ['vehicle: entry key', x(results.entryKey.ratioToX25519), micro(results.entryKey.microseconds)],
    ['pile: open one entry', v(results.open.ratioToEd25519), micro(results.open.microseconds)],
    ['a record into Q and u, once', v(results.recordToKeys.ratioToEd25519), micro(results.recordToKeys.microseconds)],
    ...Object.entries(results.others).map(([name, cost]) => [
      `${name}, per receiver`,
      x(cost.ratioToX25519),
      micro(cost.microseconds),
    ]),
    ...Object.entries(results.nobleToNative).map(([name, ratio]) => [
      `noble against native: ${name}`,
      `× ${ratio.toFixed(1)}`,
      '',
    ]),
  ] as [string, string, string][];
  const width = (column: 0 | 1): number => Math.max(...rows.map((row) => row[column].length));
  return rows.map((row) => `${row[0].padEnd(width(0))}  ${row[1].padEnd(width(1))}  ${row[2]}`).join('\n');
}
